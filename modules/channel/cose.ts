/**
 * COSE_Sign1 as the plant root uses it (docs/protocol.md §4).
 *
 *   18([ h'a1013824', {}, payload, signature ])          protected header {1: -37}: PS256
 *   signed: [ "Signature1", h'a1013824', h'', payload ]  RSASSA-PSS, SHA-256, 32-byte salt
 *
 * Source: RFC 9052 §4.2 and §4.4, RFC 8230 §2. Exactly this form is accepted: no other header, no detached
 * payload, no external data. What a payload means is for credential.ts (and the keys tooling) to say; the sets of
 * claim keys differ, so that one kind of payload cannot pass for another.
 */
import { sameBytes } from "../bytes/bytes.js";
import { CborError, type CborValue, Tagged } from "../cbor/cbor.js";
import { decode } from "../cbor/decode.js";
import { encode } from "../cbor/encode.js";
import type { Crypto, PublicKey } from "../ports/crypto.js";

const TAG_SIGN1 = 18;
/** The first byte of every one: the CBOR head of tag 18. */
export const SIGNED_KIND = 0xd2;
/** CBOR of {1: -37}. */
const PROTECTED = Uint8Array.of(0xa1, 0x01, 0x38, 0x24);
const EMPTY = new Uint8Array(0);

/** @returns the bytes that the root's signature covers. */
export function signatureInput(payload: Uint8Array): Uint8Array {
	return encode(["Signature1", PROTECTED, EMPTY, payload]);
}

/** @returns COSE_Sign1 over `payload`. @param signature - made over {@link signatureInput}. */
export function encodeSigned(payload: Uint8Array, signature: Uint8Array): Uint8Array {
	return encode(new Tagged(TAG_SIGN1, [PROTECTED, new Map(), payload, signature]));
}

/** Takes a signed object of up to `sizeMax` bytes apart, its signature unchecked; `undefined` where it is none. */
export function parseSigned(
	bytes: Uint8Array,
	sizeMax: number,
): { payload: Uint8Array; signature: Uint8Array } | undefined {
	if (bytes.length > sizeMax) return undefined;
	const tagged = decodeOrNothing(bytes);
	if (!(tagged instanceof Tagged) || tagged.tag !== TAG_SIGN1) return undefined;
	const parts = tagged.value;
	if (!Array.isArray(parts) || parts.length !== 4) return undefined;
	const [header, unprotectedHeader, payload, signature] = parts as readonly CborValue[];
	if (!(header instanceof Uint8Array) || !sameBytes(header, PROTECTED)) return undefined;
	if (!(unprotectedHeader instanceof Map) || unprotectedHeader.size !== 0) return undefined;
	if (!(payload instanceof Uint8Array) || !(signature instanceof Uint8Array)) return undefined;
	return { payload, signature };
}

/**
 * Checks a signed object against each of `roots`.
 *
 * @param roots - `verify` keys, current and next.
 * @param sizeMax - bytes; longer is refused unread.
 * @returns the payload, or `undefined` for every failure alike.
 */
export function openSigned(
	crypto: Crypto,
	bytes: Uint8Array,
	roots: readonly PublicKey[],
	sizeMax: number,
): Uint8Array | undefined {
	const parts = parseSigned(bytes, sizeMax);
	if (!parts) return undefined;
	const input = signatureInput(parts.payload);
	for (const root of roots) {
		if (parts.signature.length !== root.size) continue;
		if (crypto.verify(root, input, parts.signature)) return parts.payload;
	}
	return undefined;
}

/** @returns the decoded value, or `undefined` (which no encoding decodes to) where it is not valid CBOR. */
export function decodeOrNothing(bytes: Uint8Array): CborValue | undefined {
	try {
		return decode(bytes);
	} catch (error) {
		if (error instanceof CborError) return undefined;
		throw error;
	}
}
