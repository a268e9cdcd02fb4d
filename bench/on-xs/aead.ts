/**
 * The firmware's side of bench/aead.ts, on XS: the Aead that the firmware seals records and opens segments with,
 * through the Crypto port. The same key, nonces and pieces as bench/aead.c; prints the same.
 * The host's options: `size` of a piece in bytes, `pieces`.
 */
import option from "host-options";
import Time from "time";
import { hex } from "../../modules/bytes/bytes.js";
import { PsaCrypto } from "../../modules/crypto/crypto.js";
import { NONCE_SIZE, SECRET_SIZE, TAG_SIZE } from "../../modules/ports/crypto.js";

const AAD_SIZE = 17;

const size = Number(option("size"));
const pieces = Number(option("pieces"));
const plaintext = new Uint8Array(size).map((_, i) => i);
const aead = new PsaCrypto().importAead(new Uint8Array(SECRET_SIZE).map((_, i) => i));
const nonce = new Uint8Array(NONCE_SIZE);
const numbering = new DataView(nonce.buffer);
const aad = new Uint8Array(AAD_SIZE);

const roomSealed = new Uint8Array(size + TAG_SIZE);
const roomOpened = new Uint8Array(size);
let sealIntoMs = 0;
// Once to warm up, as the rival does.
for (let round = 0; round < 2; round++) {
	const atMs = Time.ticks;
	for (let i = pieces; i-- > 0; ) {
		numbering.setUint32(NONCE_SIZE - 4, i);
		aead.seal(nonce, aad, plaintext, roomSealed);
	}
	sealIntoMs = Time.delta(atMs);
}
let startMs = Time.ticks;
for (let i = 0; i < pieces; i++) aead.open(nonce, aad, roomSealed, roomOpened);
const openIntoMs = Time.delta(startMs);

/** Slower by far, so there are fewer; the last one's nonce is the same. */
const piecesNew = Math.ceil(pieces / 10);
let sealed: Uint8Array = new Uint8Array(0);
startMs = Time.ticks;
for (let i = piecesNew; i-- > 0; ) {
	numbering.setUint32(NONCE_SIZE - 4, i);
	sealed = aead.seal(nonce, aad, plaintext);
}
const sealMs = Time.delta(startMs);
let opened: Uint8Array | undefined;
startMs = Time.ticks;
for (let i = 0; i < piecesNew; i++) opened = aead.open(nonce, aad, sealed);
const openMs = Time.delta(startMs);

const isSame =
	opened?.length === size &&
	plaintext.every((byte, i) => byte === opened?.[i] && byte === roomOpened[i]) &&
	sealed.every((byte, i) => byte === roomSealed[i]);
sealed[0] = (sealed[0] ?? 0) ^ 1;
const isRefused = aead.open(nonce, aad, sealed) === undefined;
const tag = hex(sealed.subarray(size, size + TAG_SIZE));
/** The clock counts milliseconds, and with few pieces none may have passed. */
const ns = (durationMs: number) => Math.max(1, durationMs) * 1e6;
const times = {
	sealNs: ns(sealIntoMs),
	openNs: ns(openIntoMs),
	sealNewNs: ns((sealMs / piecesNew) * pieces),
	openNewNs: ns((openMs / piecesNew) * pieces),
};
trace(`@bench ${JSON.stringify({ ...times, tag, isSame, isRefused })}\n`);
