/**
 * Messages and tickets as CBOR: one table of keys, one table of messages, encode and decode from them.
 *
 * A message is a map of small integer keys; key 0 holds the message's number. Unknown, missing and
 * repeated keys are refused, in nested maps too. What is not here: padding (padding.ts) and sealing.
 * See docs/protocol.md §6 and §7.
 */

import { frozen } from "../bytes/frozen.js";
import { isPlainName, isSerial, isStateName, isStationName } from "../bytes/names.js";
import { CborError, type CborKey, type CborMap, type CborValue } from "../cbor/cbor.js";
import { decode } from "../cbor/decode.js";
import { encode } from "../cbor/encode.js";
import { DIGEST_SIZE } from "../ports/crypto.js";
import { READINGS_MAX } from "../ports/fixture.js";
import { MessageError } from "./error.js";
import {
	bytes,
	type Field,
	type Fields,
	flag,
	integer,
	type Kind,
	list,
	name,
	prose,
	readFields,
	reading,
	record,
	writeFields,
} from "./fields.js";
import {
	BLOCK_SEGMENTS_MAX,
	BLOCKS_MAX,
	LOG_SIZE_MAX,
	type Message,
	PROOF_SIZE,
	type RecipeName,
	type RecipeOffer,
	type ServerMessage,
	type StationMessage,
	type Ticket,
} from "./types.js";

export { MessageError } from "./error.js";
export { pad, unpad } from "./padding.js";

/** Complete files a station reports. */
export const HELD_MAX = 16;
/** Files a station is told to hold. */
export const OFFERED_MAX = 8;
/** Stations on a line; a step is below it. */
export const STEPS_MAX = 1024;
/** Bytes of an alarm's text. */
export const ALARM_TEXT_MAX = 200;
/** Bytes of a sealed ticket. */
export const SEALED_TICKET_MAX = 512;
/** Bytes of a credential. */
export const CREDENTIAL_SIZE_MAX = 3000;
/** Bytes of an envelope's head, generously. */
const OFFERED_HEAD_MAX = 4096;
const VISIT_MAX = 0xffff;
const U32_MAX = 0xffff_ffff;
const SAFE_MAX = Number.MAX_SAFE_INTEGER;

const u32 = integer(1, U32_MAX);
const counter = integer(0, SAFE_MAX);
const id = name("1 to 32 of [a-z0-9-]", isPlainName);
const stationName = name("<line>.<station>", isStationName);

function field<T>(key: number, kind: Kind<T>): Field<T> {
	return { key, kind };
}

/** Key 0 is the message's number. A key means the same wherever it stands. */
const serial = field(1, name("1 to 32 of [A-Za-z0-9._-]", isSerial));
const visit = field(2, integer(1, VISIT_MAX));
const step = field(3, integer(0, STEPS_MAX - 1));
const attempt = field(4, u32);
const lastAttempt = field(4, integer(0, U32_MAX));
const digest = field(5, bytes(DIGEST_SIZE, DIGEST_SIZE));
const set = field(6, counter);
const readings = field(7, list(1, READINGS_MAX, reading));
const durationMs = field(8, integer(0, U32_MAX));
const proof = field(9, bytes(PROOF_SIZE, PROOF_SIZE));
const journal = field(10, counter);
const boot = field(11, u32);
const state = field(14, name("1 to 32 of [A-Za-z]", isStateName));
const head = field(15, flag);
const first = field(16, integer(0, U32_MAX - 1));
const count = field(17, integer(0, BLOCKS_MAX * BLOCK_SEGMENTS_MAX));
const code = field(18, id);
const text = field(19, prose(ALARM_TEXT_MAX));
const timeS = field(20, counter);
const pass = field(22, flag);
const to = field(23, stationName);
const ticket = field(24, bytes(17, SEALED_TICKET_MAX));
const credential = field(25, bytes(1, CREDENTIAL_SIZE_MAX));
const replyTo = field(26, counter);
const from = field(
	27,
	name("<line>.<station>, or empty", (value) => value === "" || isStationName(value)),
);
const recipeId = field(28, id);
const version = field(29, u32);
const active = field(30, flag);
const headSize = field(31, integer(1, OFFERED_HEAD_MAX));
const segments = field(32, u32);
const each = { ...field(33, integer(2, BLOCK_SEGMENTS_MAX)), optional: true } as const;
const size = field(34, integer(1, LOG_SIZE_MAX));
const cut = field(35, flag);
const reset = { ...field(36, id), optional: true } as const;

const unitName = { serial, visit, step };
const recipeName: Fields<RecipeName> = { id: recipeId, version, digest };
const offered: Fields<RecipeOffer> = { ...recipeName, headSize, segments };
const recipesHeld = field(12, list(0, HELD_MAX, record({ ...recipeName, active })));
const recipesOffered = field(12, list(0, OFFERED_MAX, record(offered)));
const unitHeld = {
	...field(13, record({ ...unitName, attempt: lastAttempt })),
	optional: true,
} as const;
const recipe = field(21, record(recipeName));

type OfType<T extends Message["type"]> = Extract<Message, { type: T }>;
type Sender = "station" | "server";
type Row<M extends Message> = {
	readonly number: number;
	readonly from: M extends StationMessage ? "station" : "server";
	readonly fields: Fields<Omit<M, "type">>;
};

/** Every message there is. Numbers below 16 come from stations. */
export const MESSAGES: { readonly [T in Message["type"]]: Row<OfType<T>> } = frozen({
	ready: {
		number: 1,
		from: "station",
		fields: { boot, journal, recipes: recipesHeld, unit: unitHeld, state, reset },
	},
	blocks: { number: 2, from: "station", fields: { digest, head, first, count, each } },
	arrived: { number: 3, from: "station", fields: { ...unitName, proof } },
	result: {
		number: 4,
		from: "station",
		fields: { ...unitName, attempt, digest, set, readings, durationMs },
	},
	exhausted: { number: 5, from: "station", fields: { ...unitName, attempt: lastAttempt, digest } },
	done: { number: 6, from: "station", fields: unitName },
	alarm: { number: 7, from: "station", fields: { code, text } },
	log: {
		number: 8,
		from: "station",
		fields: { ...unitName, attempt, digest, size, segments, cut },
	},
	"welcome-back": {
		number: 16,
		from: "server",
		fields: { journal, timeS, recipes: recipesOffered },
	},
	start: {
		number: 17,
		from: "server",
		fields: { ...unitName, attempt, set, recipe, journal, replyTo },
	},
	verdict: { number: 18, from: "server", fields: { ...unitName, attempt, pass, journal } },
	reject: { number: 19, from: "server", fields: { ...unitName, journal } },
	handover: { number: 20, from: "server", fields: { ...unitName, to, ticket } },
	wait: { number: 21, from: "server", fields: unitName },
	closed: { number: 22, from: "server", fields: { ...unitName, journal } },
	noted: { number: 23, from: "server", fields: {} },
	hold: { number: 24, from: "server", fields: {} },
	resume: { number: 25, from: "server", fields: { replyTo } },
	abort: { number: 26, from: "server", fields: unitName },
	rekey: { number: 27, from: "server", fields: {} },
	credential: { number: 28, from: "server", fields: { bytes: credential } },
	pull: { number: 29, from: "server", fields: { digest, head, first, count } },
	kept: { number: 30, from: "server", fields: { digest } },
});

/** The content of a ticket: the same keys, without key 0. */
export const TICKET: Fields<Ticket> = frozen({ ...unitName, from, to, proof });

const TYPE_KEY = 0;

/**
 * @returns the unpadded bytes, always few enough to be padded.
 * @throws {@link MessageError} `field` where a value is outside its range.
 */
export function encodeMessage(message: Message): Uint8Array {
	const row = MESSAGES[message.type] as Row<Message> | undefined;
	if (row === undefined) throw new MessageError("type", String(message.type));
	checkBlocks(message);
	const map = new Map<CborKey, CborValue>([[TYPE_KEY, row.number]]);
	writeFields(row.fields, message, map, `${message.type}.`);
	return encode(map);
}

/**
 * @param bytes - unpadded.
 * @param from - who sent it.
 * @throws {@link MessageError}
 */
export function decodeMessage(bytes: Uint8Array, from: "station"): StationMessage;
export function decodeMessage(bytes: Uint8Array, from: "server"): ServerMessage;
export function decodeMessage(bytes: Uint8Array, from: Sender): Message;
export function decodeMessage(bytes: Uint8Array, from: Sender): Message {
	const map = decodeMap(bytes);
	const number = map.get(TYPE_KEY);
	for (const key in MESSAGES) {
		const type = key as Message["type"];
		const row = MESSAGES[type] as Row<Message>;
		if (row.number !== number) continue;
		if (row.from !== from) throw new MessageError("direction", `${type} from a ${from}`);
		const fields = readFields(row.fields, map, 1, `${type}.`);
		const message = { type, ...fields } as Message;
		checkBlocks(message);
		return message;
	}
	throw new MessageError("type", typeof number === "number" ? String(number) : "none");
}

/** @returns the unpadded bytes. @throws {@link MessageError} `field` */
export function encodeTicket(ticket: Ticket): Uint8Array {
	const map = new Map<CborKey, CborValue>();
	writeFields(TICKET, ticket, map, "ticket.");
	return encode(map);
}

/** @param bytes - unpadded. @throws {@link MessageError} */
export function decodeTicket(bytes: Uint8Array): Ticket {
	return readFields(TICKET, decodeMap(bytes), 0, "ticket.");
}

function decodeMap(bytes: Uint8Array): CborMap {
	let value: CborValue;
	try {
		value = decode(bytes);
	} catch (error) {
		if (error instanceof CborError) throw new MessageError("cbor", error.message);
		throw error;
	}
	if (!(value instanceof Map)) throw new MessageError("cbor", "not a map");
	return value;
}

function checkBlocks(message: Message): void {
	if (message.type !== "blocks" && message.type !== "pull") return;
	if (message.type === "blocks" && message.count === 0 && !message.head) {
		throw new MessageError("field", "blocks.count is 0 and no head is asked for");
	}
	if (message.count > BLOCKS_MAX * ("each" in message ? (message.each ?? 1) : 1)) {
		throw new MessageError("field", `${message.type}.count is more than ${BLOCKS_MAX} blocks hold`);
	}
	if (message.first + message.count > U32_MAX) {
		throw new MessageError("field", `${message.type}.first and count go beyond the last segment`);
	}
}
