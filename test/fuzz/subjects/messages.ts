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

/** Heads of each major type at the sizes where they grow, simple values, floats. */
export const CBOR_TOKENS: readonly Uint8Array[] = [
	..."00 17 1818 190100 1a00010000 1b0000000100000000 1b001fffffffffffff 20 3bffffffffffffffff".split(
		" ",
	),
	..."40 4100 5818 590100 60 6161 7818 80 81 82 9818 a0 a100 a2 b818 c0 d2 d818 f4 f5 f6 f7".split(
		" ",
	),
	..."f93e00 f97e00 fa5f000000 fb3ff199999999999a fb7ff0000000000000 ff 5f 9f bf".split(" "),
].map(unhex);

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
