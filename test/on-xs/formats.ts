/**
 * Runs on XS: the formats against their vectors. The key-value domain `config` holds them: `c0`... CBOR that is accepted, `x0`... CBOR that
 * is refused, `m0`... messages and tickets, `root` the server's signing key, `recipe` a parameter file, `e0` an envelope's head and
 * `e0.0`... its segments. The key store holds the station's key as `kem`. Traces what it made of each; throws where
 * something differs.
 */
import { concat, fromUtf8, hex, sameBytes } from "../../modules/bytes/bytes.js";
import { CborError } from "../../modules/cbor/cbor.js";
import { decode } from "../../modules/cbor/decode.js";
import { encode } from "../../modules/cbor/encode.js";
import { PsaCrypto } from "../../modules/crypto/crypto.js";
import { DeviceKeyValue } from "../../modules/device/storage.js";
import { headDigest, parseHead } from "../../modules/envelope/head.js";
import { openHead, SegmentsDigest } from "../../modules/envelope/open.js";
import { SegmentSealer } from "../../modules/envelope/seal.js";
import {
	decodeMessage,
	decodeTicket,
	encodeMessage,
	encodeTicket,
	MessageError,
	pad,
	unpad,
} from "../../modules/messages/codec.js";
import { RecipeError } from "../../modules/recipe/error.js";
import { RecipeSummary, SetPicker } from "../../modules/recipe/sets.js";

const vectors = new DeviceKeyValue("config");
const crypto = new PsaCrypto();

function all(prefix: string): Uint8Array[] {
	const found: Uint8Array[] = [];
	for (;;) {
		const bytes = vectors.read(`${prefix}${found.length}`);
		if (bytes === undefined) return found;
		found.push(bytes);
	}
}

function must<T>(value: T | undefined, what: string): T {
	if (value === undefined) throw new Error(`${what} is missing or was refused`);
	return value;
}

function check(same: boolean, what: string): void {
	if (!same) throw new Error(`${what} differs`);
}

function refusal(work: () => unknown): string {
	try {
		work();
	} catch (error) {
		const typed =
			error instanceof CborError || error instanceof MessageError || error instanceof RecipeError;
		if (typed) return error.code;
		throw error;
	}
	throw new Error("nothing was refused");
}

for (const bytes of all("c")) check(sameBytes(encode(decode(bytes)), bytes), `CBOR ${hex(bytes)}`);
for (const bytes of all("x")) trace(`@refused ${hex(bytes)} ${refusal(() => decode(bytes))}\n`);

/** The first byte says who sends it: 0 a station, 1 the server, 2 a ticket. */
for (const [i, vector] of all("m").entries()) {
	const bytes = vector.slice(1);
	const made =
		vector[0] === 2
			? encodeTicket(decodeTicket(bytes))
			: encodeMessage(decodeMessage(bytes, vector[0] === 0 ? "station" : "server"));
	check(sameBytes(made, bytes), `message ${i}`);
	check(sameBytes(unpad(pad(made)), bytes), `padding of message ${i}`);
	const damaged = concat(bytes, new Uint8Array(1));
	check(refusal(() => decodeMessage(damaged, "server")) === "cbor", `damaged message ${i}`);
}
trace("@same messages\n");

const recipe = must(vectors.read("recipe"), "recipe");
const summary = new RecipeSummary();
for (let at = 0; at < recipe.length; at++) summary.write(recipe.subarray(at, at + 1));
const counted = summary.end();
for (let set = 0; set < counted.sets; set++) {
	const picker = new SetPicker(counted, set);
	for (let at = 0; at < recipe.length; at += 64) picker.write(recipe.subarray(at, at + 64));
	const values = picker.end();
	trace(`@set ${set} ${values.map(({ name, value }) => `${name}=${value}`).join(" ")}\n`);
}
const bad = new RecipeSummary();
trace(`@recipe ${refusal(() => bad.write(new Uint8Array([0x78, 0x3d, 0x31, 0x0a])))}\n`);

const verify = crypto.publicKey(must(vectors.read("root"), "root"), "verify");
const unwrap = crypto.privateKey("kem", "unwrap");
for (const [i, bytes] of all("e").entries()) {
	const head = parseHead(bytes);
	const options = { crypto, head, verify, unwrap, recipient: head.recipient, versionFloor: 0 };
	check(openHead({ ...options, recipient: "l.other" }) === "recipient", "another recipient");
	check(openHead({ ...options, versionFloor: head.version + 1 }) === "version", "an old version");
	const changed = bytes.slice();
	changed[changed.length - 1] = (changed[changed.length - 1] as number) ^ 1;
	check(openHead({ ...options, head: parseHead(changed) }) === "unauthentic", "a signature");
	const opener = openHead(options);
	if (typeof opener === "string") throw new Error(`envelope ${i}: ${opener}`);
	const whole = new SegmentsDigest(crypto, head);
	let plaintext: Uint8Array = new Uint8Array(0);
	for (const [index, sealed] of all(`e${i}.`).entries()) {
		whole.add(sealed);
		plaintext = concat(plaintext, must(opener.open(index, sealed), `segment ${index}`));
		check(opener.open(index + 1, sealed) === undefined, "a segment in another's place");
		sealed[0] = (sealed[0] as number) ^ 1;
		check(opener.open(index, sealed) === undefined, "a damaged segment");
	}
	check(whole.matches(), `the segments of envelope ${i}`);
	trace(`@opened ${hex(headDigest(crypto, bytes))} ${hex(plaintext)}\n`);
	opener.close();
}

/** The other direction: seals `recipe` for the server to open; the head is completed there. */
const recipientKey = crypto.publicKey(must(vectors.read("recipient"), "recipient"), "wrap");
const sealer = new SegmentSealer({
	crypto,
	header: {
		recipient: must(fromUtf8(must(vectors.read("name"), "name")), "name"),
		recipeId: "from-xs",
		version: 1,
		size: recipe.length,
		segmentSize: 50,
		signerEpoch: 5,
	},
	recipientKey,
});
for (let at = 0; sealer.expected !== undefined; at += 50) {
	trace(`@segment ${hex(sealer.seal(recipe.subarray(at, at + sealer.expected)))}\n`);
}
trace(`@signed ${hex(sealer.finish())}\n`);
