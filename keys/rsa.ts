/**
 * RSA key pairs of a plant: making them, and the two forms they are kept in.
 *
 * Kept by people: PKCS#8 PEM, for the root optionally encrypted with a passphrase (PBES2, AES-256-CBC). Kept by
 * boards and credentials: PKCS#1 DER.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { RSA_BITS_MAX, RSA_BITS_MIN } from "../modules/ports/crypto.js";
import { KeysError } from "./errors.js";

/** For every key, unless asked otherwise. */
export const RSA_BITS = 3072;
/** A station's key: what a board still handles in seconds. */
export const STATION_BITS_MAX = 3072;

const PUBLIC_EXPONENT = 65537;
const generate = promisify(generateKeyPair);

/** @param bits - modulus, 2,048 to 4,096 in steps of 1,024. @throws {@link KeysError} `bits`. */
export async function generateRsa(bits: number, bitsMax = RSA_BITS_MAX): Promise<KeyObject> {
	if (!(bits >= RSA_BITS_MIN && bits <= bitsMax && bits % 1024 === 0))
		throw new KeysError("bits", `RSA of ${bits} bits: take ${RSA_BITS_MIN} to ${bitsMax}, by 1024`);
	const options = { modulusLength: bits, publicExponent: PUBLIC_EXPONENT };
	return (await generate("rsa", options)).privateKey;
}

/** PKCS#1 `RSAPublicKey` of a public key or of a private key's public half. */
export function publicDer(key: KeyObject): Uint8Array {
	const half = key.type === "private" ? createPublicKey(key) : key;
	return new Uint8Array(half.export({ type: "pkcs1", format: "der" }));
}

/** PKCS#1 `RSAPrivateKey`. */
export function privateDer(key: KeyObject): Uint8Array {
	return new Uint8Array(key.export({ type: "pkcs1", format: "der" }));
}

/** PKCS#8 PEM, encrypted where there is a passphrase. */
export function privatePem(key: KeyObject, passphrase?: string): string {
	if (passphrase === "") throw new KeysError("passphrase", "an empty passphrase protects nothing");
	const form = { type: "pkcs8", format: "pem" } as const;
	if (passphrase === undefined) return key.export(form).toString();
	return key.export({ ...form, cipher: "aes-256-cbc", passphrase }).toString();
}

/** @param path - for the error's message. @throws {@link KeysError} `passphrase`, `invalid`. */
export function fromPrivatePem(pem: string, path: string, passphrase?: string): KeyObject {
	const encrypted = pem.includes("BEGIN ENCRYPTED PRIVATE KEY");
	if (encrypted && passphrase === undefined)
		throw new KeysError("passphrase", `${path} is encrypted: give its passphrase`);
	try {
		return rsa(createPrivateKey({ key: pem, format: "pem", passphrase: passphrase ?? "" }));
	} catch (error) {
		if (encrypted)
			throw new KeysError(
				"passphrase",
				`${path}: not the right passphrase, or the file is damaged`,
				{ cause: error },
			);
		throw new KeysError("invalid", `${path}: not an RSA private key in PEM`, { cause: error });
	}
}

/** @param path - for the error's message. @throws {@link KeysError} `invalid`. */
export function fromPrivateDer(der: Uint8Array, path: string): KeyObject {
	try {
		return rsa(createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs1" }));
	} catch (error) {
		throw new KeysError("invalid", `${path}: not an RSA private key (PKCS#1 DER)`, {
			cause: error,
		});
	}
}

function rsa(key: KeyObject): KeyObject {
	if (key.asymmetricKeyType !== "rsa") throw new Error(`a key of type ${key.asymmetricKeyType}`);
	return key;
}
