/**
 * Runs on XS in the memcheck host, without valgrind: is refused, then uses secrets, then ends their use as the option
 * `end` says, "close" or "drop", and pauses after each to be looked at (test/native/wiping.test.ts). Before all that it
 * pauses with 32 bytes on the stack. The key store holds `pair` and `small`; other options are hexadecimal.
 */

import option from "host-options";
import { hex } from "../../modules/bytes/bytes.js";
import { PsaCrypto } from "../../modules/crypto/crypto.js";
import { Derivation, Key } from "../../modules/crypto/native.js";
import { unhex } from "./crypto-operations.js";
import { collect, pause, pauseAtReturns, pauseHolding } from "./native-memcheck.js";

const crypto = new PsaCrypto();
const nothing = new Uint8Array(0);
const nonce = new Uint8Array(12);

function bytes(name: string): Uint8Array {
	return unhex(option(name) ?? "");
}

function expect(condition: boolean, what: string): void {
	if (!condition) throw new Error(`expected ${what}`);
}

/** Calls `use` with bytes that are gone afterwards. */
function lent<T>(name: string, use: (secret: Uint8Array) => T): T {
	const secret = bytes(name);
	try {
		return use(secret);
	} finally {
		secret.fill(0);
	}
}

function refusals(): void {
	const key = crypto.privateKey("pair", "unwrap");
	expect(crypto.unwrap(key, bytes("wrapped"), "another label") === undefined, "no secret");
	for (const name of ["short", "long"])
		expect(crypto.unwrap(key, bytes(name), "") === undefined, "no secret of another size");
	key.close();
	const aead = lent("aead", (secret) => crypto.importAead(secret));
	const sealed = bytes("sealed");
	sealed[sealed.length - 1] = (sealed.at(-1) as number) ^ 1;
	expect(aead.open(nonce, nothing, sealed) === undefined, "no plaintext");
	aead.close();
	expect(
		new Key().loadPrivate(new Uint8Array([115, 109, 97, 108, 108]), false) === "key",
		"no key",
	);
}

interface Closing {
	close(): void;
}

/** Uses each native that has a secret on the stack for a moment, and pauses before that is gone: six times. */
function useStack(): void {
	const key = crypto.privateKey("pair", "unwrap");
	const wrapping = crypto.publicKey(bytes("public"), "wrap");
	const known = lent("private", (each) => crypto.importAgreement(each));
	pauseAtReturns(1);
	const secret = crypto.unwrap(key, bytes("wrapped"), "");
	if (!secret) throw new Error("expected a secret");
	pauseAtReturns(1);
	crypto.wrap(wrapping, secret, "");
	pauseAtReturns(1);
	const shared = known.agree(bytes("peer"));
	pauseAtReturns(3);
	const [aead, mac] = crypto.derive(nothing, [secret], "one", ["aead", "mac"]);
	for (const handle of [key, wrapping, known, secret, shared, aead, mac]) handle?.close();
}

/** Everything at once; what it opened is at the end of the list. */
function useAll(): { handles: Closing[]; opened: Uint8Array } {
	const key = crypto.privateKey("pair", "unwrap");
	const secret = crypto.unwrap(key, bytes("wrapped"), "");
	const known = lent("private", (each) => crypto.importAgreement(each));
	const generated = crypto.agreement();
	const [one, two] = [known.agree(bytes("peer")), generated.agree(bytes("peer"))];
	const mine = crypto.secret();
	if (!secret || !one || !two) throw new Error("expected three secrets");
	const [derived, mac] = crypto.derive(nothing, [secret], "one", ["aead", "mac"]);
	const bare = lent("private", (each) => {
		const made = new Key();
		made.importSecret(each);
		return made;
	});
	const running = new Derivation();
	expect(running.start(nothing, new Uint8Array([1]), bare) === undefined, "a derivation");
	expect(running.bytes(new Uint8Array(12)) === undefined, "bytes of it");
	const aead = lent("aead", (each) => crypto.importAead(each));
	const opened = aead.open(nonce, nothing, bytes("sealed"));
	const wrapping = crypto.publicKey(bytes("public"), "wrap");
	trace(`@wrapped ${hex(crypto.wrap(wrapping, mine, ""))}\n@public ${hex(generated.publicKey)}\n`);
	if (!opened) throw new Error("expected the plaintext");
	const handles = [
		key,
		secret,
		known,
		generated,
		one,
		two,
		mine,
		derived,
		mac,
		bare,
		running,
		aead,
	];
	return { handles: [...handles, wrapping], opened };
}

/** What it made is out of reach when this returns. */
function inUse(): void {
	const { handles, opened } = useAll();
	pause();
	opened.fill(0);
	if (option("end") === "close") for (const handle of handles) handle.close();
}

lent("held", pauseHolding);
refusals();
pause();
useStack();
inUse();
if (option("end") === "drop") collect();
pause();
