import assert from "node:assert/strict";
import fc from "fast-check";
import { hex } from "../../modules/bytes/bytes.js";
import type { CborKey, CborMap, CborValue } from "../../modules/cbor/cbor.js";
import { decode } from "../../modules/cbor/decode.js";
import { encode } from "../../modules/cbor/encode.js";
import {
	decodeMessage,
	decodeTicket,
	encodeMessage,
	encodeTicket,
	MESSAGES,
} from "../../modules/messages/codec.js";
import { MessageError, type MessageErrorCode } from "../../modules/messages/error.js";
import { CONTENT_SIZE_MAX, pad } from "../../modules/messages/padding.js";
import type { Message, Ready, Result, Ticket } from "../../modules/messages/types.js";
import type { Reading } from "../../modules/ports/fixture.js";
import { anyMessage, anyTicket, unhex, vectors } from "./support.js";

function refused(work: () => unknown, code: MessageErrorCode): void {
	assert.throws(work, (error) => error instanceof MessageError && error.code === code);
}

const types = Object.keys(MESSAGES) as Message["type"][];
const first = (type: Message["type"]): Message => {
	const vector = vectors.find(({ value }) => "type" in value && value.type === type);
	assert.ok(vector);
	return vector.value as Message;
};
const opposite = (from: "station" | "server") => (from === "station" ? "server" : "station");

/** The encoded message with its map changed. */
function changed(message: Message, change: (map: Map<CborKey, CborValue>) => void): Uint8Array {
	const map = new Map(decode(encodeMessage(message)) as CborMap);
	change(map);
	return encode(map);
}

describe("messages", () => {
	for (const { from, value, bytes, padded } of vectors) {
		const type = "type" in value ? value.type : "a ticket";
		it(`encodes and decodes ${type} as the vectors do (${bytes.length / 2} bytes)`, () => {
			if (from === "ticket") {
				assert.equal(hex(encodeTicket(value as Ticket)), bytes);
				assert.deepEqual(decodeTicket(unhex(bytes)), value);
			} else {
				assert.equal(hex(encodeMessage(value as Message)), bytes);
				assert.deepEqual(decodeMessage(unhex(bytes), from), value);
			}
			assert.equal(pad(unhex(bytes)).length, padded);
		});
	}

	it("has a vector for every message", () => {
		for (const type of types) assert.ok(first(type));
	});

	it("gives every message and every field of a map its own number", () => {
		const numbers = Object.values(MESSAGES).map(({ number }) => number);
		assert.equal(new Set(numbers).size, numbers.length);
		for (const { fields } of Object.values(MESSAGES)) {
			const keys = Object.values(fields).map(({ key }) => key);
			assert.equal(new Set([0, ...keys]).size, keys.length + 1);
		}
	});

	for (const type of types) {
		const { from } = MESSAGES[type];
		it(`decodes any ${type} that it encoded, small enough to be padded`, () => {
			fc.assert(
				fc.property(anyMessage[type], (message) => {
					const bytes = encodeMessage(message);
					assert.ok(bytes.length <= CONTENT_SIZE_MAX);
					assert.deepEqual(decodeMessage(bytes, from), message);
				}),
				{ numRuns: 50 },
			);
		});

		it(`refuses ${type} from the wrong side, with a key too many or too few`, () => {
			const message = first(type);
			refused(() => decodeMessage(encodeMessage(message), opposite(from)), "direction");
			for (const key of [99, "serial"]) {
				refused(
					() =>
						decodeMessage(
							changed(message, (map) => map.set(key, 1)),
							from,
						),
					"field",
				);
			}
			for (const { key, optional } of Object.values(MESSAGES[type].fields)) {
				const bytes = changed(message, (map) => map.delete(key));
				if (!optional) refused(() => decodeMessage(bytes, from), "field");
			}
			for (const { key } of Object.values(MESSAGES[type].fields)) {
				const bytes = changed(message, (map) => map.set(key, null));
				refused(() => decodeMessage(bytes, from), "field");
			}
		});
	}

	it("decodes any ticket that it encoded", () => {
		fc.assert(
			fc.property(anyTicket, (ticket) => {
				assert.deepEqual(decodeTicket(encodeTicket(ticket)), ticket);
			}),
		);
	});

	it("refuses what is no message", () => {
		refused(() => decodeMessage(new Uint8Array(0), "station"), "cbor");
		refused(() => decodeMessage(unhex("80"), "station"), "cbor");
		refused(() => decodeMessage(unhex("a0"), "station"), "type");
		refused(() => decodeMessage(unhex("a1000f"), "station"), "type");
		refused(() => decodeMessage(unhex("a100616f"), "station"), "type");
		refused(() => decodeMessage(unhex("a1181b00"), "server"), "type");
		refused(() => encodeMessage({ type: "nonsense" } as unknown as Message), "type");
		const message = encodeMessage(first("done"));
		refused(() => decodeMessage(new Uint8Array([...message, 0]), "station"), "cbor");
	});

	it("refuses an unknown key inside a nested map", () => {
		const bytes = changed(first("start"), (map) => {
			map.set(21, new Map([...(map.get(21) as CborMap), [30, true]]));
		});
		refused(() => decodeMessage(bytes, "server"), "field");
	});
});

describe("message fields", () => {
	const result = first("result") as Result;
	const wrong: readonly [string, Message][] = [
		["an empty serial number", { ...result, serial: "" }],
		["a serial number of 33", { ...result, serial: "x".repeat(33) }],
		["a control character", { ...result, serial: "a\u001bb" }],
		["visit 0", { ...result, visit: 0 }],
		["step 1,024", { ...result, step: 1024 }],
		["step -1", { ...result, step: -1 }],
		["attempt 0", { ...result, attempt: 0 }],
		["attempt 2^32", { ...result, attempt: 2 ** 32 }],
		["attempt 1.5", { ...result, attempt: 1.5 }],
		["a digest of 31 bytes", { ...result, digest: new Uint8Array(31) }],
		["no readings", { ...result, readings: [] }],
		["33 readings", { ...result, readings: readings(33) }],
		["a reading that is not a number", { ...result, readings: [{ name: "a", value: NaN }] }],
		["a reading of another name", { ...result, readings: [{ name: "A", value: 1 }] }],
		["a proof of 15 bytes", { ...result, type: "arrived", proof: new Uint8Array(15) }],
		["33 segments", { type: "blocks", digest: result.digest, head: false, first: 0, count: 33 }],
		[
			"33 blocks of 2 segments",
			{ type: "blocks", digest: result.digest, head: false, first: 0, count: 65, each: 2 },
		],
		[
			"blocks of one segment, said",
			{ type: "blocks", digest: result.digest, head: false, first: 0, count: 1, each: 1 },
		],
		[
			"blocks of 17 segments",
			{ type: "blocks", digest: result.digest, head: false, first: 0, count: 1, each: 17 },
		],
		[
			"nothing asked for",
			{ type: "blocks", digest: result.digest, head: false, first: 0, count: 0 },
		],
		[
			"segments beyond the last",
			{ type: "blocks", digest: result.digest, head: false, first: 2 ** 32 - 2, count: 2 },
		],
		["17 recipes held", ready(17)],
		["9 recipes offered", offering(9)],
		["a reset reason of no letters", { ...ready(0), reset: "" }],
		["a reset reason of 33", { ...ready(0), reset: "x".repeat(33) }],
		["a reset reason with an escape sequence", { ...ready(0), reset: "\u001b[2J" }],
		["a reset reason in capitals", { ...ready(0), reset: "Watchdog" }],
		["an escape sequence for a terminal", { type: "alarm", code: "a", text: "\u001b[2J" }],
		["201 bytes of text", { type: "alarm", code: "a", text: `${"é".repeat(100)}a` }],
		["a lone surrogate", { type: "alarm", code: "a", text: "\ud800" }],
		[
			"a ticket of 513 bytes",
			{ ...result, type: "handover", to: "l.s", ticket: new Uint8Array(513) },
		],
		["a credential of 3,001 bytes", { type: "credential", bytes: new Uint8Array(3001) }],
		[
			"a station without its line",
			{ ...result, type: "handover", to: "s", ticket: new Uint8Array(99) },
		],
	];

	function readings(count: number): Reading[] {
		return Array.from({ length: count }, (_, i) => ({ name: `r${i}`, value: i }));
	}
	function offering(count: number): Message {
		const { digest } = result;
		const recipe = { id: "a", version: 1, digest, headSize: 600, segments: 1 };
		return { type: "welcome-back", journal: 0, timeS: 0, recipes: Array(count).fill(recipe) };
	}
	function ready(held: number): Ready {
		const recipe = { id: "a", version: 1, digest: new Uint8Array(32), active: false };
		return { type: "ready", boot: 1, journal: 0, recipes: Array(held).fill(recipe), state: "Idle" };
	}

	for (const [what, message] of wrong) {
		it(`refuses ${what}`, () => refused(() => encodeMessage(message), "field"));
	}

	it("refuses them in decoding too", () => {
		for (const [key, value] of [
			[1, "a b"],
			[2, 0],
			[3, 1024],
			[4, 0],
			[5, new Uint8Array(33)],
			[6, -1],
			[7, []],
			[7, [["a", "1"]]],
			[7, [["a", 1, 2]]],
			[8, 2 ** 32],
		] as const) {
			const bytes = changed(result, (map) => map.set(key, value));
			refused(() => decodeMessage(bytes, "station"), "field");
		}
	});

	it("refuses a reset reason that is no word, and takes any word, also one it does not know", () => {
		const before = ready(0);
		for (const value of [
			"",
			"A",
			"a b",
			"a\n",
			"x".repeat(33),
			3,
			null,
			new Uint8Array(3),
			["a"],
		]) {
			const bytes = changed(before, (map) => map.set(36, value));
			refused(() => decodeMessage(bytes, "station"), "field");
		}
		const bytes = changed(before, (map) => map.set(36, "meteorite-7"));
		assert.deepEqual(decodeMessage(bytes, "station"), { ...before, reset: "meteorite-7" });
	});

	it("sends a reading of negative zero as zero", () => {
		const message: Result = { ...result, readings: [{ name: "a", value: -0 }] };
		const decoded = decodeMessage(encodeMessage(message), "station") as Result;
		assert.ok(Object.is(decoded.readings[0]?.value, 0));
	});

	it("takes only well-formed messages from random and damaged bytes", () => {
		const damaged = fc
			.tuple(fc.oneof(...types.map((type) => anyMessage[type])), fc.nat(), fc.nat({ max: 255 }))
			.map(([message, at, byte]) => {
				const bytes = encodeMessage(message);
				bytes[at % bytes.length] = byte;
				return bytes;
			});
		fc.assert(
			fc.property(
				fc.oneof(damaged, fc.uint8Array({ maxLength: 99 })),
				fc.boolean(),
				(bytes, up) => {
					let message: Message;
					try {
						message = decodeMessage(bytes, up ? "station" : "server");
					} catch (error) {
						assert.ok(error instanceof MessageError);
						return;
					}
					assert.equal(hex(encodeMessage(message)), hex(bytes));
				},
			),
			{ numRuns: 1000 },
		);
	});
});
