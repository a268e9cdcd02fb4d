/** Everything that crosses the broker while a line runs is recorded and searched (docs/protocol.md, G1). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parser } from "mqtt-packet";
import { findAny, formsOfNumber, formsOfText } from "../../host-sim/adversary/needles.js";
import { RECORD_HEADER_SIZE, RECORD_KIND } from "../../modules/channel/session.js";
import { encodeMessage, pad } from "../../modules/messages/codec.js";
import { PADDED_SIZES } from "../../modules/messages/padding.js";
import { TAG_SIZE } from "../../modules/ports/crypto.js";
import { startBroker } from "../../server/broker.js";
import { showUnit, type UnitShown } from "../../server/operations.js";
import { openStore } from "../../server/store/sqlite.js";
import { plantMosquitto, prepareData } from "../support/plant-mosquitto.js";
import { RECIPES, runTestLine, type Tap, tap, temporaryDirectory } from "./support.js";

const STATIONS = 2;
const UNITS = 3;
const SEED = 3;

/** By name: starts it for the line in a data directory. */
const BROKERS: { readonly [name: string]: (data: string) => Promise<AnyBroker> } = {
	"the embedded broker": async () => {
		const { port, close } = await startBroker();
		return { port, close };
	},
	Mosquitto: async (data) => {
		const plan = { stations: STATIONS, units: UNITS, seed: SEED };
		const mosquitto = await plantMosquitto((await prepareData(data, plan)).keys);
		return { port: mosquitto.port, close: () => mosquitto.stop() };
	},
};

interface AnyBroker {
	readonly port: number;
	close(): Promise<void>;
}

for (const [name, start] of Object.entries(BROKERS))
	describe(`eavesdropping on ${name}, stations on Linux`, function () {
		this.timeout(120_000);
		const directory = temporaryDirectory();
		let broker: AnyBroker;
		let wire: Tap;
		let captured: Buffer[];
		const units: UnitShown[] = [];

		before(async () => {
			const { path: data } = directory;
			broker = await start(data);
			wire = await tap(broker.port);
			const line = { stations: STATIONS, units: UNITS, seed: SEED, data, broker: wire.url };
			const report = await runTestLine(line);
			assert.equal(report.outcome, "complete");
			captured = wire.captured();
			const store = await openStore(join(data, "interlock.sqlite"));
			for (const { serial } of report.units)
				units.push((await showUnit(store, serial)) as UnitShown);
			await store.close();
		});
		after(async () => {
			await wire.close();
			await broker.close();
			directory.remove();
		});

		function assertHidden(what: string, forms: readonly Buffer[]): void {
			assert.ok(forms.length > 0, `${what}: nothing to look for`);
			const found = findAny(captured, forms);
			assert.equal(found, undefined, `${what} is on the wire as ${found?.toString("latin1")}`);
		}

		it("captured the run", () => {
			const topic = Buffer.from("interlock/1/line/station-2/in");
			assert.ok(findAny(captured, [topic]), "the handover's topic is not in the capture");
			assert.ok(units.every(({ attempts }) => attempts.length >= STATIONS));
		});

		it("would find what is there", () => {
			const line = "r31= 222";
			for (const form of formsOfText(line))
				assert.ok(findAny([Buffer.concat([Buffer.from("??"), form, Buffer.from("?")])], [form]));
			for (const shift of [0, 1, 2]) {
				const text = Buffer.from(`${"?".repeat(shift)}${line} and more`);
				assert.ok(findAny([Buffer.from(text.toString("base64"))], formsOfText(line)));
			}
			const reading = Buffer.alloc(9);
			reading.writeDoubleLE(1503.25, 1);
			assert.ok(findAny([reading], formsOfNumber(1503.25)));
			assert.equal(findAny([Buffer.from("r32= 222")], formsOfText(line)), undefined);
		});

		it("shows no line of a recipe", () => {
			for (const station of ["station-1", "station-2"]) {
				const text = readFileSync(join(RECIPES, `${station}.params`), "utf8");
				const lines = text.split("\n").map((line) => line.trim());
				for (const line of lines.filter(({ length }) => length >= 5))
					assertHidden(`recipe line "${line}"`, formsOfText(line));
			}
		});

		it("shows no reading and no name of one", () => {
			for (const { attempts } of units)
				for (const { readings } of attempts)
					for (const { name, value } of readings) {
						assertHidden(`reading's name "${name}"`, formsOfText(name));
						assertHidden(`reading ${value}`, formsOfNumber(value));
					}
		});

		it("shows no serial number", () => {
			for (const { serial } of units) assertHidden(`serial ${serial}`, formsOfText(serial));
		});

		it("shows no verdict, in words or by the length of a record", () => {
			for (const word of ["verdict", "passed", "failed", "reject", "handover"])
				assertHidden(`the word "${word}"`, formsOfText(word));
			const sizes = PADDED_SIZES.map((size) => RECORD_HEADER_SIZE + size + TAG_SIZE);
			const records = published(captured).filter(
				({ topic, payload }) => topic.endsWith("/down") && payload[0] === RECORD_KIND,
			);
			assert.ok(records.length > UNITS * STATIONS);
			for (const { payload } of records) assert.ok(sizes.includes(payload.length));
			const answers = [true, false].map((pass) => {
				const name = { serial: "U-0001", visit: 1, step: 0, attempt: 1, journal: 7 };
				return pad(encodeMessage({ type: "verdict", ...name, pass })).length;
			});
			assert.equal(answers[0], answers[1]);
		});
	});

/** Every message that was published, in both directions. */
function published(streams: readonly Buffer[]): { topic: string; payload: Buffer }[] {
	return streams.flatMap((stream) => {
		const messages: { topic: string; payload: Buffer }[] = [];
		const codec = parser();
		codec.on("packet", (packet) => {
			if (packet.cmd !== "publish") return;
			messages.push({ topic: packet.topic, payload: Buffer.from(packet.payload) });
		});
		codec.parse(stream);
		return messages;
	});
}
