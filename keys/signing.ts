/**
 * What the plant root signs: credentials (docs/protocol.md §4) and the list of epoch floors.
 *
 * The list is a COSE_Sign1 like a credential, over a CBOR map with exactly
 *
 *   6        iat      seconds since 1970-01-01
 *   -65540   floors   { subject: the lowest epoch that is still accepted }
 *
 * The server takes the higher of this list and its database, so that a restored database revives no old credential.
 */
import type { KeyObject } from "node:crypto";
import type { CborValue } from "../modules/cbor/cbor.js";
import { encode } from "../modules/cbor/encode.js";
import {
	decodeOrNothing,
	encodeSigned,
	openSigned,
	signatureInput,
} from "../modules/channel/cose.js";
import { type Claims, encodeClaims } from "../modules/channel/credential.js";
import type { Crypto, PublicKey } from "../modules/ports/crypto.js";
import { NodeCrypto } from "../server/crypto.js";

/** Stations of a line (docs/protocol.md §9). */
export const STATIONS_MAX = 1024;
/** Every station of the largest line, names of the greatest length, and the server. */
export const FLOORS_SIZE_MAX = 100_000;

const IAT = 6;
const FLOORS = -65540;

export interface EpochFloors {
	/** Seconds since 1970-01-01. */
	readonly issuedS: number;
	readonly floors: ReadonlyMap<string, number>;
}

/** @returns COSE_Sign1 by `root` over the claims. */
export function signCredential(crypto: NodeCrypto, root: KeyObject, claims: Claims): Uint8Array {
	return signPayload(crypto, root, encodeClaims(claims));
}

/** @returns COSE_Sign1 by `root` over the list. */
export function signFloors(crypto: NodeCrypto, root: KeyObject, list: EpochFloors): Uint8Array {
	const map = new Map<number, CborValue>([
		[IAT, list.issuedS],
		[FLOORS, list.floors],
	]);
	return signPayload(crypto, root, encode(map));
}

/** @returns the list, or `undefined` where no root signed it or it is not one. */
export function openFloors(
	crypto: Crypto,
	bytes: Uint8Array,
	roots: readonly PublicKey[],
): EpochFloors | undefined {
	const payload = openSigned(crypto, bytes, roots, FLOORS_SIZE_MAX);
	const map = payload && decodeOrNothing(payload);
	if (!(map instanceof Map) || map.size !== 2) return undefined;
	const issuedS: unknown = map.get(IAT);
	const entries: unknown = map.get(FLOORS);
	if (typeof issuedS !== "number" || !(entries instanceof Map)) return undefined;
	if (entries.size > STATIONS_MAX + 1) return undefined;
	const floors = new Map<string, number>();
	for (const [subject, epoch] of entries as ReadonlyMap<unknown, unknown>) {
		if (typeof subject !== "string" || typeof epoch !== "number") return undefined;
		floors.set(subject, epoch);
	}
	return { issuedS, floors };
}

function signPayload(crypto: NodeCrypto, root: KeyObject, payload: Uint8Array): Uint8Array {
	const key = NodeCrypto.privateKey(root, "sign");
	try {
		return encodeSigned(payload, crypto.sign(key, signatureInput(payload)));
	} finally {
		key.close();
	}
}
