/**
 * One file on its way into a slot (docs/protocol.md §8).
 *
 *   head ──verified──▶ segments ──all there──▶ check ──digest right──▶ complete
 *                        ▲  found in flash after a restart                │ wrong: from the start, later
 *                        └──────── recheck                                └──▶ head
 *
 * A segment is written once its tag has been checked, and only a missing one is asked for again. After a restart the
 * tags of what lies in flash say how far it had come. Both checks go a segment at a time, so that a board stays
 * responsive.
 */
import { SegmentsDigest } from "../envelope/open.js";
import type { Blocks, RecipeName } from "../messages/types.js";
import { BLOCKS_MAX } from "../messages/types.js";
import type { Crypto } from "../ports/crypto.js";
import type { SealedFile } from "./sealed-file.js";
import { BLOCKS_MS, BLOCKS_WAIT_MAX_MS, Window } from "./window.js";

const NONE = new Uint8Array(0);

export type DownloadPhase = "head" | "recheck" | "segments" | "check" | "complete";

export class Download {
	readonly recipe: RecipeName;
	readonly #crypto: Crypto;
	/** Segments to ask for along with the head; 0 where their number is not known. */
	readonly #expected: number;
	#phase: DownloadPhase = "head";
	#file: SealedFile | undefined;
	#window = new Window(0, 0);
	#digest: SegmentsDigest | undefined;
	#cursor = 0;
	/** Opened only for the tag's sake. */
	#plaintext: Uint8Array = NONE;
	#waitMs = BLOCKS_MS;
	#dueMs: number;
	#isPutOff = false;

	/** @param segments - as offered, 0 where that is not known. */
	constructor(crypto: Crypto, recipe: RecipeName, segments: number, nowMs: number) {
		this.#crypto = crypto;
		this.recipe = recipe;
		this.#expected = Math.min(segments, BLOCKS_MAX);
		this.#dueMs = nowMs;
	}

	get phase(): DownloadPhase {
		return this.#phase;
	}
	get file(): SealedFile | undefined {
		return this.#file;
	}
	/** When {@link Download.request} has something to ask for. */
	get dueMs(): number {
		const asking = this.#phase === "head" || this.#phase === "segments";
		return asking ? this.#dueMs : Number.POSITIVE_INFINITY;
	}
	/** There is something to do with what lies in flash. */
	get isBusy(): boolean {
		return this.#phase === "recheck" || this.#phase === "check";
	}

	/** What to ask for now, if it is time; the next wait is longer unless something useful comes. */
	request(nowMs: number): Blocks | undefined {
		if (nowMs < this.dueMs) return undefined;
		this.#isPutOff = false;
		this.#dueMs = nowMs + this.#waitMs;
		this.#waitMs = Math.min(2 * this.#waitMs, BLOCKS_WAIT_MAX_MS);
		const { digest } = this.recipe;
		if (this.#phase === "head")
			return { type: "blocks", digest, head: true, first: 0, count: this.#expected };
		const missing = this.#window.missing;
		return missing && { type: "blocks", digest, head: false, ...missing };
	}

	/** There is a new session, perhaps with a server that never got the last request. Does not shorten `putOff`. */
	hurry(nowMs: number): void {
		if (this.#isPutOff) return;
		this.#waitMs = BLOCKS_MS;
		this.#dueMs = Math.min(this.#dueMs, nowMs);
	}

	/** The head did not do: nothing is asked for until the longest wait is over. */
	putOff(nowMs: number): void {
		this.#isPutOff = true;
		this.#waitMs = BLOCKS_WAIT_MAX_MS;
		this.#dueMs = nowMs + BLOCKS_WAIT_MAX_MS;
	}

	/** The head has come and been verified: writes it. Takes `file` over. */
	begin(file: SealedFile, nowMs: number): void {
		this.#file = file;
		this.#plaintext = file.room();
		file.slot.begin();
		file.slot.prepare(file.head.bytes.length);
		file.slot.write(0, file.head.bytes);
		this.#receive(0, nowMs);
	}

	/** The head was found in flash: what follows it is checked. Takes `file` over. */
	resume(file: SealedFile): void {
		this.#file = file;
		this.#plaintext = file.room();
		this.#phase = "recheck";
		this.#cursor = 0;
	}

	/** @returns whether the segment was wanted, authentic and is now in flash. */
	segment(index: number, sealed: Uint8Array, nowMs: number): boolean {
		const file = this.#file;
		if (this.#phase !== "segments" || !file || !this.#window.wants(index)) return false;
		if (file.open(index, sealed, this.#plaintext) === undefined) return false;
		const { first, count } = this.#window.range;
		file.slot.prepare(file.offsetOf(first + count));
		file.slot.write(file.offsetOf(index), sealed);
		this.#window.add(index);
		this.#waitMs = BLOCKS_MS;
		const isNewWindow = this.#window.range.first !== first;
		this.#dueMs = isNewWindow ? nowMs : nowMs + BLOCKS_MS;
		if (this.#window.complete) this.#startCheck();
		return true;
	}

	/** One step of what {@link Download.isBusy} says. @returns whether the whole file turned out wrong. */
	work(nowMs: number): boolean {
		const file = this.#file;
		if (!file) return false;
		if (this.#phase === "recheck") this.#recheck(file, nowMs);
		else if (this.#phase === "check") return this.#check(file, nowMs);
		return false;
	}

	/** Wipes the keys; what lies in flash stays. */
	close(): void {
		this.#digest?.close();
		this.#digest = undefined;
		this.#file?.close();
		this.#file = undefined;
	}

	#receive(first: number, nowMs: number): void {
		const file = this.#file as SealedFile;
		this.#window = new Window(file.segments, first);
		this.#phase = "segments";
		this.#waitMs = BLOCKS_MS;
		// The first window was asked for with the head, where that was possible.
		this.#dueMs = first === 0 && this.#expected > 0 ? nowMs + BLOCKS_MS : nowMs;
	}

	#recheck(file: SealedFile, nowMs: number): void {
		const index = this.#cursor;
		if (file.open(index, file.read(index), this.#plaintext) === undefined) {
			file.slot.resume(file.offsetOf(index));
			this.#receive(index, nowMs);
			this.#dueMs = nowMs;
			return;
		}
		this.#cursor++;
		if (this.#cursor === file.segments) this.#startCheck();
	}

	#startCheck(): void {
		this.#phase = "check";
		this.#cursor = 0;
		this.#digest = new SegmentsDigest(this.#crypto, (this.#file as SealedFile).head);
	}

	#check(file: SealedFile, nowMs: number): boolean {
		this.#digest?.add(file.read(this.#cursor));
		this.#cursor++;
		if (this.#cursor < file.segments) return false;
		const matches = this.#digest?.matches() ?? false;
		this.#digest = undefined;
		if (matches) {
			this.#phase = "complete";
			return false;
		}
		this.close();
		this.#phase = "head";
		this.putOff(nowMs);
		return true;
	}
}
