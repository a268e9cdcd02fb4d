/**
 * Credentials: what a plant root says about a station or the server (docs/protocol.md §4).
 *
 * COSE_Sign1 (cose.ts) over a CWT (RFC 8392) whose claims are exactly
 *
 *   key      claim    value
 *   2        sub      "server" or "<line>.<station>"
 *   4        exp      seconds since 1970-01-01, not valid from then on
 *   5        nbf      seconds since 1970-01-01, not valid before
 *   -65537   epoch    from 1; only grows per subject
 *   -65538   kem      PKCS#1 RSAPublicKey, for OAEP
 *   -65539   sign     PKCS#1 RSAPublicKey, for PSS: the server's credential has it, a station's has not
 *
 * Keys below -65536 are RFC 8392's private use. Left out: who keeps floors (the station's storage, the server's
 * floor list), and signing, which needs the root's private key (keys/).
 */

import { isStationName } from "../bytes/names.js";
import type { CborValue } from "../cbor/cbor.js";
import { encode } from "../cbor/encode.js";
import { CREDENTIAL_SIZE_MAX } from "../messages/codec.js";
import { type Crypto, CryptoError, type PublicKey } from "../ports/crypto.js";
import { decodeOrNothing, openSigned, parseSigned } from "./cose.js";

export { isPlainName, isStationName } from "../bytes/names.js";
export { CREDENTIAL_SIZE_MAX } from "../messages/codec.js";

/** The most bytes of a public key: PKCS#1 with a 4,096-bit modulus has 526. */
export const PUBLIC_KEY_SIZE_MAX = 600;
/** Subject of the server's credential; no station's name is without a dot. */
export const SERVER_SUBJECT = "server";

const SUB = 2;
const EXP = 4;
const NBF = 5;
const EPOCH = -65537;
const KEM = -65538;
const SIGN = -65539;

/** What a credential says. Times in seconds since 1970-01-01. */
export interface Claims {
	readonly subject: string;
	readonly epoch: number;
	readonly notBeforeS: number;
	readonly expiresS: number;
	/** PKCS#1 `RSAPublicKey` DER. */
	readonly kem: Uint8Array;
	/** PKCS#1 `RSAPublicKey` DER; the server's only. */
	readonly sign?: Uint8Array;
}

export interface Credential extends Claims {
	/** The COSE_Sign1 as it came. */
	readonly bytes: Uint8Array;
	/** SHA-256 of `bytes`. */
	readonly digest: Uint8Array;
}

/**
 * `unauthentic`: not signed by any of the roots. `malformed`: signed, but not a credential. `subject`: another's.
 * `epoch`: below the floor. `expired`, `early`: outside its time.
 */
export class CredentialError extends Error {
	override readonly name = "CredentialError";
	readonly code: "unauthentic" | "malformed" | "subject" | "epoch" | "expired" | "early";
	constructor(code: CredentialError["code"], message: string) {
		super(`${message} (protocol §4)`);
		this.code = code;
	}
}

export interface CredentialCheck {
	readonly crypto: Crypto;
	readonly bytes: Uint8Array;
	/** `verify` keys of the plant's roots, current and next. */
	readonly roots: readonly PublicKey[];
	/** The subject it must have; left out, any. */
	readonly subject?: string;
	/** The highest epoch seen for that subject; 0 for none. */
	readonly epochFloor: number;
	/** A time that is surely past, which `exp` is held against; 0 where nothing is known. */
	readonly timeFloorS: number;
	/** The time, where there is a clock: `nbf` is held against it. A floor says nothing about `nbf`. */
	readonly nowS?: number;
}

/**
 * @returns the credential, checked.
 * @throws {@link CredentialError}.
 */
export function verifyCredential(check: CredentialCheck): Credential {
	const payload = openSigned(check.crypto, check.bytes, check.roots, CREDENTIAL_SIZE_MAX);
	if (!payload) throw new CredentialError("unauthentic", "no root of this plant signed it");
	const claims = decodeClaims(payload);
	if (check.subject !== undefined && claims.subject !== check.subject)
		throw new CredentialError("subject", `it is for ${claims.subject}, not ${check.subject}`);
	if (claims.epoch < check.epochFloor)
		throw new CredentialError(
			"epoch",
			`${claims.subject}: epoch ${claims.epoch} was replaced by ${check.epochFloor}`,
		);
	if (claims.expiresS <= check.timeFloorS)
		throw new CredentialError("expired", `${claims.subject}: not valid since ${claims.expiresS} s`);
	if (check.nowS !== undefined && claims.notBeforeS > check.nowS)
		throw new CredentialError(
			"early",
			`${claims.subject}: not valid before ${claims.notBeforeS} s`,
		);
	checkKey(check.crypto, claims.kem, "wrap");
	if (claims.sign) checkKey(check.crypto, claims.sign, "verify");
	return { ...claims, bytes: check.bytes, digest: check.crypto.sha256(check.bytes) };
}

/**
 * Reads a credential without checking who signed it: for showing it to people, and for one's own.
 *
 * @throws {@link CredentialError} `malformed`.
 */
export function parseCredential(crypto: Crypto, bytes: Uint8Array): Credential {
	const parts = parseSigned(bytes, CREDENTIAL_SIZE_MAX);
	if (!parts) throw new CredentialError("malformed", "it is not a COSE_Sign1 with PS256");
	return { ...decodeClaims(parts.payload), bytes, digest: crypto.sha256(bytes) };
}

/** @returns the CBOR map that the root signs. @throws {@link CredentialError} `malformed`. */
export function encodeClaims(claims: Claims): Uint8Array {
	const map = new Map<number, CborValue>();
	map.set(SUB, claims.subject);
	map.set(EXP, claims.expiresS);
	map.set(NBF, claims.notBeforeS);
	map.set(EPOCH, claims.epoch);
	map.set(KEM, claims.kem);
	if (claims.sign) map.set(SIGN, claims.sign);
	const bytes = encode(map);
	decodeClaims(bytes);
	return bytes;
}

function decodeClaims(payload: Uint8Array): Claims {
	const map = decodeOrNothing(payload);
	if (!(map instanceof Map)) throw malformed("its payload is not a CBOR map");
	const claims = map as ReadonlyMap<number | string, CborValue>;
	const subject = claims.get(SUB);
	const sign = claims.get(SIGN);
	if (typeof subject !== "string" || !(subject === SERVER_SUBJECT || isStationName(subject)))
		throw malformed("sub names neither the server nor a station");
	if ((sign !== undefined) !== (subject === SERVER_SUBJECT))
		throw malformed(`${subject}: a signing key belongs in the server's credential, and only there`);
	if (claims.size !== (sign === undefined ? 5 : 6)) throw malformed(`${subject}: unknown claims`);
	const epoch = whole(claims.get(EPOCH), "epoch");
	if (epoch < 1) throw malformed(`${subject}: epoch must be at least 1`);
	const base = {
		subject,
		epoch,
		notBeforeS: whole(claims.get(NBF), "nbf"),
		expiresS: whole(claims.get(EXP), "exp"),
		kem: keyBytes(claims.get(KEM), "kem"),
	};
	return sign === undefined ? base : { ...base, sign: keyBytes(sign, "sign") };
}

function whole(value: CborValue | undefined, claim: string): number {
	if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
		throw malformed(`${claim} must be a whole number from 0`);
	return value;
}

function keyBytes(value: CborValue | undefined, claim: string): Uint8Array {
	if (!(value instanceof Uint8Array) || value.length < 1 || value.length > PUBLIC_KEY_SIZE_MAX)
		throw malformed(`${claim} must be 1 to ${PUBLIC_KEY_SIZE_MAX} bytes`);
	return value;
}

function checkKey(crypto: Crypto, der: Uint8Array, kind: "wrap" | "verify"): void {
	try {
		crypto.publicKey(der, kind).close();
	} catch (error) {
		if (error instanceof CryptoError && error.code === "key")
			throw malformed(
				kind === "wrap" ? "kem is not an RSA public key" : "sign is not an RSA public key",
			);
		throw error;
	}
}

function malformed(message: string): CredentialError {
	return new CredentialError("malformed", message);
}
