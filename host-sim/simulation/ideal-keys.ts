/**
 * Public-key cryptography as what it is meant to be: a wrapped key is a random number that only the holder of the private
 * key can turn back, a signature one that only its holder can have registered, an agreement a secret that only two know
 * ("primitives are not broken", docs/protocol.md §1).
 */
import { createHash } from "node:crypto";
import { bigEndian, concat } from "../../modules/bytes/bytes.js";
import { rsaPublicKeySize } from "../../modules/bytes/rsa-key.js";
import {
	CryptoError,
	type PrivateKey,
	type PublicKey,
	SECRET_SIZE,
	X25519_SIZE,
} from "../../modules/ports/crypto.js";
import type { Dice } from "./dice.js";
import { mapKey } from "./map-key.js";

/** RSA keys of 2,048 bits. */
const RSA_SIZE = 256;

class IdealKey<K extends "wrap" | "verify" | "unwrap" | "sign"> {
	readonly size = RSA_SIZE;
	readonly kind: K;
	/** The public key's DER, as text. */
	readonly id: string;

	constructor(kind: K, id: string) {
		this.kind = kind;
		this.id = id;
	}

	static of<K extends IdealKey<"wrap">["kind"] | "verify" | "unwrap" | "sign">(
		key: PublicKey | PrivateKey,
		kind: K,
	): IdealKey<K> {
		if (key instanceof IdealKey && key.kind === kind) return key as IdealKey<K>;
		throw new CryptoError("key", `not a handle for "${kind}" made by this Crypto`);
	}

	close(): void {}
}

export interface RsaPair {
	/** PKCS#1 `RSAPublicKey`. */
	readonly public: Uint8Array;
	private(kind: "unwrap" | "sign"): PrivateKey;
}

/** Who can do what with a key: one for all parties of a world. */
export class IdealKeys {
	readonly #dice: Dice;
	readonly #wrapped = new Map<string, { readonly key: string; readonly secret: Uint8Array }>();
	readonly #signatures = new Set<string>();
	/** Public keys of agreements that were made. */
	readonly #agreements = new Set<string>();
	readonly #secret: Uint8Array;

	constructor(dice: Dice) {
		this.#dice = dice;
		this.#secret = dice.bytes(SECRET_SIZE);
	}

	pair(): RsaPair {
		const modulus = this.#dice.bytes(RSA_SIZE);
		modulus[0] = (modulus[0] as number) | 0x80;
		modulus[RSA_SIZE - 1] = (modulus[RSA_SIZE - 1] as number) | 1;
		const der = concat(
			Uint8Array.of(0x30, 0x82, ...bigEndian(RSA_SIZE + 10, 2), 0x02, 0x82),
			bigEndian(RSA_SIZE + 1, 2),
			Uint8Array.of(0, ...modulus, 0x02, 0x03, 0x01, 0x00, 0x01),
		);
		const id = mapKey(der);
		return { public: der, private: (kind) => new IdealKey(kind, id) as PrivateKey };
	}

	publicKey(der: Uint8Array, kind: "wrap" | "verify"): PublicKey {
		if (rsaPublicKeySize(der) !== RSA_SIZE) throw new CryptoError("key", "not an RSA public key");
		return new IdealKey(kind, mapKey(der)) as PublicKey;
	}

	wrap(key: PublicKey, secret: Uint8Array, label: string): Uint8Array {
		const wrapped = this.#dice.bytes(RSA_SIZE);
		const { id } = IdealKey.of(key, "wrap");
		this.#wrapped.set(mapKey(wrapped), { key: `${id}/${label}`, secret: secret.slice() });
		return wrapped;
	}

	unwrap(key: PrivateKey, wrapped: Uint8Array, label: string): Uint8Array | undefined {
		const held = this.#wrapped.get(mapKey(wrapped));
		const { id } = IdealKey.of(key, "unwrap");
		return held?.key === `${id}/${label}` ? held.secret.slice() : undefined;
	}

	sign(key: PrivateKey, message: Uint8Array): Uint8Array {
		const signature = this.#dice.bytes(RSA_SIZE);
		this.#signatures.add(claim(IdealKey.of(key, "sign").id, message, signature));
		return signature;
	}

	/** A secret of the two whose public keys they are; of one alone where the other's was invented. */
	agree(own: Uint8Array, peer: Uint8Array): Uint8Array {
		const parties = [own, peer].map(mapKey);
		const name = this.#agreements.has(mapKey(peer)) ? parties.sort() : parties;
		const hash = createHash("sha256").update(this.#secret).update(name.join("/"), "latin1");
		return new Uint8Array(hash.digest());
	}

	agreement(): Uint8Array {
		const publicKey = this.#dice.bytes(X25519_SIZE);
		this.#agreements.add(mapKey(publicKey));
		return publicKey;
	}

	verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
		return this.#signatures.has(claim(IdealKey.of(key, "verify").id, message, signature));
	}
}

function claim(key: string, message: Uint8Array, signature: Uint8Array): string {
	const digest = createHash("sha256").update(message).digest("hex");
	return `${key}/${digest}/${mapKey(signature)}`;
}
