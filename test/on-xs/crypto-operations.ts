/**
 * Crypto operations as plain JSON, so that one list can be run on XS and in Node and the answers
 * compared. A result is hexadecimal, a number or boolean, null for a refusal, or `error: CODE`. A
 * secret cannot be seen: its fingerprint, bytes derived from it alone, stands for it.
 */

import { hex } from "../../modules/bytes/bytes.js";
import {
	type Aead,
	type Agreement,
	type Crypto,
	CryptoError,
	type Mac,
	type PrivateKey,
	type Secret,
} from "../../modules/ports/crypto.js";

/** The port, and the imports that both implementations have for tests. */
export interface TestedCrypto extends Crypto {
	importSecret(bytes: Uint8Array): Secret;
	importAead(bytes: Uint8Array): Aead;
	importMac(bytes: Uint8Array): Mac;
	importAgreement(privateKey: Uint8Array): Agreement;
}

/** Bytes are hexadecimal; `label` and `info` too. `name` is a key's in the key store. */
export type Operation =
	| { op: "sha256"; parts: string[] }
	| { op: "hash"; parts: string[] }
	| { op: "mac"; key: string; message: string }
	| { op: "hkdf"; ikm: string[]; salt: string; info: string; size: number }
	| { op: "derive"; ikm: string[]; salt: string; info: string; message: string }
	| { op: "seal" | "open"; key: string; nonce: string; aad: string; data: string }
	| { op: "agree"; private: string; public: string }
	| { op: "agreement"; peer: string }
	| { op: "publicKey"; der: string; kind: "wrap" | "verify" }
	| { op: "privateKey"; name: string; kind: "unwrap" | "sign" }
	| { op: "wrap"; der: string; secret: string; label: string }
	| { op: "unwrap"; name: string; wrapped: string; label: string }
	| { op: "sign"; name: string; message: string }
	| { op: "verify"; der: string; message: string; signature: string }
	| { op: "equal"; a: string; b: string };

export type Answer = string | number | boolean | null;
export type LoadKey = (name: string, kind: "unwrap" | "sign") => PrivateKey;

export function unhex(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length / 2);
	for (let i = 0; i < bytes.length; i++)
		bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
	return bytes;
}

function label(text: string): string {
	return String.fromCharCode(...unhex(text));
}

/** The first `size` (up to 192) bytes that HKDF gives; closes the secrets. */
function derived(
	crypto: Crypto,
	secrets: Secret[],
	salt: Uint8Array,
	info: string,
	size: number,
): string {
	const kinds = new Array<"iv">(Math.ceil(size / 12)).fill("iv");
	const bytes = crypto.derive(salt, secrets, info, kinds).map(hex).join("");
	for (const secret of secrets) secret.close();
	return bytes.slice(0, 2 * size);
}

/** 24 bytes, hexadecimal: HKDF without salt, info "fingerprint". Closes the secret. */
export function fingerprint(crypto: Crypto, secret: Secret | undefined): string | null {
	return secret ? derived(crypto, [secret], new Uint8Array(0), "fingerprint", 24) : null;
}

/** Everything a session derives, used once: ciphertext, mac and iv joined. */
function session(crypto: TestedCrypto, operation: Operation & { op: "derive" }): string {
	const secrets = operation.ikm.map((ikm) => crypto.importSecret(unhex(ikm)));
	const kinds = ["aead", "iv", "mac", "aead"] as const;
	const keys = crypto.derive(unhex(operation.salt), secrets, label(operation.info), kinds);
	const [first, iv, mac, last] = keys;
	const message = unhex(operation.message);
	const all = [
		first.seal(iv, iv, message),
		iv,
		mac.compute(message),
		last.seal(iv, message, message),
	];
	for (const handle of [...secrets, first, mac, last]) handle.close();
	return all.map(hex).join("");
}

function aead(crypto: TestedCrypto, operation: Operation & { op: "seal" | "open" }): Answer {
	const key = crypto.importAead(unhex(operation.key));
	const { op, nonce, aad, data } = operation;
	const result = key[op](unhex(nonce), unhex(aad), unhex(data));
	key.close();
	return result === undefined ? null : hex(result);
}

function agree(crypto: TestedCrypto, pair: Agreement, peer: string): [string, string | null] {
	const shared = fingerprint(crypto, pair.agree(unhex(peer)));
	pair.close();
	return [hex(pair.publicKey), shared];
}

function incremental(crypto: Crypto, parts: readonly string[]): string {
	const hash = crypto.hash();
	for (const part of parts) hash.update(unhex(part));
	return hex(hash.digest());
}

function rsa(crypto: TestedCrypto, load: LoadKey, operation: Operation): Answer {
	switch (operation.op) {
		case "wrap": {
			const key = crypto.publicKey(unhex(operation.der), "wrap");
			const secret = crypto.importSecret(unhex(operation.secret));
			const wrapped = hex(crypto.wrap(key, secret, label(operation.label)));
			for (const handle of [key, secret]) handle.close();
			return wrapped;
		}
		case "unwrap": {
			const key = load(operation.name, "unwrap");
			const secret = crypto.unwrap(key, unhex(operation.wrapped), label(operation.label));
			key.close();
			return fingerprint(crypto, secret);
		}
		case "sign": {
			const key = load(operation.name, "sign");
			const signature = hex(crypto.sign(key, unhex(operation.message)));
			key.close();
			return signature;
		}
		case "verify": {
			const key = crypto.publicKey(unhex(operation.der), "verify");
			const valid = crypto.verify(key, unhex(operation.message), unhex(operation.signature));
			key.close();
			return valid;
		}
		default: {
			const isPublic = operation.op === "publicKey";
			if (!isPublic && operation.op !== "privateKey") throw new Error(`no such operation`);
			const key = isPublic
				? crypto.publicKey(unhex(operation.der), operation.kind)
				: load(operation.name, operation.kind);
			key.close();
			return key.size;
		}
	}
}

function act(crypto: TestedCrypto, load: LoadKey, operation: Operation): Answer {
	switch (operation.op) {
		case "sha256":
			return hex(crypto.sha256(...operation.parts.map(unhex)));
		case "hash":
			return incremental(crypto, operation.parts);
		case "mac": {
			const mac = crypto.importMac(unhex(operation.key));
			const result = hex(mac.compute(unhex(operation.message)));
			mac.close();
			return result;
		}
		case "hkdf": {
			const secrets = operation.ikm.map((ikm) => crypto.importSecret(unhex(ikm)));
			const { salt, info, size } = operation;
			return derived(crypto, secrets, unhex(salt), label(info), size);
		}
		case "derive":
			return session(crypto, operation);
		case "seal":
		case "open":
			return aead(crypto, operation);
		case "agree": {
			const pair = crypto.importAgreement(unhex(operation.private));
			return agree(crypto, pair, operation.public)[1];
		}
		case "agreement":
			return agree(crypto, crypto.agreement(), operation.peer).join(" ");
		case "equal":
			return crypto.equal(unhex(operation.a), unhex(operation.b));
		default:
			return rsa(crypto, load, operation);
	}
}

export function perform(crypto: TestedCrypto, load: LoadKey, operation: Operation): Answer {
	try {
		return act(crypto, load, operation);
	} catch (error) {
		if (error instanceof CryptoError) return `error: ${error.code}`;
		throw error;
	}
}
