/**
 * One file on its way into a slot (docs/protocol.md §8).
 *
 *   head ──verified──▶ segments ──all there, digest right──▶ complete
 *                        ▲  │          └──wrong──▶ head, later
 *                        │  └ found in flash after a restart
 *                        └──────── recheck
 *
 * A block is written once the tag of each of its segments has been checked, and only a missing one is asked for again. The
 * signed digest runs along with what is written; what came out of turn is read back when its turn comes. So no second
 * pass over the file is needed: each segment's tag is checked again whenever it is read, which finds what flash has lost
 * since. After a restart the tags of what lies in flash say how far it had come, a block at a turn.
 */
import { SegmentsDigest } from "../envelope/open.js";
import type { Blocks, RecipeName } from "../messages/types.js";
import type { Crypto } from "../ports/crypto.js";
import type { SealedFile } from "./sealed-file.js";
import { BLOCKS_MS, BLOCKS_WAIT_MAX_MS, WINDOW_MIN, Window } from "./window.js";

export type DownloadPhase = "head" | "recheck" | "segments" | "complete";

export interface DownloadOptions {
	readonly crypto: Crypto;
	readonly recipe: RecipeName;
	/** As offered, 0 where that is not known. */
	readonly segments: number;
	/** Segments of a block, 1 to BLOCK_SEGMENTS_MAX. */
	readonly each: number;
	/** SEGMENT_SIZE_MAX bytes for what is opened only for the tag's sake; others use it in between. */
	readonly room: Uint8Array;
	readonly nowMs: number;
}

export class Download {
	readonly recipe: RecipeName;
	readonly #crypto: Crypto;
	/** Segments of a block; block `i` begins with segment `i * each`. */
	readonly #each: number;
	/** Segments to ask for along with the head; 0 where their number is not known. */
	readonly #expected: number;
	#phase: DownloadPhase = "head";
	#file: SealedFile | undefined;
	#window = new Window(0, 0);
	/** Of all segments before the window. */
	#digest: SegmentsDigest | undefined;
	/** The next segment to be checked again, the first of a block. */
	#cursor = 0;
	readonly #room: Uint8Array;
	#waitMs = BLOCKS_MS;
	#dueMs: number;
	#isPutOff = false;

	constructor({ crypto, recipe, segments, each, room, nowMs }: DownloadOptions) {
		this.#room = room;
		this.#crypto = crypto;
		this.recipe = recipe;
		this.#each = each;
		this.#expected = Math.min(segments, WINDOW_MIN * each);
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
		return this.#phase === "recheck";
	}
	/** Segments that are there, but for what came out of turn. */
	get done(): number {
		if (this.#phase === "recheck") return this.#cursor;
		return Math.min(this.#window.base * this.#each, this.#file?.segments ?? 0);
	}

	/** What to ask for now, if it is time; the next wait is longer unless something useful comes. */
	request(nowMs: number): Blocks | undefined {
		if (nowMs < this.dueMs) return undefined;
		this.#isPutOff = false;
		if (this.#phase === "head") {
			this.#wait(nowMs);
			return this.#ask(true, 0, this.#expected);
		}
		let range = this.#window.next;
		if (!range) {
			this.#window.timeout();
			range = this.#window.next;
		}
		if (!range) return undefined;
		this.#window.ask(range);
		this.#wait(nowMs);
		if (this.#window.next) this.#dueMs = nowMs;
		const first = range.first * this.#each;
		const end = Math.min((range.first + range.count) * this.#each, this.#file?.segments ?? 0);
		return this.#ask(false, first, end - first);
	}

	/** There is a new session, perhaps with a server that never got the last request. Does not shorten `putOff`. */
	hurry(nowMs: number): void {
		if (this.#isPutOff) return;
		this.#window.forget();
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
		this.#take(file);
		file.slot.begin();
		file.slot.prepare(file.head.bytes.length);
		file.slot.write(0, file.head.bytes);
		this.#receive(0, this.#expected, nowMs);
	}

	/** The head was found in flash: what follows it is checked. Takes `file` over. */
	resume(file: SealedFile): void {
		this.#take(file);
		this.#phase = "recheck";
		this.#cursor = 0;
	}

	/**
	 * @param index - of the block's first segment.
	 * @param sealed - all of its segments.
	 * @returns `ignored` where it is not wanted or not authentic, `kept` where it is in flash now, `wrong` where it was
	 *   the last one and the file as a whole is not what was signed.
	 */
	block(index: number, sealed: Uint8Array, nowMs: number): "ignored" | "kept" | "wrong" {
		const file = this.#file;
		const block = index / this.#each;
		if (this.#phase !== "segments" || !file || !Number.isInteger(block)) return "ignored";
		if (!this.#window.wants(block) || !this.#isAuthentic(file, index, sealed)) return "ignored";
		const offset = file.offsetOf(index);
		file.slot.prepare(offset + sealed.length);
		file.slot.write(offset, sealed);
		const isNext = block === this.#window.base;
		this.#window.add(block);
		if (isNext) this.#follow(file, index, sealed);
		if (this.#window.complete) return this.#finish(nowMs) ? "kept" : "wrong";
		this.#waitMs = BLOCKS_MS;
		this.#dueMs = this.#window.next ? nowMs : nowMs + BLOCKS_MS;
		return "kept";
	}

	/** One block of what {@link Download.isBusy} says. @returns whether the whole file turned out wrong. */
	work(nowMs: number): boolean {
		const file = this.#file;
		if (!file || this.#phase !== "recheck") return false;
		const sealed = file.read(this.#cursor, this.#each);
		if (!this.#isAuthentic(file, this.#cursor, sealed)) {
			file.slot.resume(file.offsetOf(this.#cursor));
			this.#receive(this.#cursor, 0, nowMs);
			return false;
		}
		this.#digest?.add(sealed);
		this.#cursor += this.#each;
		return this.#cursor >= file.segments && !this.#finish(nowMs);
	}

	/** The file, once it is complete: the caller's from now on. */
	release(): SealedFile | undefined {
		if (this.#phase !== "complete") return undefined;
		const file = this.#file;
		this.#file = undefined;
		return file;
	}

	/** Wipes the keys; what lies in flash stays. */
	close(): void {
		this.#digest?.close();
		this.#digest = undefined;
		this.#file?.close();
		this.#file = undefined;
	}

	#take(file: SealedFile): void {
		this.#file = file;
		this.#digest = new SegmentsDigest(this.#crypto, file.head);
	}

	#wait(nowMs: number): void {
		this.#dueMs = nowMs + this.#waitMs;
		this.#waitMs = Math.min(2 * this.#waitMs, BLOCKS_WAIT_MAX_MS);
	}

	#ask(head: boolean, first: number, count: number): Blocks {
		const { digest } = this.recipe;
		const each = this.#each > 1 ? { each: this.#each } : {};
		return { type: "blocks", digest, head, first, count, ...each };
	}

	/** @param asked - segments from there that were asked for already. */
	#receive(first: number, asked: number, nowMs: number): void {
		const each = this.#each;
		const blocks = Math.ceil((this.#file as SealedFile).segments / each);
		this.#window = new Window(blocks, first / each, Math.ceil(asked / each));
		this.#phase = "segments";
		this.#waitMs = BLOCKS_MS;
		this.#dueMs = this.#window.next ? nowMs : nowMs + BLOCKS_MS;
	}

	#isAuthentic(file: SealedFile, index: number, sealed: Uint8Array): boolean {
		const start = file.offsetOf(index);
		const end = Math.min(index + this.#each, file.segments);
		if (sealed.length !== file.offsetOf(end) - start) return false;
		if (end === index + 1) return file.open(index, sealed, this.#room) !== undefined;
		for (let i = index; i < end; i++) {
			const one = sealed.subarray(file.offsetOf(i) - start, file.offsetOf(i + 1) - start);
			if (file.open(i, one, this.#room) === undefined) return false;
		}
		return true;
	}

	/** The digest runs on over the block that came and what had come before its turn. */
	#follow(file: SealedFile, index: number, sealed: Uint8Array): void {
		this.#digest?.add(sealed);
		for (let i = index + this.#each; i < this.done; i += this.#each)
			this.#digest?.add(file.read(i, this.#each));
	}

	/** @returns whether the whole file is what was signed; if not, it begins anew, later. */
	#finish(nowMs: number): boolean {
		const matches = this.#digest?.matches() ?? false;
		this.#digest = undefined;
		if (matches) {
			this.#phase = "complete";
			return true;
		}
		this.close();
		this.#phase = "head";
		this.putOff(nowMs);
		return false;
	}
}
