/**
 * Cryptography in simulated time: every random byte comes from the seed, and everything that is done with a key can be
 * watched.
 *
 * RSA and X25519 are modelled (ideal-keys.ts), and a run is many times faster for it. Where asked for, they are real: the
 * same seed must then give the same history (test/simulation/real-keys.test.ts). AES-GCM, HKDF, HMAC and SHA-256 are
 * always the real ones.
 */
import { hex } from "../../modules/bytes/bytes.js";
import {
	type Aead,
	type Agreement,
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
import type { IdealKeys } from "./ideal-keys.js";

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
