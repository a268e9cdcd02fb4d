/**
 * How an implementation of the Crypto port behaves beside its answers: closed and foreign handles,
 * sizes, limits. Run on XS and in Node. A check throws where it fails.
 */
import {
	type Crypto,
	CryptoError,
	DERIVE_KINDS_MAX,
	DERIVE_SECRETS_MAX,
	type PrivateKey,
	RANDOM_SIZE_MAX,
	type Secret,
} from "../../modules/ports/crypto.js";
import type { TestedCrypto } from "./crypto-operations.js";

export interface Subject {
	crypto: TestedCrypto;
	/** Of an RSA key pair: its public key in PKCS#1 DER and its private halves. */
	publicKey: Uint8Array;
	unwrap: PrivateKey;
	sign: PrivateKey;
}

/** Handles made one after another without closing; more than any board's key slots. */
const DROPPED_HANDLES = 200;

const nothing = new Uint8Array(0);
const nonce = new Uint8Array(12);
const thirtyTwo = new Uint8Array(32).fill(7);

function expect(condition: boolean, what: string): void {
	if (!condition) throw new Error(`expected ${what}`);
}

function expectError(code: CryptoError["code"], action: () => unknown): void {
	let got: string = "no error";
	try {
		action();
	} catch (error) {
		got = error instanceof CryptoError ? error.code : String(error);
	}
	expect(got === code, `CryptoError ${code}, got ${got}`);
}

function iv(crypto: Crypto, secret: Secret): Uint8Array {
	return crypto.derive(nothing, [secret], "iv", ["iv"])[0];
}

/** Uses of a closed handle: each gets a handle that works, and uses it after close(). */
const closedUses: Record<string, (subject: Subject) => () => unknown> = {
	"aead seal": ({ crypto }) => {
		const aead = crypto.importAead(thirtyTwo);
		aead.close();
		return () => aead.seal(nonce, nothing, nothing);
	},
	"aead open": ({ crypto }) => {
		const aead = crypto.importAead(thirtyTwo);
		aead.close();
		return () => aead.open(nonce, nothing, thirtyTwo);
	},
	"aead open of too few bytes": ({ crypto }) => {
		const aead = crypto.importAead(thirtyTwo);
		aead.close();
		return () => aead.open(nonce, nothing, nothing);
	},
	mac: ({ crypto }) => {
		const mac = crypto.importMac(thirtyTwo);
		mac.close();
		return () => mac.compute(nothing);
	},
	"hash update": ({ crypto }) => {
		const hash = crypto.hash();
		hash.close();
		return () => hash.update(nothing);
	},
	"hash digest twice": ({ crypto }) => {
		const hash = crypto.hash();
		hash.digest();
		return () => hash.digest();
	},
	agreement: ({ crypto }) => {
		const pair = crypto.agreement();
		pair.close();
		return () => pair.agree(thirtyTwo);
	},
	"secret in derive": ({ crypto }) => {
		const secret = crypto.secret();
		secret.close();
		return () => iv(crypto, secret);
	},
	"secret in wrap": ({ crypto, publicKey }) => {
		const key = crypto.publicKey(publicKey, "wrap");
		const secret = crypto.secret();
		secret.close();
		return () => crypto.wrap(key, secret, "label");
	},
	"key in wrap": ({ crypto, publicKey }) => {
		const key = crypto.publicKey(publicKey, "wrap");
		key.close();
		return () => crypto.wrap(key, crypto.secret(), "label");
	},
	"key in verify": ({ crypto, publicKey }) => {
		const key = crypto.publicKey(publicKey, "verify");
		key.close();
		return () => crypto.verify(key, nothing, new Uint8Array(key.size));
	},
};

export const conduct: Record<string, (subject: Subject) => void> = {
	"makes no use of a closed handle": (subject) => {
		for (const [name, make] of Object.entries(closedUses)) {
			const use = make(subject);
			try {
				expectError("closed", use);
			} catch (error) {
				throw new Error(`${name}: ${String(error)}`);
			}
		}
	},
	"closes twice": ({ crypto, publicKey }) => {
		const key = crypto.publicKey(publicKey, "wrap");
		const derived = crypto.derive(nothing, [crypto.secret()], "", ["aead", "mac"]);
		for (const handle of [crypto.secret(), crypto.hash(), crypto.agreement(), key, ...derived]) {
			handle.close();
			handle.close();
		}
	},
	"refuses a key made for another use": ({ crypto, publicKey, unwrap, sign }) => {
		const wrapping = crypto.publicKey(publicKey, "wrap");
		const verifying = crypto.publicKey(publicKey, "verify");
		expectError("key", () => crypto.wrap(verifying, crypto.secret(), "label"));
		expectError("key", () => crypto.verify(wrapping, nothing, nothing));
		expectError("key", () => crypto.unwrap(sign, new Uint8Array(sign.size), "label"));
		expectError("key", () => crypto.sign(unwrap, nothing));
		wrapping.close();
		verifying.close();
	},
	"refuses a handle that it did not make": ({ crypto, publicKey }) => {
		const close = () => {};
		const secret = { kind: "secret" as const, close };
		const key = crypto.publicKey(publicKey, "wrap");
		expectError("key", () => crypto.wrap(key, secret, "label"));
		expectError("key", () => iv(crypto, secret));
		const foreign = { kind: "wrap" as const, size: 256, close };
		expectError("key", () => crypto.wrap(foreign, crypto.secret(), "label"));
		key.close();
	},
	"takes only a 12-byte nonce": ({ crypto }) => {
		const aead = crypto.importAead(thirtyTwo);
		for (const size of [0, 11, 13, 16]) {
			expectError("size", () => aead.seal(new Uint8Array(size), nothing, nothing));
			expectError("size", () => aead.open(new Uint8Array(size), nothing, thirtyTwo));
		}
		aead.close();
	},
	"seals and opens into a buffer of the caller's": ({ crypto }) => {
		const aead = crypto.importAead(thirtyTwo);
		const plaintext = new Uint8Array(5).fill(7);
		const sealed = aead.seal(nonce, nothing, plaintext);
		for (const size of [21, 40]) {
			const target = new Uint8Array(size).fill(1);
			const written = aead.seal(nonce, nothing, plaintext, target);
			expect(written.buffer === target.buffer && written.byteOffset === 0, "in the target");
			expect(crypto.equal(written, sealed), "the same as in a new one");
			expect(
				target.subarray(21).every((byte) => byte === 1),
				"nothing behind it",
			);
		}
		const target = new Uint8Array(6).fill(1);
		const opened = aead.open(nonce, nothing, sealed, target);
		expect(opened?.buffer === target.buffer, "in the target");
		expect(opened !== undefined && crypto.equal(opened, plaintext), "what was sealed");
		expect(target[5] === 1, "nothing behind it");
		expectError("size", () => aead.seal(nonce, nothing, plaintext, new Uint8Array(20)));
		expectError("size", () => aead.open(nonce, nothing, sealed, new Uint8Array(4)));
		target.fill(0);
		sealed[20] = (sealed[20] ?? 0) ^ 1;
		expect(aead.open(nonce, nothing, sealed, target) === undefined, "a refusal");
		expect(
			target.every((byte) => byte === 0),
			"nothing of the plaintext",
		);
		aead.close();
	},
	"opens nothing shorter than a tag": ({ crypto }) => {
		const aead = crypto.importAead(thirtyTwo);
		for (let size = 0; size < 16; size++)
			expect(aead.open(nonce, nothing, new Uint8Array(size)) === undefined, "a refusal");
		const sealed = aead.seal(nonce, nothing, nothing);
		expect(sealed.length === 16, "a tag alone for nothing");
		expect(aead.open(nonce, nothing, sealed)?.length === 0, "nothing back");
		aead.close();
	},
	"takes and gives views of larger buffers": ({ crypto }) => {
		const aead = crypto.importAead(thirtyTwo);
		const large = new Uint8Array(64).fill(9);
		const sealed = aead.seal(large.subarray(1, 13), large.subarray(3, 5), large.subarray(7, 10));
		const around = new Uint8Array(64);
		around.set(sealed, 20);
		const same = aead.seal(nonce.fill(9), new Uint8Array(2).fill(9), new Uint8Array(3).fill(9));
		nonce.fill(0);
		expect(crypto.equal(same, around.subarray(20, 39)), "the same from views");
		aead.close();
	},
	"takes only a 32-byte public key to agree with": ({ crypto }) => {
		const pair = crypto.agreement();
		for (const size of [0, 31, 33]) expectError("size", () => pair.agree(new Uint8Array(size)));
		expect(pair.agree(new Uint8Array(32)) === undefined, "no agreement with zero");
		pair.close();
	},
	"wraps only whole secrets": ({ crypto, publicKey }) => {
		const key = crypto.publicKey(publicKey, "wrap");
		for (const size of [1, 31, 33, 96])
			expectError("size", () =>
				crypto.wrap(key, crypto.importSecret(new Uint8Array(size)), "label"),
			);
		key.close();
	},
	"unwraps and verifies nothing of another size": ({ crypto, publicKey, unwrap }) => {
		const key = crypto.publicKey(publicKey, "verify");
		for (const size of [0, 1, unwrap.size - 1, unwrap.size, unwrap.size + 1]) {
			const bytes = new Uint8Array(size).fill(1);
			expect(crypto.unwrap(unwrap, bytes, "label") === undefined, "no secret");
			expect(!crypto.verify(key, nothing, bytes), "no valid signature");
		}
		key.close();
	},
	"gives as much randomness as asked, to its limit": ({ crypto }) => {
		expect(crypto.random(0).length === 0, "no bytes");
		const most = crypto.random(RANDOM_SIZE_MAX);
		expect(most.length === RANDOM_SIZE_MAX && new Set(most).size > 100, "many values");
		for (const size of [-1, 0.5, RANDOM_SIZE_MAX + 1])
			expectError("size", () => crypto.random(size));
	},
	"makes secrets, pairs and signatures that differ": ({ crypto, publicKey, sign }) => {
		const [a, b] = [crypto.secret(), crypto.secret()];
		expect(!crypto.equal(iv(crypto, a), iv(crypto, b)), "two secrets");
		const [one, two] = [crypto.agreement(), crypto.agreement()];
		expect(!crypto.equal(one.publicKey, two.publicKey), "two pairs");
		const [first, second] = [crypto.sign(sign, nonce), crypto.sign(sign, nonce)];
		expect(!crypto.equal(first, second), "two salts");
		const key = crypto.publicKey(publicKey, "verify");
		expect(crypto.verify(key, nonce, first) && crypto.verify(key, nonce, second), "both valid");
		for (const handle of [a, b, one, two, key]) handle.close();
	},
	"derives from 1 to 3 secrets up to 16 things": ({ crypto }) => {
		const secret = crypto.secret();
		const kinds = new Array<"iv">(DERIVE_KINDS_MAX).fill("iv");
		const all = new Array<Secret>(DERIVE_SECRETS_MAX).fill(secret);
		expect(crypto.derive(nothing, all, "", kinds).length === DERIVE_KINDS_MAX, "all of them");
		expect(crypto.derive(nothing, all, "", []).length === 0, "none");
		expectError("size", () => crypto.derive(nothing, [], "", kinds));
		expectError("size", () => crypto.derive(nothing, [...all, secret], "", kinds));
		expectError("size", () => crypto.derive(nothing, all, "", [...kinds, "iv"]));
		const large = crypto.importSecret(new Uint8Array(96));
		expectError("size", () => crypto.derive(nothing, [large, secret], "", kinds));
		secret.close();
		large.close();
	},
	"keeps a board's worth of keys at once": ({ crypto }) => {
		const secrets = Array.from({ length: 20 }, () => crypto.secret());
		const seen = new Set(secrets.map((secret) => iv(crypto, secret).join()));
		expect(seen.size === secrets.length, "all of them usable");
		for (const secret of secrets) secret.close();
	},
	"says so where too many keys are open, and goes on": ({ crypto }) => {
		const secrets: Secret[] = [];
		try {
			for (let i = 0; i < DROPPED_HANDLES; i++) secrets.push(crypto.secret());
		} catch (error) {
			expect(error instanceof CryptoError && error.code === "memory", "CryptoError memory");
		}
		for (const secret of secrets) secret.close();
		expect(iv(crypto, crypto.secret()).length === 12, "keys again after closing");
	},
	"compares bytes": ({ crypto }) => {
		expect(crypto.equal(nothing, nothing), "nothing equals nothing");
		expect(crypto.equal(thirtyTwo, thirtyTwo.slice()), "equal bytes");
		expect(!crypto.equal(thirtyTwo, thirtyTwo.slice(1)), "unlike lengths");
		for (let i = 0; i < 32; i++) {
			const other = thirtyTwo.slice();
			other[i] = 6;
			expect(!crypto.equal(thirtyTwo, other), `a difference at ${i}`);
		}
	},
};
