/**
 * The Crypto port over node:crypto (OpenSSL): the server's, and the second, independent
 * implementation that the PSA one is tested against. Its handles are in crypto-handles.ts.
 */
import {
	constants,
	createPrivateKey,
	createPublicKey,
	generateKeyPairSync,
	hkdfSync,
	type KeyObject,
	privateDecrypt,
	publicEncrypt,
	randomBytes,
	sign,
	timingSafeEqual,
	verify,
	webcrypto,
} from "node:crypto";
import { rsaPublicKeySize } from "../modules/bytes/rsa-key.js";
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
	SECRET_SIZE,
	type Secret,
	X25519_SIZE,
} from "../modules/ports/crypto.js";
import {
	checkSize,
	NodeAead,
	NodeAgreement,
	NodeHash,
	NodeKey,
	NodeMac,
	NodeSecret,
	plain,
} from "./crypto-handles.js";

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: DIGEST_SIZE };
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
/** DER of an X25519 private key in PKCS#8 (RFC 8410) up to the 32 bytes of the key. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");
/** Bytes that an imported secret may have; see importSecret. */
const IMPORT_SIZE_MAX = 96;

/** One byte for each character, so that a label may have any bytes. */
function labelBytes(text: string): Buffer {
	return Buffer.from(text, "latin1");
}

/** Takes `bytes` over. */
function unwrapped(bytes: Uint8Array): Secret | undefined {
	if (bytes.length === SECRET_SIZE) return new NodeSecret(bytes);
	bytes.fill(0);
	return undefined;
}

export class NodeCrypto implements Crypto {
	/** @throws {@link CryptoError} `key` where it is not RSA of 2,048 to 4,096 bits with exponent 65,537. */
	static privateKey(key: KeyObject, kind: "unwrap" | "sign"): PrivateKey {
		if (key.type !== "private") throw new CryptoError("key", "not a private key");
		return new NodeKey(kind, key);
	}

	random(size: number): Uint8Array {
		if (!Number.isInteger(size) || size < 0 || size > RANDOM_SIZE_MAX)
			throw new CryptoError("size", `random takes 0 to ${RANDOM_SIZE_MAX} bytes, not ${size}`);
		return plain(randomBytes(size));
	}

	secret(): Secret {
		return new NodeSecret(randomBytes(SECRET_SIZE));
	}

	sha256(...parts: Uint8Array[]): Uint8Array {
		const hash = new NodeHash();
		for (const part of parts) hash.update(part);
		return hash.digest();
	}

	hash(): Hash {
		return new NodeHash();
	}

	equal(a: Uint8Array, b: Uint8Array): boolean {
		return a.length === b.length && timingSafeEqual(a, b);
	}

	publicKey(der: Uint8Array, kind: "wrap" | "verify"): PublicKey {
		const size = rsaPublicKeySize(der) ?? 0;
		if (size * 8 < RSA_BITS_MIN || size * 8 > RSA_BITS_MAX)
			throw new CryptoError("key", "not an RSA public key of 2,048 to 4,096 bits in PKCS#1 DER");
		const key = createPublicKey({ key: Buffer.from(der), format: "der", type: "pkcs1" });
		return new NodeKey(kind, key);
	}

	wrap(key: PublicKey, secret: Secret, label: string): Uint8Array {
		const bytes = NodeSecret.bytesOf(secret);
		checkSize(bytes, SECRET_SIZE, "secret");
		const oaepLabel = labelBytes(label);
		return plain(publicEncrypt({ ...OAEP, key: NodeKey.of(key, "wrap").key, oaepLabel }, bytes));
	}

	// OpenSSL takes a wrapped key without its leading zero bytes; RFC 8017 §7.1.2 does not, and so nor do we.
	unwrap(key: PrivateKey, wrapped: Uint8Array, label: string): Secret | undefined {
		const { key: native, size } = NodeKey.of(key, "unwrap");
		if (wrapped.length !== size) return undefined;
		try {
			const oaepLabel = labelBytes(label);
			return unwrapped(privateDecrypt({ ...OAEP, key: native, oaepLabel }, wrapped));
		} catch {
			return undefined;
		}
	}

	/** As {@link unwrap}, in the thread pool. */
	async unwrapAsync(
		key: PrivateKey,
		wrapped: Uint8Array,
		label: string,
	): Promise<Secret | undefined> {
		const webKey = await NodeKey.of(key, "unwrap").webKey();
		if (wrapped.length !== key.size) return undefined;
		const algorithm = { name: "RSA-OAEP", label: labelBytes(label) };
		try {
			const bytes = await webcrypto.subtle.decrypt(algorithm, webKey, wrapped);
			return unwrapped(new Uint8Array(bytes));
		} catch {
			return undefined;
		}
	}

	verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
		return verify("sha256", message, { ...PSS, key: NodeKey.of(key, "verify").key }, signature);
	}

	sign(key: PrivateKey, message: Uint8Array): Uint8Array {
		return plain(sign("sha256", message, { ...PSS, key: NodeKey.of(key, "sign").key }));
	}

	/** As {@link sign}, in the thread pool. */
	async signAsync(key: PrivateKey, message: Uint8Array): Promise<Uint8Array> {
		const options = { ...PSS, key: NodeKey.of(key, "sign").key };
		return new Promise((resolve, reject) => {
			sign("sha256", message, options, (error, signature) => {
				if (error) reject(new CryptoError("platform", `RSA-PSS sign: ${error.message}`));
				else resolve(plain(signature));
			});
		});
	}

	agreement(): Agreement {
		return new NodeAgreement(generateKeyPairSync("x25519").privateKey);
	}

	derive<const K extends readonly DerivedKind[]>(
		salt: Uint8Array,
		secrets: readonly Secret[],
		info: string,
		kinds: K,
	): { [I in keyof K]: Derived<K[I]> } {
		const count = secrets.length;
		if (count < 1 || count > DERIVE_SECRETS_MAX || kinds.length > DERIVE_KINDS_MAX)
			throw new CryptoError("size", `derive: ${count} secrets to ${kinds.length} kinds`);
		const ikm = Buffer.concat(secrets.map(NodeSecret.bytesOf));
		if (ikm.length > IMPORT_SIZE_MAX) throw new CryptoError("size", "derive: too many bytes");
		let size = 0;
		for (const kind of kinds) size += kind === "iv" ? NONCE_SIZE : SECRET_SIZE;
		if (size === 0) return [] as unknown as { [I in keyof K]: Derived<K[I]> };
		const output = new Uint8Array(hkdfSync("sha256", ikm, salt, labelBytes(info), size));
		ikm.fill(0);
		let offset = 0;
		const derived = kinds.map((kind) => {
			const part = output.slice(offset, offset + (kind === "iv" ? NONCE_SIZE : SECRET_SIZE));
			offset += part.length;
			return kind === "iv" ? part : kind === "aead" ? new NodeAead(part) : new NodeMac(part);
		});
		output.fill(0);
		return derived as unknown as { [I in keyof K]: Derived<K[I]> };
	}

	/** A secret's bytes, for the store: docs/decisions/0014-segments-are-sealed-when-asked-for.md. */
	exportSecret(secret: Secret): Uint8Array {
		return plain(NodeSecret.bytesOf(secret));
	}

	/** A secret of known bytes (1 to 96): one that was kept in the store, or of published test vectors. */
	importSecret(bytes: Uint8Array): Secret {
		if (bytes.length < 1 || bytes.length > IMPORT_SIZE_MAX)
			throw new CryptoError("size", `a secret has 1 to ${IMPORT_SIZE_MAX} bytes`);
		return new NodeSecret(plain(bytes));
	}

	/** A key of known bytes (32), for published test vectors. */
	importAead(bytes: Uint8Array): Aead {
		checkSize(bytes, SECRET_SIZE, "AES key");
		return new NodeAead(plain(bytes));
	}

	/** A key of known bytes (32), for published test vectors. */
	importMac(bytes: Uint8Array): Mac {
		checkSize(bytes, SECRET_SIZE, "HMAC key");
		return new NodeMac(plain(bytes));
	}

	/** A pair of known private key (32 bytes), for published test vectors. */
	importAgreement(privateKey: Uint8Array): Agreement {
		checkSize(privateKey, X25519_SIZE, "X25519 private key");
		const key = Buffer.concat([PKCS8_PREFIX, privateKey]);
		return new NodeAgreement(createPrivateKey({ key, format: "der", type: "pkcs8" }));
	}
}
