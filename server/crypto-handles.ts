/**
 * The handles of server/crypto.ts. Secrets are held in private buffers and overwritten at
 * `close()`.
 *
 * Leaves out what node:crypto cannot give: RSA and X25519 private keys are KeyObjects, which
 * OpenSSL wipes when they are collected, not at `close()`.
 */
import {
	createCipheriv,
	createDecipheriv,
	createHash,
	createHmac,
	createPublicKey,
	diffieHellman,
	type KeyObject,
	webcrypto,
} from "node:crypto";
import {
	type Aead,
	type Agreement,
	CryptoError,
	type Hash,
	type Mac,
	NONCE_SIZE,
	type PrivateKey,
	type PublicKey,
	RSA_BITS_MAX,
	RSA_BITS_MIN,
	type Secret,
	TAG_SIZE,
	X25519_SIZE,
} from "../modules/ports/crypto.js";

const GCM = { authTagLength: TAG_SIZE };
/** DER of an X25519 SubjectPublicKeyInfo (RFC 8410) up to the 32 bytes of the key. */
const SPKI_PREFIX = Buffer.from("302a300506032b656e032100", "hex");

export function checkSize(bytes: Uint8Array, size: number, what: string): void {
	if (bytes.length !== size)
		throw new CryptoError("size", `${what} has ${bytes.length} bytes, needs ${size}`);
}

/** A plain Uint8Array: a Buffer's methods differ, and small ones share one pool. */
export function plain(bytes: Uint8Array): Uint8Array {
	return new Uint8Array(bytes);
}

function open<T>(value: T | undefined): T {
	if (value === undefined) throw new CryptoError("closed", "the handle is closed");
	return value;
}

/** Secret bytes that `close()` overwrites. */
class Wiped {
	#bytes: Uint8Array | undefined;

	/** @param bytes - taken over. */
	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	get bytes(): Uint8Array {
		return open(this.#bytes);
	}

	close(): void {
		this.#bytes?.fill(0);
		this.#bytes = undefined;
	}
}

export class NodeSecret implements Secret {
	readonly kind = "secret";
	readonly #held: Wiped;

	constructor(bytes: Uint8Array) {
		this.#held = new Wiped(bytes);
	}

	/** Borrows the bytes; for the server's Crypto only. */
	static bytesOf(secret: Secret): Uint8Array {
		if (!(secret instanceof NodeSecret))
			throw new CryptoError("key", "not a secret made by this Crypto");
		return secret.#held.bytes;
	}

	close(): void {
		this.#held.close();
	}
}

type Kind = "wrap" | "verify" | "unwrap" | "sign";

export class NodeKey<K extends Kind> {
	readonly kind: K;
	readonly size: number;
	#key: KeyObject | undefined;
	#webKey: Promise<webcrypto.CryptoKey> | undefined;

	constructor(kind: K, key: KeyObject) {
		const details = key.asymmetricKeyDetails;
		const bits = key.asymmetricKeyType === "rsa" ? (details?.modulusLength ?? 0) : 0;
		if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || bits % 8 !== 0)
			throw new CryptoError("key", "not an RSA key of 2,048 to 4,096 bits");
		if (details?.publicExponent !== 65537n)
			throw new CryptoError("key", "the RSA key's public exponent is not 65,537");
		this.kind = kind;
		this.size = bits / 8;
		this.#key = key;
	}

	/** Borrows the key; for the server's Crypto only. */
	static of<K extends Kind>(handle: PublicKey | PrivateKey, kind: K): NodeKey<K> {
		if (handle instanceof NodeKey && handle.kind === kind) return handle;
		throw new CryptoError("key", `not a handle for "${kind}" made by this Crypto`);
	}

	get key(): KeyObject {
		return open(this.#key);
	}

	/** The same key for WebCrypto's RSA-OAEP, which works off the event loop. */
	webKey(): Promise<webcrypto.CryptoKey> {
		this.#webKey ??= webcrypto.subtle.importKey(
			"pkcs8",
			this.key.export({ type: "pkcs8", format: "der" }),
			{ name: "RSA-OAEP", hash: "SHA-256" },
			false,
			["decrypt"],
		);
		return this.#webKey;
	}

	close(): void {
		this.#key = undefined;
		this.#webKey = undefined;
	}
}

export class NodeAgreement implements Agreement {
	readonly publicKey: Uint8Array;
	#key: KeyObject | undefined;

	constructor(key: KeyObject) {
		this.#key = key;
		const spki = createPublicKey(key).export({ type: "spki", format: "der" });
		this.publicKey = plain(spki.subarray(SPKI_PREFIX.length));
	}

	agree(peer: Uint8Array): Secret | undefined {
		checkSize(peer, X25519_SIZE, "X25519 public key");
		const privateKey = open(this.#key);
		const spki = Buffer.concat([SPKI_PREFIX, peer]);
		const publicKey = createPublicKey({ key: spki, format: "der", type: "spki" });
		try {
			return new NodeSecret(diffieHellman({ privateKey, publicKey }));
		} catch {
			return undefined; // OpenSSL refuses the all-zero result
		}
	}

	close(): void {
		this.#key = undefined;
	}
}

/** The first `size` bytes of `target`, or a new array. */
function room(size: number, target: Uint8Array | undefined): Uint8Array {
	if (target === undefined) return new Uint8Array(size);
	if (target.length < size)
		throw new CryptoError("size", `target has ${target.length} bytes, needs ${size}`);
	return target.subarray(0, size);
}

export class NodeAead extends Wiped implements Aead {
	seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, target?: Uint8Array): Uint8Array {
		checkSize(nonce, NONCE_SIZE, "nonce");
		const cipher = createCipheriv("aes-256-gcm", this.bytes, nonce, GCM).setAAD(aad);
		const sealed = room(plaintext.length + TAG_SIZE, target);
		sealed.set(cipher.update(plaintext));
		cipher.final();
		sealed.set(cipher.getAuthTag(), plaintext.length);
		return sealed;
	}

	open(
		nonce: Uint8Array,
		aad: Uint8Array,
		sealed: Uint8Array,
		target?: Uint8Array,
	): Uint8Array | undefined {
		checkSize(nonce, NONCE_SIZE, "nonce");
		const decipher = createDecipheriv("aes-256-gcm", this.bytes, nonce, GCM).setAAD(aad);
		if (sealed.length < TAG_SIZE) return undefined;
		const end = sealed.length - TAG_SIZE;
		const plaintext = room(end, target);
		const unchecked = decipher.setAuthTag(sealed.subarray(end)).update(sealed.subarray(0, end));
		try {
			decipher.final();
			plaintext.set(unchecked);
			return plaintext;
		} catch {
			return undefined;
		} finally {
			unchecked.fill(0);
		}
	}
}

export class NodeMac extends Wiped implements Mac {
	compute(message: Uint8Array): Uint8Array {
		return plain(createHmac("sha256", this.bytes).update(message).digest());
	}
}

export class NodeHash implements Hash {
	#hash: ReturnType<typeof createHash> | undefined = createHash("sha256");

	update(bytes: Uint8Array): void {
		open(this.#hash).update(bytes);
	}

	digest(): Uint8Array {
		const digest = open(this.#hash).digest();
		this.close();
		return plain(digest);
	}

	close(): void {
		this.#hash = undefined;
	}
}
