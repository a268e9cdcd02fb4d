/**
 * Suite 0, the sealed text of Saxena's "Security for IOT communications" (figure 5), for the attack
 * laboratory only.
 *
 *   RSA(key) (256) ‖ IV (16) ‖ AES-256-CBC(key, IV, text with spaces to a multiple of 16)
 *
 * The receiver's RSA key has 2,048 bits; AES key and IV are fresh for each text. The paper does not
 * say which RSA padding it used: here it is OAEP with SHA-1 and no label, what PyCrypto's
 * PKCS1_OAEP does by default and the reading most in its favour. Text is UTF-8 and not read where
 * it is not well-formed, as Python 3 would have it.
 *
 * There is no authentication and no freshness. Whoever has the public key seals as well as anybody.
 */
import {
	constants,
	createCipheriv,
	createDecipheriv,
	type KeyObject,
	privateDecrypt,
	publicEncrypt,
	randomBytes,
} from "node:crypto";
import { fromUtf8, utf8 } from "../../modules/bytes/bytes.js";

export const RSA_BITS = 2048;
export const WRAPPED_SIZE = RSA_BITS / 8;
export const KEY_SIZE = 32;
export const IV_SIZE = 16;
export const BLOCK_SIZE = 16;
/** What stands before the ciphertext. */
export const HEAD_SIZE = WRAPPED_SIZE + IV_SIZE;
/**
 * Bytes of a text, a multiple of 16: what is sealed still fits into the embedded broker's packets.
 */
export const TEXT_SIZE_MAX = 32 * 1024;

const CIPHER = "aes-256-cbc";
const SPACE = 0x20;
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" };

/**
 * @param publicKey - RSA, 2,048 bits.
 * @returns HEAD_SIZE bytes, and then those of the text up to the next multiple of 16.
 * @throws RangeError where the text has more than TEXT_SIZE_MAX bytes.
 */
export function seal(publicKey: KeyObject, text: string): Uint8Array {
	const bytes = utf8(text);
	if (bytes.length > TEXT_SIZE_MAX)
		throw new RangeError(`a text of ${bytes.length} bytes: at most ${TEXT_SIZE_MAX}`);
	const padded = new Uint8Array(Math.ceil(bytes.length / BLOCK_SIZE) * BLOCK_SIZE).fill(SPACE);
	padded.set(bytes);
	const key = randomBytes(KEY_SIZE);
	const iv = randomBytes(IV_SIZE);
	const wrapped = publicEncrypt({ key: publicKey, ...OAEP }, key);
	const cipher = createCipheriv(CIPHER, key, iv).setAutoPadding(false);
	return new Uint8Array(Buffer.concat([wrapped, iv, cipher.update(padded), cipher.final()]));
}

/**
 * @param privateKey - RSA, 2,048 bits.
 * @returns the text without the spaces at its end, or `undefined` for what Python would raise an
 *   exception at.
 */
export function open(privateKey: KeyObject, sealed: Uint8Array): string | undefined {
	const size = sealed.length - HEAD_SIZE;
	if (size < 0 || size > TEXT_SIZE_MAX || size % BLOCK_SIZE !== 0) return undefined;
	const key = unwrap(privateKey, sealed.subarray(0, WRAPPED_SIZE));
	if (key?.length !== KEY_SIZE) return undefined;
	const iv = sealed.subarray(WRAPPED_SIZE, HEAD_SIZE);
	const padded = createDecipheriv(CIPHER, key, iv)
		.setAutoPadding(false)
		.update(sealed.subarray(HEAD_SIZE));
	let end = padded.length;
	while (end > 0 && padded[end - 1] === SPACE) end--;
	return fromUtf8(padded.subarray(0, end));
}

function unwrap(privateKey: KeyObject, wrapped: Uint8Array): Uint8Array | undefined {
	try {
		return privateDecrypt({ key: privateKey, ...OAEP }, wrapped);
	} catch {
		return undefined;
	}
}
