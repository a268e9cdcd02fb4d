/**
 * What is stored: in a board's flash the records of the journal, of the library and of MQTT, the configuration, and the
 * log around them; beside the broker its users.
 */
import assert from "node:assert/strict";
import { KeyValueLog, KeyValueLogError } from "../../../host-sim/device/key-value-log.js";
import { parseUsers } from "../../../keys/broker-users.js";
import { KeysError } from "../../../keys/errors.js";
import { fromUtf8, utf8 } from "../../../modules/bytes/bytes.js";
import { encode } from "../../../modules/cbor/encode.js";
import { InflightStore } from "../../../modules/mqtt/inflight-store.js";
import { topicFault } from "../../../modules/mqtt/topics.js";
import { ConfigError, encodeConfig, readConfig } from "../../../modules/station/config.js";
import { Journal, JournalError } from "../../../modules/station/journal.js";
import { loadLibrary, saveLibrary } from "../../../modules/station/library-record.js";
import { Play } from "../../mqtt/session-support.js";
import { MemoryRecords } from "../../mqtt/support.js";
import { MemoryKeyValue, MemoryPartition } from "../../station/memory.js";
import { result, unit } from "../../station/samples.js";
import type { Subject } from "../subject.js";
import { CBOR_TOKENS, JSON_TOKENS, PASSWD_TOKENS } from "../tokens.js";

const RECORD_SIZE_MAX = 4000;
const SLOTS = 3;
const IDENTITY = "me@broker:1883";

function kept(key: string, bytes: Uint8Array): MemoryKeyValue {
	const store = new MemoryKeyValue();
	store.write(key, bytes.subarray(0, RECORD_SIZE_MAX));
	return store;
}

/** The records that a journal writes. */
function journalSeed(key: string, work: (journal: Journal) => void): Uint8Array {
	const store = new MemoryKeyValue();
	work(new Journal(store));
	return store.read(key) as Uint8Array;
}

/** What was read can be written, and is the same when it is read again. */
function journalRecord(key: string, ...seeds: Uint8Array[]): Subject {
	return {
		name: `${key}-record`,
		seeds,
		work(input) {
			const store = kept(key, input);
			const { unit, floors } = new Journal(store);
			new Journal(store).saveUnit(unit);
			const again = new Journal(store);
			assert.deepEqual([again.unit, again.floors], [unit, floors]);
		},
		errors: [JournalError],
		tokens: CBOR_TOKENS,
		cost: 2,
	};
}

function libraryRecord(input: Uint8Array): void {
	const store = kept("library", input);
	const record = loadLibrary(store, SLOTS);
	saveLibrary(store, record);
	assert.deepEqual(loadLibrary(store, SLOTS), record);
}

const librarySeed = encode([
	1,
	[["coil", 3, new Uint8Array(32), 2], null, ["coil", 4, new Uint8Array(32), 0]],
	[["coil", 3]],
]);

const enrolled = encodeConfig({
	station: "line-1.press",
	host: "10.0.0.2",
	port: 1883,
	username: "line-1.press",
	password: "geheim ü",
	credential: Uint8Array.of(1),
	server: Uint8Array.of(2),
	roots: [Uint8Array.of(3), Uint8Array.of(4)],
});

function boardConfig(input: Uint8Array): void {
	const store = kept("station.json", input);
	for (const [key, value] of Object.entries(enrolled))
		if (key !== "station.json") store.write(key, value);
	const config = readConfig(store);
	for (const [key, value] of Object.entries(encodeConfig(config))) store.write(key, value);
	assert.deepEqual(readConfig(store), config);
}

/** The messages that a client had under way: those that can be read are sent, the others are gone. */
function restored(input: Uint8Array): void {
	const records = new MemoryRecords();
	for (const key of ["m0", "m5", "received"])
		records.write(key, input.subarray(0, RECORD_SIZE_MAX));
	for (const part of [1, 2, 3]) records.write(`m0.${part}`, Uint8Array.of(part));
	new InflightStore(records, IDENTITY).saveKnown();
	const loaded = new InflightStore(records, IDENTITY).load();
	const again = new InflightStore(records, IDENTITY).load();
	assert.deepEqual(again, { ...loaded, unreadable: 0 });
	const play = new Play({}, loaded).online(true);
	assert.ok(loaded.entries.every(({ topic }) => topicFault(topic) === undefined));
	const sent = play.sent().filter(({ cmd }) => cmd === "publish" || cmd === "pubrel");
	assert.equal(sent.length, loaded.entries.length);
}

const inflightSeeds = ["publish", "release"].map((stage) => {
	const records = new MemoryRecords();
	new InflightStore(records, IDENTITY).save({
		slot: 0,
		order: 1,
		id: 7,
		topic: "a/b",
		topicSize: 3,
		payload: Uint8Array.of(1, 2, 3),
		qos: 2,
		retain: false,
		stage: stage as "publish" | "release",
		due: true,
		sent: false,
		duplicate: true,
		handle: 0,
	});
	return records.read("m0") as Uint8Array;
});

const LOG_SIZE = 2 * 4096;

/** Opens, takes a value, and gives it back after a restart. */
function openLog(input: Uint8Array): void {
	const flash = new MemoryPartition(LOG_SIZE);
	flash.bytes.set(input.subarray(0, LOG_SIZE));
	const log = new KeyValueLog(flash);
	const value = Uint8Array.of(1, 2, 3);
	log.write("state/unit", value);
	assert.deepEqual(new KeyValueLog(flash).read("state/unit"), value);
}

function logSeed(): Uint8Array {
	const flash = new MemoryPartition(LOG_SIZE);
	const log = new KeyValueLog(flash);
	log.write("state/board", encode([1, 1]));
	log.write("state/unit", encode([1, 0, null]));
	log.write("state/board", encode([1, 2]));
	log.delete("state/board");
	return flash.bytes.slice(0, log.extent.end + 8);
}

export const storageSubjects: readonly Subject[] = [
	journalRecord(
		"unit",
		journalSeed("unit", (journal) => journal.saveUnit({ ...unit, result })),
		journalSeed("unit", (journal) => journal.saveUnit(undefined)),
	),
	journalRecord(
		"floors",
		journalSeed("floors", (journal) => journal.raiseEpoch("cred", 3)),
	),
	journalRecord(
		"board",
		journalSeed("board", () => undefined),
	),
	{
		name: "library-record",
		seeds: [librarySeed],
		work: libraryRecord,
		errors: [JournalError],
		tokens: CBOR_TOKENS,
	},
	{
		name: "board-config",
		seeds: [enrolled["station.json"] as Uint8Array],
		work: boardConfig,
		errors: [ConfigError],
		tokens: JSON_TOKENS,
		cost: 2,
	},
	{ name: "inflight-record", seeds: inflightSeeds, work: restored, errors: [], cost: 10 },
	{
		name: "key-value-log",
		seeds: [logSeed()],
		work: openLog,
		errors: [KeyValueLogError],
		cost: 10,
	},
	{
		name: "broker-users",
		seeds: [utf8(`server:$7$101$${"A".repeat(16)}$${"B".repeat(86)}==\n`)],
		work: (input) => parseUsers(fromUtf8(input) ?? "", "passwd"),
		errors: [KeysError],
		tokens: PASSWD_TOKENS,
	},
];
