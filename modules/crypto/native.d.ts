/** The native classes of native.js; only crypto.ts uses them. */

/** What a native function returns: nothing where it succeeded. */
export type Failure = "refused" | "key" | "size" | "closed" | "memory" | "platform" | undefined;

export class Key {
	/** Empty. */
	constructor();
	close(): void;
	/** Of an RSA key, its modulus; of another key, itself; 0 where there is none. */
	sizeInBytes(): number;

	/** 32 bytes of the CSPRNG. */
	generateSecret(): Failure;
	/** @param bytes - 1 to 96. */
	importSecret(bytes: Uint8Array): Failure;

	/** @param bytes - 32. */
	importAead(bytes: Uint8Array): Failure;
	/** @param target - `plaintext.length + 16` bytes. */
	seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, target: Uint8Array): Failure;
	/** @param target - `sealed.length - 16` bytes, or none below 16; zeros after a failure. */
	open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array, target: Uint8Array): Failure;

	/** @param bytes - 32. */
	importMac(bytes: Uint8Array): Failure;
	/** @param target - 32 bytes. */
	mac(message: Uint8Array, target: Uint8Array): Failure;

	/** @param der - a checked PKCS#1 `RSAPublicKey`. */
	importPublic(der: Uint8Array, isVerify: boolean): Failure;
	/** @param name - in ASCII; which key of the platform's store (keystore.h). */
	loadPrivate(name: Uint8Array, isSign: boolean): Failure;
	/** @param target - as many bytes as the modulus. */
	wrap(secret: Key, label: Uint8Array, target: Uint8Array): Failure;
	/** @param secret - an empty Key. */
	unwrap(wrapped: Uint8Array, label: Uint8Array, secret: Key): Failure;
	/** @param target - as many bytes as the modulus. */
	sign(message: Uint8Array, target: Uint8Array): Failure;
	verify(message: Uint8Array, signature: Uint8Array): Failure;

	/** @param publicKey - 32 bytes to write to. */
	generateAgreement(publicKey: Uint8Array): Failure;
	/** @param bytes - 32. @param publicKey - 32 bytes to write to. */
	importAgreement(bytes: Uint8Array, publicKey: Uint8Array): Failure;
	/** @param peer - 32 bytes. @param secret - an empty Key. */
	agree(peer: Uint8Array, secret: Key): Failure;
}

export class Hash {
	constructor();
	close(): void;
	start(): Failure;
	update(bytes: Uint8Array): Failure;
	/** @param target - 32 bytes. The hash must be closed afterwards. */
	digest(target: Uint8Array): Failure;
}

export class Derivation {
	constructor();
	close(): void;
	/** The secrets together are at most 96 bytes. */
	start(salt: Uint8Array, info: Uint8Array, first: Key, second?: Key, third?: Key): Failure;
	/** The next 32 bytes as an AES-256-GCM key. @param key - empty. */
	aead(key: Key): Failure;
	/** The next 32 bytes as an HMAC-SHA-256 key. @param key - empty. */
	mac(key: Key): Failure;
	/** The next bytes, as many as `target` holds. */
	bytes(target: Uint8Array): Failure;
}

/** Fills `target` from the CSPRNG. */
export function random(target: Uint8Array): Failure;
/** In time that depends on the lengths alone. */
export function equal(a: Uint8Array, b: Uint8Array): boolean;
