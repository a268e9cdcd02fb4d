/**
 * The plain side of bench/transfer-xs.ts on XS: the firmware's MQTT client, which writes what comes to the same flash
 * as the firmware does. On the console it says what a station says at the same points.
 * The host's options: `size` of the file in bytes, `host` and `port` of the broker.
 */
import TCP from "embedded:io/socket/tcp";
import option from "host-options";
import { bigEndian, concat } from "../../modules/bytes/bytes.js";
import { DeviceClock } from "../../modules/device/clock.js";
import { log, random } from "../../modules/device/console.js";
import { SocketTransport } from "../../modules/device/socket.js";
import { openSlots } from "../../modules/device/storage.js";
import { MqttClient } from "../../modules/mqtt/client.js";
import type { Partition } from "../../modules/ports/storage.js";

/** As bench/transfer/credit.ts and bench/plain-client.ts have them. */
const CREDIT_SIZE = 256 * 1024;
const PIECE_SIZE = 4096;
const TAKEN = new Uint8Array(0);
const DOWN = "bench/file/down";
const UP = "bench/file/up";

const size = Number(option("size"));
const clock = new DeviceClock();
const partition = openSlots(1)[0] as Partition;
let received = 0;

function take(piece: Uint8Array): void {
	const { blockSize } = partition;
	const end = received + piece.length;
	partition.erase(Math.ceil(received / blockSize), Math.ceil(end / blockSize));
	partition.write(received, piece);
	received = end;
	if (received % CREDIT_SIZE === 0) client.publish(UP, TAKEN);
	if (received !== size) return;
	log("file complete");
	client.close();
}

const client = new MqttClient({
	host: String(option("host")),
	port: Number(option("port")),
	clientId: "bench-receiver",
	transport: new SocketTransport({ io: TCP, clock }),
	clock,
	random,
	protocol: 4,
	cleanStart: true,
	keepAliveS: 30,
	onOnline: () => undefined,
	onOffline: () => undefined,
	onMessage: ({ payload }) => take(payload),
});
client.subscribe([{ filter: DOWN, qos: 1 }], () => {
	log("session established");
	client.publish(UP, concat(bigEndian(size, 4), bigEndian(PIECE_SIZE, 4)));
});
client.start();
