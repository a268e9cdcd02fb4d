/**
 * The Crypto port: every primitive of docs/protocol.md §2, behind handles.
 *
 * Secrets, content keys and private keys stay behind handles and never appear as JavaScript bytes. Two
 * implementations: modules/crypto (PSA Crypto, on XS) and server/crypto.ts (node:crypto).
 * A handle belongs to the implementation that made it. `close()` wipes it and may be called twice; any
 * other use of a closed handle throws {@link CryptoError} `closed`.
 * Failed authentication is a returned `undefined` or `false`, never an exception and never explained.
 */

/** Sizes in bytes. */
export const SECRET_SIZE = 32;
export const DIGEST_SIZE = 32;
export const NONCE_SIZE = 12;
export const TAG_SIZE = 16;
export const X25519_SIZE = 32;
/** RSA moduli accepted, in bits, a multiple of 8; the public exponent is 65,537. */
export const RSA_BITS_MIN = 2048;
export const RSA_BITS_MAX = 4096;
/** Bytes that one {@link Crypto.random} gives. */
export const RANDOM_SIZE_MAX = 1024;
/** Secrets that one {@link Crypto.derive} joins, and keys it gives. */
export const DERIVE_SECRETS_MAX = 3;
export const DERIVE_KINDS_MAX = 16;

/** A programming or key-material error. `key`: the bytes are not a usable key of the kind asked for. */
export class CryptoError extends Error {
	override readonly name = "CryptoError";
	readonly code: "key" | "size" | "closed" | "memory" | "platform";
	constructor(code: CryptoError["code"], message: string) {
		super(message);
		this.code = code;
	}
}

/** 32 secret bytes (a wrapped key, a shared secret); usable as input of {@link Crypto.derive}. */
export interface Secret {
	readonly kind: "secret";
	close(): void;
}

/** An RSA public key for OAEP (`wrap`) or PSS (`verify`). */
export interface PublicKey {
	readonly kind: "wrap" | "verify";
	/** Modulus size in bytes; also the size of a wrapped key or a signature. */
	readonly size: number;
	close(): void;
}

/** An RSA private key for OAEP (`unwrap`) or PSS (`sign`). */
export interface PrivateKey {
	readonly kind: "unwrap" | "sign";
	readonly size: number;
	close(): void;
}

/** An ephemeral X25519 key pair. */
export interface Agreement {
	/** 32 bytes. */
	readonly publicKey: Uint8Array;
	/** @returns the shared secret; `undefined` where `peer` (32 bytes) gives the all-zero result. */
	agree(peer: Uint8Array): Secret | undefined;
	close(): void;
}

/**
 * AES-256-GCM under one key: 12-byte nonce, 16-byte tag. The caller never repeats a nonce.
 *
 * `target` takes the result, so that whoever works through many pieces makes no garbage: at least as long as the
 * result and no part of another argument. What is returned is then the start of it; without it, a new array.
 * CryptoError `size` where it is too short.
 */
export interface Aead {
	/** @returns ciphertext ‖ tag, `plaintext.length + 16` bytes. */
	seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, target?: Uint8Array): Uint8Array;
	/**
	 * @returns the plaintext, or `undefined` where the tag does not match or `sealed` is below 16 bytes; `target`
	 *   then holds nothing of it.
	 */
	open(
		nonce: Uint8Array,
		aad: Uint8Array,
		sealed: Uint8Array,
		target?: Uint8Array,
	): Uint8Array | undefined;
	close(): void;
}

/** HMAC-SHA-256 under one 32-byte key. */
export interface Mac {
	/** @returns 32 bytes. */
	compute(message: Uint8Array): Uint8Array;
	close(): void;
}

/** Incremental SHA-256. */
export interface Hash {
	update(bytes: Uint8Array): void;
	/** @returns 32 bytes; the hash is closed afterwards. */
	digest(): Uint8Array;
	close(): void;
}

/** What {@link Crypto.derive} gives, in order: a 32-byte AES key, a 32-byte HMAC key, or 12 bytes of IV. */
export type DerivedKind = "aead" | "mac" | "iv";
export type Derived<K extends DerivedKind> = K extends "aead"
	? Aead
	: K extends "mac"
		? Mac
		: Uint8Array;

export interface Crypto {
	/** @returns `size` bytes (0 to 1,024) of the platform's CSPRNG. */
	random(size: number): Uint8Array;
	/** A fresh random 32-byte secret. */
	secret(): Secret;
	/** SHA-256 of the parts, concatenated. */
	sha256(...parts: Uint8Array[]): Uint8Array;
	hash(): Hash;
	/** Compares in time that depends only on the lengths. */
	equal(a: Uint8Array, b: Uint8Array): boolean;
	/**
	 * @param der - PKCS#1 `RSAPublicKey`.
	 * @throws {@link CryptoError} `key`.
	 */
	publicKey(der: Uint8Array, kind: "wrap" | "verify"): PublicKey;
	/**
	 * RSAES-OAEP, SHA-256.
	 *
	 * @param label - one byte a character (ASCII in the protocol).
	 * @returns `key.size` bytes.
	 */
	wrap(key: PublicKey, secret: Secret, label: string): Uint8Array;
	/** @returns the 32-byte secret, or `undefined` for every failure alike. */
	unwrap(key: PrivateKey, wrapped: Uint8Array, label: string): Secret | undefined;
	/** RSASSA-PSS, SHA-256, 32-byte salt; `message` (any length) is hashed inside. */
	verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean;
	/** @returns `key.size` bytes. */
	sign(key: PrivateKey, message: Uint8Array): Uint8Array;
	/** A fresh X25519 key pair. */
	agreement(): Agreement;
	/**
	 * HKDF-SHA-256, extract and expand in one: `ikm` is the secrets concatenated, in order (1 to 3 of them);
	 * the output is cut into the kinds asked for, in order.
	 *
	 * @param info - one byte a character (ASCII in the protocol), as every label.
	 */
	derive<const K extends readonly DerivedKind[]>(
		salt: Uint8Array,
		secrets: readonly Secret[],
		info: string,
		kinds: K,
	): { [I in keyof K]: Derived<K[I]> };
}
