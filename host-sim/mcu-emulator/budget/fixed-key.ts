/**
 * An RSA key that is always the same, for measuring alone: how many instructions a private operation takes depends on
 * the key's bits.
 *
 * It is computed from a text that stands here for everybody to read, so it is no secret, none is committed, and nobody
 * can take it for a plant's. Both primes come from SHA-256 in counter mode over that text, the first that is prime.
 */
import { checkPrimeSync, createHash, createPrivateKey, type KeyObject } from "node:crypto";

const TEXT = "Interlock's budget is measured with this key. It protects nothing.";
const EXPONENT = 65537n;

/** Bits of the stream's `at`-th number: the highest two and the lowest are 1. */
function candidate(label: string, at: number, bits: number): bigint {
	let digits = "";
	for (let i = 0; digits.length < bits / 4; i++)
		digits += createHash("sha256").update(`${TEXT} ${label} ${at} ${i}`).digest("hex");
	const value = BigInt(`0x${digits.slice(0, bits / 4)}`);
	return value | (3n << BigInt(bits - 2)) | 1n;
}

function prime(label: string, bits: number): bigint {
	for (let at = 0; ; at++) {
		const value = candidate(label, at, bits);
		if ((value - 1n) % EXPONENT !== 0n && checkPrimeSync(value)) return value;
	}
}

/** @returns the x below `modulus` with a · x = 1. */
function inverse(a: bigint, modulus: bigint): bigint {
	let [r, next] = [modulus, a % modulus];
	let [t, nextT] = [0n, 1n];
	while (next !== 0n) {
		const quotient = r / next;
		[r, next] = [next, r - quotient * next];
		[t, nextT] = [nextT, t - quotient * nextT];
	}
	return t < 0n ? t + modulus : t;
}

function base64(value: bigint): string {
	const digits = value.toString(16);
	return Buffer.from(digits.length % 2 ? `0${digits}` : digits, "hex").toString("base64url");
}

/** @param bits - of the modulus, a multiple of 512. @param label - another key for each. */
export function fixedKey(bits: number, label: string): KeyObject {
	const [one, other] = [prime(`${label} p`, bits / 2), prime(`${label} q`, bits / 2)];
	const [p, q] = one > other ? [one, other] : [other, one];
	const d = inverse(EXPONENT, (p - 1n) * (q - 1n));
	const numbers = {
		...{ n: p * q, e: EXPONENT, d, p, q },
		...{ dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) },
	};
	const texts = Object.entries(numbers).map(([name, value]) => [name, base64(value)]);
	return createPrivateKey({ key: { kty: "RSA", ...Object.fromEntries(texts) }, format: "jwk" });
}
