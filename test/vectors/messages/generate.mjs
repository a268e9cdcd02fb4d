/**
 * Writes messages.json: every message and the ticket, byte for byte. Written from docs/protocol.md §6 and §7 with a CBOR encoder and a
 * table of keys of its own: it shares no code with modules/, so that it checks them.
 *
 *   node test/vectors/messages/generate.mjs
 */
import { writeFileSync } from "node:fs";

// CBOR (RFC 8949): a number, boolean, string, Buffer, array, or a map as { key: value } with integer keys in order
function head(major, n) {
	const lead = major << 5;
	if (n < 24) return Buffer.from([lead | n]);
	if (n < 2 ** 8) return Buffer.from([lead | 24, n]);
	const size = n < 2 ** 16 ? 2 : n < 2 ** 32 ? 4 : 8;
	const bytes = Buffer.alloc(1 + size);
	bytes[0] = lead | { 2: 25, 4: 26, 8: 27 }[size];
	if (size === 8) bytes.writeBigUInt64BE(BigInt(n), 1);
	else bytes.writeUIntBE(n, 1, size);
	return bytes;
}
function cbor(value) {
	if (typeof value === "boolean") return Buffer.from([value ? 0xf5 : 0xf4]);
	if (typeof value === "string")
		return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
	if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
	if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
	if (typeof value === "number") {
		if (Number.isInteger(value)) return value < 0 ? head(1, -1 - value) : head(0, value);
		const bytes = Buffer.alloc(9, 0xfb); // the readings below need all of a double
		bytes.writeDoubleBE(value, 1);
		return bytes;
	}
	const pairs = Object.entries(value); // integer keys come in ascending order
	return Buffer.concat([
		head(5, pairs.length),
		...pairs.flatMap(([k, v]) => [cbor(Number(k)), cbor(v)]),
	]);
}

const digest = Buffer.alloc(32, 0xd1);
const proof = Buffer.alloc(16, 0x77);
const ticket = Buffer.concat([Buffer.from([0x20]), Buffer.alloc(288, 0x5a)]);
const credential = Buffer.alloc(700, 0xc0);
const unit = { serial: "SN-0001.a_b", visit: 1, step: 2 };
const unitKeys = { 1: "SN-0001.a_b", 2: 1, 3: 2 };
const recipe = { id: "axle-7", version: 3, digest };
const recipeKeys = { 28: "axle-7", 29: 3, 5: digest };
const big = 2 ** 53 - 1;

const vectors = [
	[
		"station",
		{ type: "ready", boot: 1, journal: 0, recipes: [], state: "Idle" },
		{ 0: 1, 10: 0, 11: 1, 12: [], 14: "Idle" },
	],
	[
		"station",
		{ type: "ready", boot: 7, journal: 0, recipes: [], state: "Idle", reset: "stack-overflow" },
		{ 0: 1, 10: 0, 11: 7, 12: [], 14: "Idle", 36: "stack-overflow" },
	],
	[
		"station",
		{
			type: "ready",
			boot: 4_294_967_295,
			journal: big,
			recipes: [
				{ ...recipe, active: true },
				{ ...recipe, version: 4, active: false },
			],
			unit: { ...unit, attempt: 0 },
			state: "Execute",
		},
		{
			0: 1,
			10: big,
			11: 4_294_967_295,
			12: [
				{ ...recipeKeys, 30: true },
				{ ...recipeKeys, 29: 4, 30: false },
			],
			13: { ...unitKeys, 4: 0 },
			14: "Execute",
		},
	],
	[
		"station",
		{ type: "blocks", digest, head: true, first: 0, count: 0 },
		{ 0: 2, 5: digest, 15: true, 16: 0, 17: 0 },
	],
	[
		"station",
		{ type: "blocks", digest, head: false, first: 70_000, count: 8 },
		{ 0: 2, 5: digest, 15: false, 16: 70_000, 17: 8 },
	],
	[
		"station",
		{ type: "blocks", digest, head: false, first: 512, count: 512, each: 16 },
		{ 0: 2, 5: digest, 15: false, 16: 512, 17: 512, 33: 16 },
	],
	["station", { type: "arrived", ...unit, proof }, { 0: 3, ...unitKeys, 9: proof }],
	[
		"station",
		{
			type: "result",
			...unit,
			attempt: 12,
			digest,
			set: 300,
			readings: [
				{ name: "resonance", value: 5.341 },
				{ name: "q-factor", value: -7 },
				{ name: "impedance", value: 0 },
			],
			durationMs: 1500,
		},
		{
			0: 4,
			...unitKeys,
			4: 12,
			5: digest,
			6: 300,
			7: [
				["resonance", 5.341],
				["q-factor", -7],
				["impedance", 0],
			],
			8: 1500,
		},
	],
	[
		"station",
		{ type: "exhausted", ...unit, attempt: 180, digest },
		{ 0: 5, ...unitKeys, 4: 180, 5: digest },
	],
	["station", { type: "done", ...unit }, { 0: 6, ...unitKeys }],
	[
		"station",
		{ type: "alarm", code: "fixture", text: "Spannung fehlt: ±5 V" },
		{ 0: 7, 18: "fixture", 19: "Spannung fehlt: ±5 V" },
	],
	[
		"server",
		{
			type: "welcome-back",
			journal: 17,
			timeS: 1_800_000_000,
			recipes: [{ ...recipe, headSize: 640, segments: 9 }],
		},
		{ 0: 16, 10: 17, 12: [{ ...recipeKeys, 31: 640, 32: 9 }], 20: 1_800_000_000 },
	],
	[
		"server",
		{ type: "start", ...unit, attempt: 5, set: 4, recipe, journal: 18, replyTo: 0 },
		{ 0: 17, ...unitKeys, 4: 5, 6: 4, 10: 18, 21: recipeKeys, 26: 0 },
	],
	[
		"server",
		{ type: "verdict", ...unit, attempt: 5, pass: true, journal: 19 },
		{ 0: 18, ...unitKeys, 4: 5, 10: 19, 22: true },
	],
	[
		"server",
		{ type: "verdict", ...unit, attempt: 6, pass: false, journal: 20 },
		{ 0: 18, ...unitKeys, 4: 6, 10: 20, 22: false },
	],
	["server", { type: "reject", ...unit, journal: 21 }, { 0: 19, ...unitKeys, 10: 21 }],
	[
		"server",
		{ type: "handover", ...unit, to: "line-1.press", ticket },
		{ 0: 20, ...unitKeys, 23: "line-1.press", 24: ticket },
	],
	["server", { type: "wait", ...unit }, { 0: 21, ...unitKeys }],
	["server", { type: "closed", ...unit, journal: 22 }, { 0: 22, ...unitKeys, 10: 22 }],
	["server", { type: "noted" }, { 0: 23 }],
	["server", { type: "hold" }, { 0: 24 }],
	["server", { type: "resume", replyTo: 4_294_967_295 }, { 0: 25, 26: 4_294_967_295 }],
	["server", { type: "abort", ...unit }, { 0: 26, ...unitKeys }],
	["server", { type: "rekey" }, { 0: 27 }],
	["server", { type: "credential", bytes: credential }, { 0: 28, 25: credential }],
	[
		"station",
		{ type: "log", ...unit, attempt: 5, digest, size: 204_800, segments: 50, cut: false },
		{ 0: 8, ...unitKeys, 4: 5, 5: digest, 32: 50, 34: 204_800, 35: false },
	],
	[
		"server",
		{ type: "pull", digest, head: true, first: 16, count: 8 },
		{ 0: 29, 5: digest, 15: true, 16: 16, 17: 8 },
	],
	[
		"server",
		{ type: "pull", digest, head: false, first: 0, count: 0 },
		{ 0: 29, 5: digest, 15: false, 16: 0, 17: 0 },
	],
	["server", { type: "kept", digest }, { 0: 30, 5: digest }],
	[
		"ticket",
		{ ...unit, from: "", to: "line-1.press", proof },
		{ ...unitKeys, 9: proof, 23: "line-1.press", 27: "" },
	],
	[
		"ticket",
		{ ...unit, from: "line-1.press", to: "line-1.test", proof },
		{ ...unitKeys, 9: proof, 23: "line-1.test", 27: "line-1.press" },
	],
];

/** Bytes become `{ hex }`. */
const json = (_, value) =>
	value?.type === "Buffer" ? { hex: Buffer.from(value.data).toString("hex") } : value;

const list = vectors.map(([from, value, keys]) => {
	const bytes = cbor(keys);
	const size = [64, 256, 1024, 4000].find((padded) => bytes.length < padded);
	const padded = Buffer.alloc(size);
	bytes.copy(padded);
	padded[bytes.length] = 0x80;
	return { from, value, bytes: bytes.toString("hex"), padded: size };
});
const text = JSON.stringify({ generator: "generate.mjs", vectors: list }, json, "\t");
writeFileSync(new URL("messages.json", import.meta.url), `${text}\n`);
