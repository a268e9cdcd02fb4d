/** Messages as JSON and as fast-check draws them. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import type { Message, Ticket } from "../../modules/messages/types.js";

export type From = "station" | "server" | "ticket";

export interface Vector {
	readonly from: From;
	readonly value: Message | Ticket;
	readonly bytes: string;
	readonly padded: number;
}

export function unhex(text: string): Uint8Array {
	return new Uint8Array(Buffer.from(text, "hex"));
}

function revive(_key: string, value: unknown): unknown {
	const isBytes = typeof value === "object" && value !== null && "hex" in value;
	return isBytes ? unhex(String(value.hex)) : value;
}

const path = new URL("../../../test/vectors/messages/messages.json", import.meta.url);
export const vectors = (
	JSON.parse(readFileSync(path, "utf8"), revive) as { vectors: readonly Vector[] }
).vectors;

function word(alphabet: string): fc.Arbitrary<string> {
	return fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 32 });
}
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const plain = word(`${LOWER}${DIGITS}-`);
const stationName = fc.tuple(plain, plain).map(([line, station]) => `${line}.${station}`);
const u32 = fc.integer({ min: 1, max: 0xffff_ffff });
const counter = fc.maxSafeNat();

function bytes(min: number, max = min): fc.Arbitrary<Uint8Array> {
	return fc.uint8Array({ minLength: min, maxLength: max }).map((drawn) => new Uint8Array(drawn));
}

/** `required`: left out where all are. */
function record<T>(
	shape: { [K in keyof T]: fc.Arbitrary<T[K]> },
	required?: (keyof T)[],
): fc.Arbitrary<T> {
	const options = { noNullPrototype: true } as const;
	return required
		? (fc.record<T>(shape, { ...options, requiredKeys: required }) as fc.Arbitrary<T>)
		: (fc.record<T>(shape, options) as fc.Arbitrary<T>);
}

const digest = bytes(32);
const proof = bytes(16);
const unit = {
	serial: word(`${LOWER}${LOWER.toUpperCase()}${DIGITS}._-`),
	visit: fc.integer({ min: 1, max: 0xffff }),
	step: fc.integer({ min: 0, max: 1023 }),
};
const recipe = { id: plain, version: u32, digest };
const reading = record({
	name: word(`${LOWER}${DIGITS}._-`),
	value: fc
		.double({ noNaN: true, noDefaultInfinity: true })
		.map((value) => (value === 0 ? 0 : value)),
});
const held = record({ ...recipe, active: fc.boolean() });
const offered = record({
	...recipe,
	headSize: fc.integer({ min: 1, max: 4096 }),
	segments: u32,
});
const attempt0 = fc.integer({ min: 0, max: 0xffff_ffff });

function of<T extends Message["type"]>(type: T): { type: fc.Arbitrary<T> } {
	return { type: fc.constant(type) };
}

export const anyTicket: fc.Arbitrary<Ticket> = record({
	...unit,
	from: fc.oneof(fc.constant(""), stationName),
	to: stationName,
	proof,
});

export const anyMessage: { readonly [T in Message["type"]]: fc.Arbitrary<Message> } = {
	ready: record(
		{
			...of("ready"),
			boot: u32,
			journal: counter,
			recipes: fc.array(held, { maxLength: 16 }),
			unit: record({ ...unit, attempt: attempt0 }),
			state: word(LOWER),
			reset: plain,
		},
		["type", "boot", "journal", "recipes", "state"],
	) as fc.Arbitrary<Message>,
	blocks: record(
		{
			...of("blocks"),
			digest,
			head: fc.boolean(),
			first: fc.integer({ min: 0, max: 1_000_000 }),
			count: fc.integer({ min: 1, max: 32 }),
			each: fc.integer({ min: 2, max: 16 }),
		},
		["type", "digest", "head", "first", "count"],
	) as fc.Arbitrary<Message>,
	arrived: record({ ...of("arrived"), ...unit, proof }),
	result: record({
		...of("result"),
		...unit,
		attempt: u32,
		digest,
		set: counter,
		readings: fc.array(reading, { minLength: 1, maxLength: 32 }),
		durationMs: attempt0,
	}),
	exhausted: record({ ...of("exhausted"), ...unit, attempt: attempt0, digest }),
	done: record({ ...of("done"), ...unit }),
	log: record({
		...of("log"),
		...unit,
		attempt: u32,
		digest,
		size: fc.integer({ min: 1, max: 256 * 1024 * 1024 }),
		segments: u32,
		cut: fc.boolean(),
	}),
	alarm: record({ ...of("alarm"), code: plain, text: word(`${LOWER} äß€😀`) }),
	"welcome-back": record({
		...of("welcome-back"),
		journal: counter,
		timeS: counter,
		recipes: fc.array(offered, { maxLength: 8 }),
	}),
	start: record({
		...of("start"),
		...unit,
		attempt: u32,
		set: counter,
		recipe: record(recipe),
		journal: counter,
		replyTo: counter,
	}),
	verdict: record({
		...of("verdict"),
		...unit,
		attempt: u32,
		pass: fc.boolean(),
		journal: counter,
	}),
	reject: record({ ...of("reject"), ...unit, journal: counter }),
	handover: record({ ...of("handover"), ...unit, to: stationName, ticket: bytes(17, 512) }),
	wait: record({ ...of("wait"), ...unit }),
	closed: record({ ...of("closed"), ...unit, journal: counter }),
	noted: record(of("noted")),
	hold: record(of("hold")),
	resume: record({ ...of("resume"), replyTo: counter }),
	abort: record({ ...of("abort"), ...unit }),
	rekey: record(of("rekey")),
	credential: record({ ...of("credential"), bytes: bytes(1, 3000) }),
	pull: record({
		...of("pull"),
		digest,
		head: fc.boolean(),
		first: fc.integer({ min: 0, max: 1_000_000 }),
		count: fc.integer({ min: 0, max: 8 }),
	}),
	kept: record({ ...of("kept"), digest }),
};
