/**
 * The Crypto port over PSA Crypto, for XS: checks arguments, keeps handles, turns failures into
 * errors. What is secret is in native.js's Key objects, that is in PSA's key store, from making to
 * wiping.
 *
 * Leaves out retries: a board out of PSA key slots (32 in mbedTLS 2.28) throws `memory`.
 */
import { frozen } from "../bytes/frozen.js";
import { rsaPublicKeySize } from "../bytes/rsa-key.js";
import {
	type Aead,
	type Agreement,
	type Crypto,
	CryptoError,
	DERIVE_KINDS_MAX,
	DERIVE_SECRETS_MAX,
	type Derived,
	type DerivedKind,
	DIGEST_SIZE,
	type Hash,
	type Mac,
	NONCE_SIZE,
	type PrivateKey,
	type PublicKey,
	RANDOM_SIZE_MAX,
	RSA_BITS_MAX,
	RSA_BITS_MIN,
	type Secret,
	TAG_SIZE,
	X25519_SIZE,
} from "../ports/crypto.js";
import { Derivation, equal, type Failure, Key, Hash as NativeHash, random } from "./native.js";

const meanings = frozen({
	key: "the platform has no usable key of that name and kind, or the bytes are none",
	size: "an argument has a size that this operation does not take",
	closed: "the handle is closed",
	memory: "no memory or no key slot is left",
	platform: "the crypto library failed, or the key is not for this use",
} as const);

/** @returns whether it succeeded; `false` is a failed authentication. */
function succeeded(failure: Failure, doing: string): boolean {
	if (failure === undefined) return true;
	if (failure === "refused") return false;
	throw new CryptoError(failure, `${doing}: ${meanings[failure]}`);
}

function must(failure: Failure, doing: string): void {
	if (!succeeded(failure, doing)) throw new CryptoError("platform", `${doing}: refused`);
}

function checkSize(bytes: Uint8Array, size: number, what: string): void {
	if (bytes.length !== size)
		throw new CryptoError("size", `${what} has ${bytes.length} bytes, needs ${size}`);
}

/** The first `size` bytes of `target`, or a new array. */
function room(size: number, target: Uint8Array | undefined): Uint8Array {
	if (target === undefined) return new Uint8Array(size);
	if (target.length < size)
		throw new CryptoError("size", `target has ${target.length} bytes, needs ${size}`);
	return target.length === size ? target : target.subarray(0, size);
}

/** One byte for each character, so that a label may have any bytes. */
function labelBytes(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
	return bytes;
}

/** Only a handle that this module made, of that kind, will do. */
function own<T extends PsaSecret | PsaKey>(handle: unknown, kind: string): T {
	if ((handle instanceof PsaSecret || handle instanceof PsaKey) && handle.kind === kind)
		return handle as T;
	throw new CryptoError("key", `not a handle for "${kind}" made by this Crypto`);
}

class PsaSecret implements Secret {
	readonly kind = "secret";
	readonly key = new Key();

	close(): void {
		this.key.close();
	}
}

class PsaKey<K extends "wrap" | "verify" | "unwrap" | "sign" = "wrap"> {
	readonly kind: K;
	readonly size: number;
	readonly key: Key;

	constructor(kind: K, key: Key) {
		this.kind = kind;
		this.size = key.sizeInBytes();
		this.key = key;
	}

	close(): void {
		this.key.close();
	}
}

class PsaAgreement implements Agreement {
	readonly publicKey = new Uint8Array(X25519_SIZE);
	readonly #key = new Key();

	constructor(privateKey?: Uint8Array) {
		if (privateKey === undefined)
			must(this.#key.generateAgreement(this.publicKey), "generate X25519 pair");
		else must(this.#key.importAgreement(privateKey, this.publicKey), "import X25519 pair");
	}

	agree(peer: Uint8Array): Secret | undefined {
		checkSize(peer, X25519_SIZE, "X25519 public key");
		const secret = new PsaSecret();
		return succeeded(this.#key.agree(peer, secret.key), "X25519") ? secret : undefined;
	}

	close(): void {
		this.#key.close();
	}
}

class PsaAead implements Aead {
	readonly key = new Key();

	seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, target?: Uint8Array): Uint8Array {
		checkSize(nonce, NONCE_SIZE, "nonce");
		const sealed = room(plaintext.length + TAG_SIZE, target);
		must(this.key.seal(nonce, aad, plaintext, sealed), "AES-GCM seal");
		return sealed;
	}

	open(
		nonce: Uint8Array,
		aad: Uint8Array,
		sealed: Uint8Array,
		target?: Uint8Array,
	): Uint8Array | undefined {
		checkSize(nonce, NONCE_SIZE, "nonce");
		const plaintext = room(Math.max(0, sealed.length - TAG_SIZE), target);
		const failure = this.key.open(nonce, aad, sealed, plaintext);
		return succeeded(failure, "AES-GCM open") ? plaintext : undefined;
	}

	close(): void {
		this.key.close();
	}
}

class PsaMac implements Mac {
	readonly key = new Key();

	compute(message: Uint8Array): Uint8Array {
		const mac = new Uint8Array(DIGEST_SIZE);
		must(this.key.mac(message, mac), "HMAC");
		return mac;
	}

	close(): void {
		this.key.close();
	}
}

class PsaHash implements Hash {
	readonly #native = new NativeHash();

	constructor() {
		must(this.#native.start(), "start SHA-256");
	}

	update(bytes: Uint8Array): void {
		must(this.#native.update(bytes), "SHA-256");
	}

	digest(): Uint8Array {
		const digest = new Uint8Array(DIGEST_SIZE);
		must(this.#native.digest(digest), "finish SHA-256");
		this.#native.close();
		return digest;
	}

	close(): void {
		this.#native.close();
	}
}

/** Takes the next of `kind` out of `derivation`. */
function next(derivation: Derivation, kind: DerivedKind): PsaAead | PsaMac | Uint8Array {
	if (kind === "iv") {
		const bytes = new Uint8Array(NONCE_SIZE);
		must(derivation.bytes(bytes), "derive an IV");
		return bytes;
	}
	const handle = kind === "aead" ? new PsaAead() : new PsaMac();
	must(derivation[kind](handle.key), "derive a key");
	return handle;
}

export class PsaCrypto implements Crypto {
	random(size: number): Uint8Array {
		if (!Number.isInteger(size) || size < 0 || size > RANDOM_SIZE_MAX)
			throw new CryptoError("size", `random takes 0 to ${RANDOM_SIZE_MAX} bytes, not ${size}`);
		const bytes = new Uint8Array(size);
		must(random(bytes), "random");
		return bytes;
	}

	secret(): Secret {
		const secret = new PsaSecret();
		must(secret.key.generateSecret(), "generate a secret");
		return secret;
	}

	sha256(...parts: Uint8Array[]): Uint8Array {
		const hash = new PsaHash();
		for (const part of parts) hash.update(part);
		return hash.digest();
	}

	hash(): Hash {
		return new PsaHash();
	}

	equal(a: Uint8Array, b: Uint8Array): boolean {
		return equal(a, b);
	}

	publicKey(der: Uint8Array, kind: "wrap" | "verify"): PublicKey {
		const size = rsaPublicKeySize(der) ?? 0;
		if (size * 8 < RSA_BITS_MIN || size * 8 > RSA_BITS_MAX)
			throw new CryptoError("key", "not an RSA public key of 2,048 to 4,096 bits in PKCS#1 DER");
		const key = new Key();
		must(key.importPublic(der, kind === "verify"), "import an RSA public key");
		return new PsaKey(kind, key);
	}

	/**
	 * @param name - of a key in the platform's store (keystore.h), 1 to 15 ASCII characters.
	 * @throws {@link CryptoError} `key` where there is none, or none of 2,048 to 4,096 bits.
	 */
	privateKey(name: string, kind: "unwrap" | "sign"): PrivateKey {
		const key = new Key();
		must(key.loadPrivate(labelBytes(name), kind === "sign"), `load the private key "${name}"`);
		return new PsaKey(kind, key);
	}

	wrap(key: PublicKey, secret: Secret, label: string): Uint8Array {
		const { key: native, size } = own<PsaKey>(key, "wrap");
		const wrapped = new Uint8Array(size);
		const { key: wrapping } = own<PsaSecret>(secret, "secret");
		must(native.wrap(wrapping, labelBytes(label), wrapped), "RSA-OAEP wrap");
		return wrapped;
	}

	unwrap(key: PrivateKey, wrapped: Uint8Array, label: string): Secret | undefined {
		const { key: native } = own<PsaKey>(key, "unwrap");
		const secret = new PsaSecret();
		const failure = native.unwrap(wrapped, labelBytes(label), secret.key);
		return succeeded(failure, "RSA-OAEP unwrap") ? secret : undefined;
	}

	verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
		const { key: native } = own<PsaKey>(key, "verify");
		return succeeded(native.verify(message, signature), "RSA-PSS verify");
	}

	sign(key: PrivateKey, message: Uint8Array): Uint8Array {
		const { key: native, size } = own<PsaKey>(key, "sign");
		const signature = new Uint8Array(size);
		must(native.sign(message, signature), "RSA-PSS sign");
		return signature;
	}

	agreement(): Agreement {
		return new PsaAgreement();
	}

	derive<const K extends readonly DerivedKind[]>(
		salt: Uint8Array,
		secrets: readonly Secret[],
		info: string,
		kinds: K,
	): { [I in keyof K]: Derived<K[I]> } {
		const [first, second, third] = secrets.map((secret) => own<PsaSecret>(secret, "secret").key);
		if (!first || secrets.length > DERIVE_SECRETS_MAX || kinds.length > DERIVE_KINDS_MAX)
			throw new CryptoError("size", `derive: ${secrets.length} secrets to ${kinds.length} kinds`);
		const derivation = new Derivation();
		const derived: (PsaAead | PsaMac | Uint8Array)[] = [];
		try {
			const label = labelBytes(info);
			if (third && second) must(derivation.start(salt, label, first, second, third), "HKDF");
			else if (second) must(derivation.start(salt, label, first, second), "HKDF");
			else must(derivation.start(salt, label, first), "HKDF");
			for (const kind of kinds) derived.push(next(derivation, kind));
		} catch (error) {
			for (const handle of derived) if (!(handle instanceof Uint8Array)) handle.close();
			throw error;
		} finally {
			derivation.close();
		}
		return derived as unknown as { [I in keyof K]: Derived<K[I]> };
	}

	/** A secret of known bytes (1 to 96), for published test vectors; the firmware never calls it. */
	importSecret(bytes: Uint8Array): Secret {
		const secret = new PsaSecret();
		must(secret.key.importSecret(bytes), "import a secret");
		return secret;
	}

	/** A key of known bytes (32), for published test vectors; the firmware never calls it. */
	importAead(bytes: Uint8Array): Aead {
		const aead = new PsaAead();
		must(aead.key.importAead(bytes), "import an AES key");
		return aead;
	}

	/** A key of known bytes (32), for published test vectors; the firmware never calls it. */
	importMac(bytes: Uint8Array): Mac {
		const mac = new PsaMac();
		must(mac.key.importMac(bytes), "import an HMAC key");
		return mac;
	}

	/** A pair of known private key (32 bytes), for test vectors; the firmware never calls it. */
	importAgreement(privateKey: Uint8Array): Agreement {
		return new PsaAgreement(privateKey);
	}
}
