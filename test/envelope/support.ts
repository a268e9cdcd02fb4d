/** Sealed files for tests, and the keys of test/vectors/channel/keys.json. */
import { readFileSync } from "node:fs";
import type { Header } from "../../modules/envelope/head.js";
import { parseHead } from "../../modules/envelope/head.js";
import { type OpenOptions, openHead, type SegmentOpener } from "../../modules/envelope/open.js";
import { type SealRecipeOptions, sealRecipe } from "../../server/seal.js";
import { crypto, privateKey, publicDer, STATION } from "../channel/support.js";

export { crypto, privateKey, publicDer, STATION };

export interface EnvelopeVector extends Omit<Header, "size"> {
	readonly plaintext: string;
	readonly head: string;
	readonly digest: string;
	readonly segments: readonly string[];
}

const path = new URL("../../../test/vectors/envelope/envelope.json", import.meta.url);
export const vectors = (
	JSON.parse(readFileSync(path, "utf8")) as { vectors: readonly EnvelopeVector[] }
).vectors;

export function unhex(text: string): Uint8Array {
	return new Uint8Array(Buffer.from(text, "hex"));
}

export interface SealedFile {
	readonly head: Uint8Array;
	readonly segments: readonly Uint8Array[];
}

export const recipientKey = crypto.publicKey(publicDer("station"), "wrap");
export const signKey = privateKey("serverSign", "sign");
export const verify = crypto.publicKey(publicDer("serverSign"), "verify");
export const unwrap = privateKey("station", "unwrap");

/** Seals for the test station with the test server's key. */
export async function seal(
	plaintext: Uint8Array,
	segmentSize: number,
	other: Partial<SealRecipeOptions> = {},
): Promise<SealedFile> {
	const sealing = sealRecipe({
		crypto,
		plaintext,
		size: plaintext.length,
		recipient: STATION,
		recipientKey,
		recipeId: "axle-7",
		version: 3,
		segmentSize,
		signerEpoch: 5,
		signKey,
		...other,
	});
	const segments: Uint8Array[] = [];
	for (;;) {
		const next = await sealing.next();
		if (next.done) return { head: next.value, segments };
		segments[next.value.index] = next.value.bytes;
	}
}

export function openOptions(head: Uint8Array, other: Partial<OpenOptions> = {}): OpenOptions {
	const base = { crypto, head: parseHead(head), recipient: STATION, verify, unwrap };
	return { ...base, versionFloor: 0, ...other };
}

export function open(head: Uint8Array): SegmentOpener {
	const opener = openHead(openOptions(head));
	if (typeof opener === "string") throw new Error(opener);
	return opener;
}

/** A copy with one bit of byte `at` changed. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
	const copy = bytes.slice();
	copy[at] = (copy[at] as number) ^ 1;
	return copy;
}
