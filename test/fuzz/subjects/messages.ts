/** CBOR and what is made of it: messages, tickets, their padding. */
import { CborError } from "../../../modules/cbor/cbor.js";
import { decode } from "../../../modules/cbor/decode.js";
import { encode } from "../../../modules/cbor/encode.js";
import {
	decodeMessage,
	decodeTicket,
	encodeMessage,
	encodeTicket,
	MessageError,
	pad,
	unpad,
} from "../../../modules/messages/codec.js";
import { unhex, vectors } from "../../messages/support.js";
import { readAndWritten, type Subject } from "../subject.js";
import { CBOR_TOKENS } from "../tokens.js";

const of = (from: string) =>
	vectors.filter((vector) => vector.from === from).map(({ bytes }) => unhex(bytes));
const all = vectors.map(({ bytes }) => unhex(bytes));

function messagesFrom(from: "station" | "server"): Subject {
	return {
		name: `${from}-message`,
		seeds: of(from),
		work: readAndWritten((bytes) => decodeMessage(bytes, from), encodeMessage),
		errors: [MessageError],
		tokens: CBOR_TOKENS,
	};
}

export const messageSubjects: readonly Subject[] = [
	{
		name: "cbor",
		seeds: all,
		work: readAndWritten(decode, encode),
		errors: [CborError],
		tokens: CBOR_TOKENS,
	},
	messagesFrom("station"),
	messagesFrom("server"),
	{
		name: "ticket",
		seeds: of("ticket"),
		work: readAndWritten(decodeTicket, encodeTicket),
		errors: [MessageError],
		tokens: CBOR_TOKENS,
	},
	{
		name: "padding",
		seeds: all.map(pad),
		work: readAndWritten(unpad, pad),
		errors: [MessageError],
		tokens: [64, 256, 1024, 4000].map((size) => new Uint8Array(size)),
	},
];
