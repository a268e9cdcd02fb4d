/**
 * Retained envelopes cost RSA operations, and anybody at the broker can make them: only so many are looked at. Of a
 * genuine one that is older than what is here people are told, once for each file: a broker kept it, or gives it out again.
 */
import { sameBytes } from "../bytes/bytes.js";
import { frozen } from "../bytes/frozen.js";
import { Limiter, type Rate } from "../channel/limiter.js";
import type { Head } from "../envelope/head.js";
import type { Verifier } from "./sealed-file.js";

/** Retained envelopes looked at: so many at once, then one in 5 s, since each costs RSA operations. */
export const ENVELOPE_RATE: Rate = frozen({ burst: 8, perSecond: 0.2 });
/** Old files that are remembered as told of; one beyond it may be told of again, ENVELOPE_RATE permitting. */
export const OLD_TOLD_MAX = 8;

export class OldFiles {
	readonly #verifier: Pick<Verifier, "crypto" | "trust">;
	readonly #limiter: Limiter;
	/** Digests of those that were told of. */
	readonly #told: Uint8Array[] = [];

	constructor(verifier: Pick<Verifier, "crypto" | "trust">, nowMs: number) {
		this.#verifier = verifier;
		this.#limiter = new Limiter(ENVELOPE_RATE, nowMs);
	}

	/** @returns whether another envelope may be looked at. */
	take(nowMs: number): boolean {
		return this.#limiter.take(nowMs);
	}

	/** @returns whether this file is to be told of: signed by the server, so that nobody else can have it told, and new. */
	isNews(head: Head, digest: Uint8Array, nowMs: number): boolean {
		const { crypto, trust } = this.#verifier;
		if (head.signerEpoch !== trust.server.epoch) return false;
		if (this.#told.some((told) => sameBytes(told, digest))) return false;
		if (!this.take(nowMs) || !crypto.verify(trust.signer, head.signed, head.signature))
			return false;
		if (this.#told.length === OLD_TOLD_MAX) this.#told.shift();
		this.#told.push(digest);
		return true;
	}
}
