/** HELLO and WELCOME, by shape and with the keys; records and tickets, damaged and sealed by a hostile peer. */
import assert from "node:assert/strict";
import {
	decodeBody,
	decodeHello,
	decodeWelcome,
	encodeBody,
	encodeHello,
	encodeWelcome,
} from "../../../modules/channel/handshake.js";
import { Responder } from "../../../modules/channel/responder.js";
import { PADDED_SIZES, pad } from "../../../modules/messages/padding.js";
import { unhex } from "../../cbor/support.js";
import { ends, noted, record } from "../../channel/ends.js";
import { bytes, credential, initiator, server, vectors } from "../../channel/scripted.js";
import { crypto, privateKey, ready, ticket } from "../../channel/support.js";
import { vectors as messages } from "../../messages/support.js";
import { readAndWritten, type Subject } from "../subject.js";
import { CBOR_TOKENS } from "../tokens.js";

const serverKey = privateKey("serverKem", "unwrap");

function handshakePart<T>(
	name: string,
	decode: (bytes: Uint8Array) => T | undefined,
	encode: (value: T) => Uint8Array,
	seed: Uint8Array,
): Subject {
	return {
		name,
		seeds: [seed],
		work: readAndWritten(decode, encode),
		errors: [],
		tokens: CBOR_TOKENS,
	};
}

/** Whatever a WELCOME does, the genuine one after it gives the session. */
function takeWelcome(input: Uint8Array): void {
	const end = initiator();
	end.hello();
	const session = end.welcome(input, 0) ?? end.welcome(bytes("welcome"), 0);
	assert.ok(session, "the genuine WELCOME is no longer taken");
	end.close();
}

/** Whatever a HELLO does, the genuine one after it is answered. */
async function answerHello(input: Uint8Array): Promise<void> {
	const responder = new Responder({
		crypto,
		credential: server,
		unwrap: (wrapped, label) => crypto.unwrapAsync(serverKey, wrapped, label),
		stationCredential: () => credential,
		clock: { nowMs: () => 0 },
	});
	await responder.hello(vectors.name, input);
	assert.ok(await responder.hello(vectors.name, bytes("hello")), "the genuine HELLO is refused");
	responder.close();
}

/** Whatever the peer's record 0 does, its record 1 opens. */
function openAtStation(input: Uint8Array): void {
	const { station, server } = ends();
	station.open(input);
	server.seal(noted);
	assert.ok(station.open(server.seal(noted).bytes), "the next record no longer opens");
}

function openAtServer(input: Uint8Array): void {
	const { station, server } = ends(undefined, false);
	server.open(input);
	station.seal(ready);
	assert.ok(server.open(station.seal(ready).bytes), "the next record no longer opens");
}

function openTicket(input: Uint8Array): void {
	const { station, server } = ends();
	station.openTicket(input);
	assert.deepEqual(station.openTicket(server.sealTicket(ticket)), ticket);
}

/** A plaintext as it is where it has a padded size, else padded: what somebody who has the keys may seal. */
function plaintext(input: Uint8Array): Uint8Array {
	if (PADDED_SIZES.includes(input.length)) return input;
	return pad(input.subarray(0, 3999));
}

const contentOf = (from: string) =>
	messages.filter((vector) => vector.from === from).map((vector) => unhex(vector.bytes));
const RECORD_COST = 20;

export const channelSubjects: readonly Subject[] = [
	handshakePart("hello", decodeHello, encodeHello, bytes("hello")),
	handshakePart(
		"welcome",
		decodeWelcome,
		({ body, confirm }) => encodeWelcome(body, confirm),
		bytes("welcome"),
	),
	handshakePart("welcome-body", decodeBody, encodeBody, bytes("body")),
	{
		name: "welcome-taken",
		seeds: [bytes("welcome")],
		work: takeWelcome,
		errors: [],
		tokens: CBOR_TOKENS,
		cost: 200,
	},
	{
		name: "hello-answered",
		seeds: [bytes("hello")],
		work: answerHello,
		errors: [],
		tokens: CBOR_TOKENS,
		cost: 400,
	},
	{
		name: "record",
		seeds: contentOf("server").map((content) => record(0, pad(content))),
		work: openAtStation,
		errors: [],
		cost: RECORD_COST,
	},
	{
		name: "record-sealed-by-server",
		seeds: contentOf("server"),
		work: (input) => openAtStation(record(0, plaintext(input))),
		errors: [],
		tokens: CBOR_TOKENS,
		cost: RECORD_COST,
	},
	{
		name: "record-sealed-by-station",
		seeds: contentOf("station"),
		work: (input) => openAtServer(record(0, plaintext(input), "up")),
		errors: [],
		tokens: CBOR_TOKENS,
		cost: RECORD_COST,
	},
	{
		name: "ticket-sealed",
		seeds: contentOf("ticket"),
		work(input) {
			openTicket(input);
			openTicket(record(0, plaintext(input), "ticket"));
		},
		errors: [],
		tokens: CBOR_TOKENS,
		cost: RECORD_COST,
	},
];
