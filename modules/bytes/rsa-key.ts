/**
 * The one form of an RSA public key that the protocol accepts: PKCS#1 `RSAPublicKey` (RFC 8017,
 * A.1.1) in DER, the modulus a multiple of 8 bits and odd, the exponent 65,537. With these fixed,
 * so is every byte beside the modulus:
 *
 * ```
 * 30 82 (2: size after this) | 02 82 (2: modulus size + 1) 00 | modulus, top bit set | 02 03 01 00 01
 * ```
 *
 * Two encodings of one key would let one credential have two digests. Leaves out whether the
 * modulus is sound.
 */
import { frozen } from "./frozen.js";

const PREFIX_SIZE = 9;
const EXPONENT = frozen([0x02, 0x03, 0x01, 0x00, 0x01]);

/** @returns the modulus size in bytes, or `undefined` where `der` is not of that form. */
export function rsaPublicKeySize(der: Uint8Array): number | undefined {
	const size = der.length - PREFIX_SIZE - EXPONENT.length;
	if (size < 128 || size > 0xffff - PREFIX_SIZE - EXPONENT.length) return undefined;
	const prefix = [0x30, 0x82, (der.length - 4) >> 8, (der.length - 4) & 0xff];
	prefix.push(0x02, 0x82, (size + 1) >> 8, (size + 1) & 0xff, 0x00);
	if (!prefix.every((byte, i) => der[i] === byte)) return undefined;
	if (!EXPONENT.every((byte, i) => der[PREFIX_SIZE + size + i] === byte)) return undefined;
	const first = der[PREFIX_SIZE] as number;
	const last = der[PREFIX_SIZE + size - 1] as number;
	return first >= 0x80 && last % 2 === 1 ? size : undefined;
}
