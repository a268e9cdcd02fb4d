/**
 * The segments' key and nonces: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015).
 *
 * key   = HKDF(salt = SHA-256(head before the segments' digest), ikm = content key, info = "interlock/1 segment")
 * nonce = prefix (7) | index (4, big-endian) | 1 for the last segment, else 0
 *
 * No associated data: place, end and header are bound by nonce and key. See docs/protocol.md §8.
 */
import type { Aead, Crypto, Secret } from "../ports/crypto.js";
import { NONCE_SIZE } from "../ports/crypto.js";
import { PREFIX_SIZE } from "./head.js";

const INFO = "interlock/1 segment";

/** @param bound - the head's bytes before the segments' digest. Closes `contentKey`. */
export function segmentKey(crypto: Crypto, bound: Uint8Array, contentKey: Secret): Aead {
	try {
		return crypto.derive(crypto.sha256(bound), [contentKey], INFO, ["aead"])[0];
	} finally {
		contentKey.close();
	}
}

export function segmentNonce(prefix: Uint8Array, index: number, last: boolean): Uint8Array {
	const nonce = new Uint8Array(NONCE_SIZE);
	nonce.set(prefix);
	placeNonce(nonce, index, last);
	return nonce;
}

/** Turns the nonce of one segment into that of another of the same file. */
export function placeNonce(nonce: Uint8Array, index: number, last: boolean): void {
	nonce[PREFIX_SIZE] = index >>> 24;
	nonce[PREFIX_SIZE + 1] = index >>> 16;
	nonce[PREFIX_SIZE + 2] = index >>> 8;
	nonce[PREFIX_SIZE + 3] = index;
	nonce[NONCE_SIZE - 1] = last ? 1 : 0;
}
