/**
 * A station's composition root: names every concrete clock, socket, key store and fixture. What it does is in
 * modules/station. The same file runs on a board (mcconfig, manifest.json) and in the simulator (host-sim/xs).
 *
 * The network is there when this runs: on a board the SDK's set-up joins Wi-Fi first, the simulator has it.
 */
import TCP from "embedded:io/socket/tcp";
import BoardFixture from "fixture";
import resetReason from "reset-reason";
import { PsaCrypto } from "./modules/crypto/crypto.js";
import { DeviceClock } from "./modules/device/clock.js";
import { log, random } from "./modules/device/console.js";
import { SocketTransport } from "./modules/device/socket.js";
import { DeviceKeyValue, openLogs, openSlots } from "./modules/device/storage.js";
import { readConfig } from "./modules/station/config.js";
import { SLOTS_MAX } from "./modules/station/library-record.js";
import { LOGS_MAX } from "./modules/station/log-record.js";
import { StationRunner } from "./modules/station/runner.js";

const config = readConfig(new DeviceKeyValue("config"));
const crypto = new PsaCrypto();
const clock = new DeviceClock();

const station = new StationRunner({
	config,
	crypto,
	clock,
	random,
	log,
	resetReason: resetReason(),
	privateKey: crypto.privateKey("kem", "unwrap"),
	state: new DeviceKeyValue("state"),
	slots: openSlots(SLOTS_MAX),
	logs: openLogs(LOGS_MAX),
	transport: new SocketTransport({ io: TCP, clock }),
	fixture: new BoardFixture({ clock, station: config.station }),
});
station.start();
