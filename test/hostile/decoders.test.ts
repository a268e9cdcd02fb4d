/**
 * Every decoder, given what it should not get: each says no in its own way and never fails otherwise. Inputs are
 * good ones that were damaged, and garbage that begins as they do.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openFloors } from "../../keys/signing.js";
import { CborError } from "../../modules/cbor/cbor.js";
import { decode } from "../../modules/cbor/decode.js";
import {
	CredentialError,
	parseCredential,
	verifyCredential,
} from "../../modules/channel/credential.js";
import { decodeHello, decodeWelcome } from "../../modules/channel/handshake.js";
import { encodeHeadBlock, encodeSegmentBlock, parseBlock } from "../../modules/envelope/block.js";
import { EnvelopeError, parseHead } from "../../modules/envelope/head.js";
import { openHead } from "../../modules/envelope/open.js";
import { decodeMessage, decodeTicket, MessageError, unpad } from "../../modules/messages/codec.js";
import { RecipeError } from "../../modules/recipe/error.js";
import { checkRecipe, SetPicker } from "../../modules/recipe/sets.js";
import { ConfigError, readConfig } from "../../modules/station/config.js";
import { Journal, JournalError } from "../../modules/station/journal.js";
import { loadLibrary } from "../../modules/station/library-record.js";
import { judge, parseLimits } from "../../server/core/limits.js";
import * as channel from "../channel/support.js";
import { vectors as envelopes, openOptions, unhex as unhexHead } from "../envelope/support.js";
import { unhex, vectors } from "../messages/support.js";
import { MemoryKeyValue } from "../station/memory.js";
import { Dice, damaged, interlock, RECIPES, SEED, scratch } from "./support.js";

type Allowed = readonly (abstract new (...args: never[]) => Error)[];

interface Subject {
	readonly name: string;
	readonly good: readonly Uint8Array[];
	/** Returns or throws one of `errors`. */
	readonly work: (bytes: Uint8Array) => unknown;
	readonly errors: Allowed;
	readonly rounds?: number;
}

const ROUNDS = 3000;
const { crypto, roots } = channel;
const messages = vectors.map(({ bytes }) => unhex(bytes));
const heads = envelopes.map(({ head }) => unhexHead(head));
const digest = new Uint8Array(32);

function kept(key: string, bytes: Uint8Array): MemoryKeyValue {
	const store = new MemoryKeyValue();
	store.write(key, bytes.subarray(0, 4000));
	return store;
}

function recordOf(key: string): Uint8Array {
	const store = new MemoryKeyValue();
	const journal = new Journal(store);
	journal.saveUnit({
		serial: "U-1",
		visit: 1,
		step: 0,
		proof: new Uint8Array(16),
		result: {
			attempt: 3,
			recipe: { id: "r", version: 2, digest },
			set: 1,
			readings: [{ name: "q", value: 1.5 }],
			durationMs: 4,
		},
	});
	return store.read(key) as Uint8Array;
}

function filesIn(end: string): Uint8Array[] {
	return readdirSync(RECIPES)
		.filter((name) => name.endsWith(end))
		.map((name) => new Uint8Array(readFileSync(join(RECIPES, name))));
}

const boardConfig = {
	station: "line.one",
	host: "127.0.0.1",
	port: 1883,
	username: "u",
	password: "p",
};

/** A HELLO and the WELCOME that answers it. */
async function handshake(): Promise<[Uint8Array, Uint8Array]> {
	const pair = new channel.Pair();
	const hello = pair.initiator.hello();
	const welcome = await pair.responder.hello(channel.STATION, hello);
	assert.ok(welcome);
	return [hello, welcome];
}

describe("hostile input to decoders", function () {
	this.timeout(60_000);

	const subjects: Subject[] = [
		{ name: "CBOR", good: messages, work: decode, errors: [CborError] },
		{
			name: "messages of a station",
			good: messages,
			work: (bytes) => decodeMessage(bytes, "station"),
			errors: [MessageError],
		},
		{
			name: "messages of the server",
			good: messages,
			work: (bytes) => decodeMessage(bytes, "server"),
			errors: [MessageError],
		},
		{ name: "tickets", good: messages, work: decodeTicket, errors: [MessageError] },
		{ name: "padding", good: messages, work: unpad, errors: [MessageError] },
		{
			name: "credentials, unchecked",
			good: [channel.station.bytes, channel.server.bytes],
			work: (bytes) => parseCredential(crypto, bytes),
			errors: [CredentialError],
		},
		{
			name: "credentials",
			good: [channel.station.bytes, channel.server.bytes],
			work: (bytes) => {
				verifyCredential({ crypto, bytes, roots, epochFloor: 0, timeFloorS: 0 });
				assert.fail("a damaged credential was believed");
			},
			errors: [CredentialError],
			rounds: 500,
		},
		{
			name: "lists of epoch floors",
			good: [channel.server.bytes],
			work: (bytes) => assert.equal(openFloors(crypto, bytes, roots as never), undefined),
			errors: [],
			rounds: 500,
		},
		{ name: "heads", good: heads, work: parseHead, errors: [EnvelopeError] },
		{
			name: "heads, opened",
			good: heads,
			work: (bytes) => {
				const opened = openHead(openOptions(bytes));
				assert.equal(typeof opened, "string", "a damaged head was opened");
			},
			errors: [EnvelopeError],
			rounds: 500,
		},
		{
			name: "blocks",
			good: [
				encodeHeadBlock(digest, heads[0] as Uint8Array),
				encodeSegmentBlock(digest, 3, new Uint8Array(100)),
			],
			work: parseBlock,
			errors: [],
		},
		{
			name: "recipes",
			good: filesIn(".params"),
			work: (bytes) => {
				const summary = checkRecipe(bytes);
				if (summary.sets === 0) return;
				const picker = new SetPicker(summary, summary.sets - 1);
				picker.write(bytes);
				picker.end();
			},
			errors: [RecipeError],
		},
		{
			name: "limits",
			good: filesIn(".limits"),
			work: (bytes) => judge(parseLimits(bytes), [{ name: "q", value: 1 }]),
			errors: [RecipeError],
		},
		{
			name: "a station's unit record",
			good: [recordOf("unit")],
			work: (bytes) => new Journal(kept("unit", bytes)),
			errors: [JournalError],
		},
		{
			name: "a station's floors",
			good: [new Uint8Array([0x84, 1, 0x1a, 1, 2, 3, 4, 5, 6])],
			work: (bytes) => new Journal(kept("floors", bytes)),
			errors: [JournalError],
		},
		{
			name: "a station's library record",
			good: [new Uint8Array([0x83, 1, 0x82, 0xf6, 0xf6, 0x81, 0x82, 0x61, 0x72, 2])],
			work: (bytes) => loadLibrary(kept("library", bytes), 4),
			errors: [JournalError],
		},
		{
			name: "a board's config",
			good: [new Uint8Array(Buffer.from(JSON.stringify(boardConfig)))],
			work: (bytes) => {
				const store = kept("station.json", bytes);
				for (const key of ["cred", "server", "root0", "root1"]) store.write(key, digest);
				return readConfig(store);
			},
			errors: [ConfigError],
		},
	];

	function fuzz({ name, good, work, errors, rounds = ROUNDS }: Subject): void {
		const dice = new Dice(SEED);
		assert.ok(good.length > 0);
		for (let round = 0; round < rounds; round++) {
			const bytes = damaged(good[dice.whole(good.length)] as Uint8Array, dice);
			try {
				work(bytes);
			} catch (error) {
				if (errors.some((one) => error instanceof one)) continue;
				const input = Buffer.from(bytes).toString("hex");
				throw new Error(`${name}: seed ${SEED}, round ${round}: ${input}`, { cause: error });
			}
		}
	}

	for (const subject of subjects)
		it(`is refused by name or read: ${subject.name}`, () => fuzz(subject));

	it("is refused or read: HELLO and WELCOME", async () => {
		const [hello, welcome] = await handshake();
		fuzz({ name: "HELLO", good: [hello], work: decodeHello, errors: [] });
		fuzz({ name: "WELCOME", good: [welcome], work: decodeWelcome, errors: [] });
	});

	it("is refused with the file's name, line and column on the command line", () => {
		const room = scratch("hostile-recipe");
		const dice = new Dice(SEED);
		const params = readFileSync(join(RECIPES, "station-1.params"));
		const file = join(room.path, "damaged.params");
		let refused = 0;
		for (let round = 0; round < 12; round++) {
			writeFileSync(file, damaged(new Uint8Array(params), dice));
			const { status, stderr } = interlock(["recipe", "check", file]);
			assert.ok(status === 0 || status === 3, `round ${round}: ${status} ${stderr}`);
			if (status === 3) {
				assert.match(stderr, /damaged\.params/);
				refused++;
			}
		}
		assert.ok(refused > 0);
		room.remove();
	});
});
