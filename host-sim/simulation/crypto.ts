/**
 * Cryptography in simulated time: every random byte comes from the seed, and everything that is done with a key can be
 * watched.
 *
 * Public-key cryptography is modelled as what it is meant to be: a wrapped key is a random number that only the holder
 * of the private key can turn back, a signature one that only its holder can have registered, an agreement a secret that
 * only two know ("primitives are not broken", docs/protocol.md §1). A run is many times faster for it. Where asked for,
 * all of it is real: the same seed must then give the same history (test/simulation/real-keys.test.ts). AES-GCM, HKDF,
 * HMAC and SHA-256 are always the real ones.
 */
import { createHash } from "node:crypto";
import { bigEndian, concat, hex } from "../../modules/bytes/bytes.js";
import { rsaPublicKeySize } from "../../modules/bytes/rsa-key.js";
import {
	type Aead,
	type Agreement,
	CryptoError,
	type Derived,
	type DerivedKind,
	type PrivateKey,
	type PublicKey,
	SECRET_SIZE,
	type Secret,
	X25519_SIZE,
} from "../../modules/ports/crypto.js";
import { NodeCrypto } from "../../server/crypto.js";
import { NodeAead, NodeSecret, plain } from "../../server/crypto-handles.js";
import type { Dice } from "./dice.js";

/** What somebody did with a key. `key` names it: equal for two that hold the same one. */
export type KeyUse =
	| {
			readonly use: "sealed" | "opened";
			readonly key: string;
			readonly nonce: Uint8Array;
			readonly aad: Uint8Array;
			readonly plaintext: Uint8Array;
			readonly sealed: Uint8Array;
	  }
	/** Keys were derived: `secrets` are those that went in. */
	| {
			readonly use: "derived";
			readonly info: string;
			readonly keys: readonly string[];
			readonly secrets: readonly WatchedSecret[];
	  }
	| { readonly use: "unwrapped"; readonly label: string; readonly isDone: boolean };

/** A secret, where it came from, and whether it has been wiped. */
export interface WatchedSecret {
	readonly origin: "fresh" | "unwrapped" | "agreed";
	readonly bytes: Uint8Array;
	readonly isClosed: boolean;
}

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
		const id = latin1(der);
		return { public: der, private: (kind) => new IdealKey(kind, id) as PrivateKey };
	}

	publicKey(der: Uint8Array, kind: "wrap" | "verify"): PublicKey {
		if (rsaPublicKeySize(der) !== RSA_SIZE) throw new CryptoError("key", "not an RSA public key");
		return new IdealKey(kind, latin1(der)) as PublicKey;
	}

	wrap(key: PublicKey, secret: Uint8Array, label: string): Uint8Array {
		const wrapped = this.#dice.bytes(RSA_SIZE);
		const { id } = IdealKey.of(key, "wrap");
		this.#wrapped.set(latin1(wrapped), { key: `${id}/${label}`, secret: secret.slice() });
		return wrapped;
	}

	unwrap(key: PrivateKey, wrapped: Uint8Array, label: string): Uint8Array | undefined {
		const held = this.#wrapped.get(latin1(wrapped));
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
		const parties = [own, peer].map(latin1);
		const name = this.#agreements.has(latin1(peer)) ? parties.sort() : parties;
		const hash = createHash("sha256").update(this.#secret).update(name.join("/"), "latin1");
		return new Uint8Array(hash.digest());
	}

	agreement(): Uint8Array {
		const publicKey = this.#dice.bytes(X25519_SIZE);
		this.#agreements.add(latin1(publicKey));
		return publicKey;
	}

	verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
		return this.#signatures.has(claim(IdealKey.of(key, "verify").id, message, signature));
	}
}

function claim(key: string, message: Uint8Array, signature: Uint8Array): string {
	const digest = createHash("sha256").update(message).digest("hex");
	return `${key}/${digest}/${latin1(signature)}`;
}

function latin1(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** The Crypto of one party. */
export class SimulatedCrypto extends NodeCrypto {
	readonly #dice: Dice;
	readonly #ideal: IdealKeys | undefined;
	readonly #watch: (use: KeyUse) => void;
	/** Where RSA takes time: called before each private operation that is not waited for in place. */
	readonly #rsaTime: () => Promise<void>;

	/** @param ideal - left out: real keys. */
	constructor(
		dice: Dice,
		ideal: IdealKeys | undefined,
		watch: (use: KeyUse) => void,
		rsaTime: () => Promise<void> = async () => undefined,
	) {
		super();
		this.#dice = dice;
		this.#ideal = ideal;
		this.#watch = watch;
		this.#rsaTime = rsaTime;
	}

	override random(size: number): Uint8Array {
		return this.#dice.bytes(size);
	}

	override secret(): Secret {
		return new Watched("fresh", this.#dice.bytes(SECRET_SIZE));
	}

	override agreement(): Agreement {
		const keys = this.#ideal;
		if (keys) {
			const publicKey = keys.agreement();
			const agree = (peer: Uint8Array) => new Watched("agreed", keys.agree(publicKey, peer));
			return { publicKey, agree, close: () => undefined };
		}
		const real = this.importAgreement(this.#dice.bytes(X25519_SIZE));
		return {
			publicKey: real.publicKey,
			agree: (peer) => {
				const shared = real.agree(peer);
				return shared && watched("agreed", shared);
			},
			close: () => real.close(),
		};
	}

	override publicKey(der: Uint8Array, kind: "wrap" | "verify"): PublicKey {
		return this.#ideal?.publicKey(der, kind) ?? super.publicKey(der, kind);
	}

	override wrap(key: PublicKey, secret: Secret, label: string): Uint8Array {
		if (!this.#ideal) return super.wrap(key, secret, label);
		return this.#ideal.wrap(key, NodeSecret.bytesOf(secret), label);
	}

	override unwrap(key: PrivateKey, wrapped: Uint8Array, label: string): Secret | undefined {
		let secret: Secret | undefined;
		if (this.#ideal) {
			const bytes = this.#ideal.unwrap(key, wrapped, label);
			secret = bytes && new Watched("unwrapped", bytes);
		} else {
			const real = super.unwrap(key, wrapped, label);
			secret = real && watched("unwrapped", real);
		}
		this.#watch({ use: "unwrapped", label, isDone: secret !== undefined });
		return secret;
	}

	override async unwrapAsync(
		key: PrivateKey,
		wrapped: Uint8Array,
		label: string,
	): Promise<Secret | undefined> {
		await this.#rsaTime();
		return this.unwrap(key, wrapped, label);
	}

	override sign(key: PrivateKey, message: Uint8Array): Uint8Array {
		return this.#ideal?.sign(key, message) ?? super.sign(key, message);
	}

	override async signAsync(key: PrivateKey, message: Uint8Array): Promise<Uint8Array> {
		await this.#rsaTime();
		return this.sign(key, message);
	}

	override verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
		if (!this.#ideal) return super.verify(key, message, signature);
		return this.#ideal.verify(key, message, signature);
	}

	override derive<const K extends readonly DerivedKind[]>(
		salt: Uint8Array,
		secrets: readonly Secret[],
		info: string,
		kinds: K,
	): { [I in keyof K]: Derived<K[I]> } {
		const derived = super.derive(salt, secrets, info, kinds) as unknown[];
		const keys: string[] = [];
		for (const [i, handle] of derived.entries())
			if (handle instanceof NodeAead) {
				const key = hex(handle.bytes);
				keys.push(key);
				derived[i] = new WatchedAead(handle, key, this.#watch);
			}
		this.#watch({ use: "derived", info, keys, secrets: secrets.filter(isWatched) });
		return derived as unknown as { [I in keyof K]: Derived<K[I]> };
	}
}

class Watched extends NodeSecret implements WatchedSecret {
	readonly origin: WatchedSecret["origin"];
	/** A copy, which outlives the secret. */
	readonly bytes: Uint8Array;
	isClosed = false;

	constructor(origin: WatchedSecret["origin"], bytes: Uint8Array) {
		super(bytes.slice());
		this.origin = origin;
		this.bytes = bytes;
	}

	override close(): void {
		this.isClosed = true;
		super.close();
	}
}

function watched(origin: WatchedSecret["origin"], secret: Secret): Watched {
	const copy = new Watched(origin, plain(NodeSecret.bytesOf(secret)));
	secret.close();
	return copy;
}

function isWatched(secret: Secret): secret is Watched {
	return secret instanceof Watched;
}

class WatchedAead implements Aead {
	readonly #aead: Aead;
	readonly #key: string;
	readonly #watch: (use: KeyUse) => void;

	constructor(aead: Aead, key: string, watch: (use: KeyUse) => void) {
		this.#aead = aead;
		this.#key = key;
		this.#watch = watch;
	}

	seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, target?: Uint8Array): Uint8Array {
		const sealed = this.#aead.seal(nonce, aad, plaintext, target);
		this.#tell("sealed", nonce, aad, plaintext, sealed);
		return sealed;
	}

	open(
		nonce: Uint8Array,
		aad: Uint8Array,
		sealed: Uint8Array,
		target?: Uint8Array,
	): Uint8Array | undefined {
		const plaintext = this.#aead.open(nonce, aad, sealed, target);
		if (plaintext) this.#tell("opened", nonce, aad, plaintext, sealed);
		return plaintext;
	}

	close(): void {
		this.#aead.close();
	}

	#tell(
		use: "sealed" | "opened",
		nonce: Uint8Array,
		aad: Uint8Array,
		plaintext: Uint8Array,
		sealed: Uint8Array,
	): void {
		this.#watch({
			use,
			key: this.#key,
			nonce: nonce.slice(),
			aad: aad.slice(),
			plaintext: plaintext.slice(),
			sealed: sealed.slice(),
		});
	}
}
