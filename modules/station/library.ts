/**
 * A station's sealed files: which it holds, fetching what the server wants it to hold, and which version may run
 * (docs/protocol.md §8).
 *
 * Files are asked for only in a session that names them, or taken from a small retained envelope that the server
 * has signed, each newer version once and only into an empty slot: a broker cannot make a station wear out its
 * flash. A new version lies beside the active one until a `start` names it; then it becomes active and its floor
 * rises in one write.
 */

import { sameBytes } from "../bytes/bytes.js";
import { isBlockOf, parseBlock } from "../envelope/block.js";
import type { Head } from "../envelope/head.js";
import { SEGMENT_SIZE_MAX } from "../envelope/sizes.js";
import type { Blocks, Ready, RecipeName, RecipeOffer } from "../messages/types.js";
import type { Clock, Timer } from "../ports/clock.js";
import type { Log } from "../ports/log.js";
import type { KeyValue, Partition } from "../ports/storage.js";
import { Download } from "./download.js";
import {
	activated,
	FLOORS_MAX,
	findSlot,
	floorOf,
	highestHeld,
	type LibraryRecord,
	loadLibrary,
	placeFor,
	SLOTS_MAX,
	saveLibrary,
	withSlot,
} from "./library-record.js";
import { OldFiles } from "./old-files.js";
import { OpenFiles } from "./open-files.js";
import {
	headIn,
	isAccepted,
	parseStart,
	type SealedFile,
	TOO_LARGE,
	type Verifier,
	verifyFile,
} from "./sealed-file.js";
import { type OpenRecipe, SetReader } from "./set-reader.js";
import { SlotFile } from "./slot-file.js";

export interface LibraryOptions extends Verifier {
	readonly clock: Clock;
	readonly log: Log;
	readonly store: KeyValue;
	/** At least one; SLOTS_MAX are used. */
	readonly slots: readonly Partition[];
	/** Segments that there is room for in one block, 1 to BLOCK_SEGMENTS_MAX. */
	readonly blockSegments: number;
	/** `dueMs` may have changed; `isComplete`: a file has become complete. */
	onChange(isComplete: boolean): void;
	/** `progress` has changed; `isWhole`: for the last time. */
	onProgress(isWhole: boolean): void;
	/** A file that the server wants here is larger than a slot. */
	onTooLarge(recipe: RecipeName): void;
	/** A retained file was genuine and older than what is here; once for each file. */
	onOld(recipe: RecipeName): void;
}

/** How far a file has come. */
export interface Progress {
	readonly id: string;
	readonly version: number;
	/** Segments that are there, and all of them. */
	readonly done: number;
	readonly of: number;
	/** Of the sealed file, that are there. */
	readonly bytes: number;
}

const WRONG = "file refused: not the segments that were signed";

export class Library {
	readonly #options: LibraryOptions;
	readonly #slots: readonly SlotFile[];
	#record: LibraryRecord;
	/** What the session wants here; the last `start`'s first. */
	#wanted: readonly (RecipeName & { readonly segments?: number })[] = [];
	#started: RecipeName | undefined;
	#download: Download | undefined;
	readonly #open = new OpenFiles();
	#timer: Timer | undefined;
	/** For the plaintext of the segment at hand, whoever reads it. */
	readonly #room = new Uint8Array(SEGMENT_SIZE_MAX);
	readonly #oldFiles: OldFiles;
	#closed = false;

	/** @throws JournalError, StorageError. */
	constructor(options: LibraryOptions) {
		this.#options = options;
		this.#slots = options.slots.slice(0, SLOTS_MAX).map((partition) => new SlotFile(partition));
		this.#record = loadLibrary(options.store, this.#slots.length);
		this.#oldFiles = new OldFiles(options, options.clock.nowMs());
	}

	/** Complete files, as `ready` reports them. */
	get held(): Ready["recipes"] {
		const held: Ready["recipes"][number][] = [];
		for (const slot of this.#record.slots) {
			if (!slot || slot.state === "fetching") continue;
			const { id, version, digest, state } = slot;
			held.push({ id, version, digest, active: state === "active" });
		}
		return held;
	}

	/** Whether this file may be tried with: complete, and not older than what has run. */
	stateOf(recipe: RecipeName): "ready" | "missing" | "old" | "no-room" {
		const { id, version, digest } = recipe;
		const record = this.#record;
		if (version < floorOf(record, id)) return "old";
		if (!record.floors.has(id) && record.floors.size >= FLOORS_MAX) return "no-room";
		const slot = record.slots[findSlot(record, digest)];
		if (slot) {
			const isComplete = slot.state !== "fetching" && slot.id === id && slot.version === version;
			return isComplete ? "ready" : "missing";
		}
		const wanted = this.#wanted.map((each) => each.digest);
		return placeFor(record, [...wanted, digest]) < 0 ? "no-room" : "missing";
	}

	/** What a session wants to be held; earlier wishes are forgotten, but for the file of a `start`. */
	want(offers: readonly RecipeOffer[]): void {
		this.#open.trustOnly(this.#options.trust.server.epoch);
		const started = this.#started;
		const isOffered = offers.some(({ digest }) => started && sameBytes(digest, started.digest));
		this.#wanted = started && !isOffered ? [started, ...offers] : offers;
		this.#advance();
	}

	/** A `start` names a file that is not here: it comes first. */
	wantAlso(recipe: RecipeName): void {
		this.#started = recipe;
		const others = this.#wanted.filter(({ digest }) => !sameBytes(digest, recipe.digest));
		const known = this.#wanted.find(({ digest }) => sameBytes(digest, recipe.digest));
		this.#wanted = [known ?? recipe, ...others].slice(0, SLOTS_MAX + 1);
		this.#advance();
	}

	/** Makes a complete file the active one of its recipe; one write, none where it is active already. */
	activate(recipe: RecipeName): void {
		const index = findSlot(this.#record, recipe.digest);
		if (this.#record.slots[index]?.state === "active") return;
		const record = activated(this.#record, index);
		if (!record) throw new Error("activate: stateOf must have said ready");
		this.#save(record);
		this.#started = undefined;
	}

	/** A new session is open: what is missing is asked for at once. */
	onSession(): void {
		this.#download?.hurry(this.#options.clock.nowMs());
	}

	/** When there is something to ask for. */
	get dueMs(): number {
		return this.#download?.dueMs ?? Number.POSITIVE_INFINITY;
	}

	/** Of the file that is coming. */
	get progress(): Progress | undefined {
		const download = this.#download;
		if (!download?.file) return undefined;
		const { recipe, file, done } = download;
		const { id, version } = recipe;
		return { id, version, done, of: file.segments, bytes: file.offsetOf(done) };
	}

	/** What to ask for now. */
	request(nowMs: number): Blocks | undefined {
		return this.#download?.request(nowMs);
	}

	/** Takes a payload of the topic `file`; what is not asked for or not authentic changes nothing. */
	block(bytes: Uint8Array): void {
		const download = this.#download;
		if (!download || !isBlockOf(download.recipe.digest, bytes)) return;
		const block = parseBlock(bytes);
		if (!block) return;
		const nowMs = this.#options.clock.nowMs();
		if (block.kind === "head") this.#head(download, block.head, nowMs);
		else if (this.#keep(download, block.index, block.sealed, nowMs)) {
			if (download.phase === "complete") this.#complete(download);
			else this.#options.onChange(false);
		}
	}

	/** Takes a retained envelope: head and segments in one. */
	envelope(bytes: Uint8Array): void {
		const head = parseStart(bytes);
		if (!head || head.recipient !== this.#options.recipient) return;
		const nowMs = this.#options.clock.nowMs();
		if (!this.#isNews(head)) this.#old(head, nowMs);
		else if (this.#oldFiles.take(nowMs)) this.#takeEnvelope(head, bytes, nowMs);
	}

	#takeEnvelope(head: Head, bytes: Uint8Array, nowMs: number): void {
		const digest = this.#options.crypto.sha256(head.bytes);
		const download = this.#download;
		const isAwaited = download !== undefined && sameBytes(digest, download.recipe.digest);
		if (isAwaited && download.phase !== "head") return;
		const index = isAwaited ? this.#placeOf(digest) : this.#record.slots.indexOf(undefined);
		const slot = this.#slots[index];
		const file = slot && this.#verify(head, slot);
		if (!slot || typeof file !== "object") return;
		const recipe = { id: head.recipeId, version: head.version, digest };
		this.#cancel();
		this.#save(withSlot(this.#record, index, { ...recipe, state: "fetching" }));
		const next = this.#start(recipe, 0, nowMs);
		next.begin(file, nowMs);
		const { blockSegments } = this.#options;
		for (let i = 0; i < file.segments; i += blockSegments) {
			const sealed = bytes.subarray(file.offsetOf(i), file.offsetOf(i + blockSegments));
			if (!this.#keep(next, i, sealed, nowMs)) break;
		}
		this.#work();
		this.#options.onChange(false);
	}

	/**
	 * Picks the values of a set, a segment at a time.
	 *
	 * @returns `undefined` where the file cannot be opened.
	 */
	reader(recipe: RecipeName, set: number): SetReader | undefined {
		const open = this.#openRecipe(recipe.digest);
		return open && new SetReader(open, set, this.#room);
	}

	/** What attempts read is forgotten: the unit has gone. Not while a reader is at work. */
	forget(): void {
		this.#open.current?.cursor?.forget();
		this.#room.fill(0);
	}

	/** A complete file turned out unreadable: it is fetched again. */
	distrust(recipe: RecipeName): void {
		const index = findSlot(this.#record, recipe.digest);
		const slot = this.#record.slots[index];
		this.#open.close();
		if (slot) this.#save(withSlot(this.#record, index, { ...slot, state: "fetching" }));
		this.wantAlso(recipe);
	}

	/** Wipes keys. May be called twice. */
	close(): void {
		this.#closed = true;
		this.#cancel();
		this.#open.close();
	}

	/** Goes on with the first wanted file that is not here. */
	#advance(): void {
		if (this.#closed) return;
		const next = this.#wanted.find((each) => this.stateOf(each) === "missing");
		if (this.#download) {
			if (next && sameBytes(next.digest, this.#download.recipe.digest)) return;
			this.#cancel();
		}
		if (!next) return;
		const { crypto, clock } = this.#options;
		const download = this.#start(next, next.segments ?? 0, clock.nowMs());
		const index = findSlot(this.#record, next.digest);
		const slot = this.#slots[index];
		const head = slot && headIn(slot);
		if (head && sameBytes(crypto.sha256(head.bytes), next.digest)) {
			const file = this.#verify(head, slot as SlotFile);
			if (typeof file === "object") download.resume(file);
		}
		this.#work();
		this.#options.onChange(false);
	}

	#start(recipe: RecipeName, segments: number, nowMs: number): Download {
		const { crypto, blockSegments: each } = this.#options;
		this.#download = new Download({ crypto, recipe, segments, each, room: this.#room, nowMs });
		return this.#download;
	}

	/** @returns whether the block was of use. */
	#keep(download: Download, index: number, sealed: Uint8Array, nowMs: number): boolean {
		const outcome = download.block(index, sealed, nowMs);
		if (outcome === "wrong") this.#options.log(WRONG);
		if (outcome === "kept") this.#options.onProgress(download.phase === "complete");
		return outcome !== "ignored";
	}

	#head(download: Download, bytes: Uint8Array, nowMs: number): void {
		const { crypto, log, onChange } = this.#options;
		const { recipe } = download;
		if (download.phase !== "head" || !sameBytes(crypto.sha256(bytes), recipe.digest)) return;
		const head = parseStart(bytes);
		const index = this.#placeOf(recipe.digest);
		const slot = this.#slots[index];
		const named = head?.recipeId === recipe.id && head.version === recipe.version;
		const file = head && named && slot ? this.#verify(head, slot) : "not what was offered";
		if (typeof file === "string") {
			log(`file refused: ${file}`);
			download.putOff(nowMs);
			if (file === TOO_LARGE) this.#options.onTooLarge(recipe);
			return;
		}
		const { id, version, digest } = recipe;
		if (findSlot(this.#record, digest) < 0)
			this.#save(withSlot(this.#record, index, { id, version, digest, state: "fetching" }));
		download.begin(file, nowMs);
		onChange.call(this.#options, false);
	}

	/** Where the file lies or may be put; -1 where there is no room. */
	#placeOf(digest: Uint8Array): number {
		const index = findSlot(this.#record, digest);
		if (index >= 0) return index;
		return placeFor(
			this.#record,
			this.#wanted.map((each) => each.digest),
		);
	}

	#verify(head: Head, slot: SlotFile): SealedFile | string {
		return verifyFile(this.#options, head, slot, floorOf(this.#record, head.recipeId));
	}

	#isNews({ recipeId, version }: Head): boolean {
		const awaited = this.#download?.recipe;
		const isAwaited = awaited?.id === recipeId && awaited.version === version;
		return version > this.#highest(recipeId) || isAwaited;
	}

	/** The newest version that is held here or has run. */
	#highest(id: string): number {
		return Math.max(floorOf(this.#record, id), highestHeld(this.#record, id));
	}

	/** A file that is not newer. A unit keeps the version it started with, so an older one may be wanted here or held. */
	#old(head: Head, nowMs: number): void {
		const { crypto, log, onOld } = this.#options;
		const { recipeId: id, version } = head;
		if (version >= this.#highest(id)) return;
		const digest = crypto.sha256(head.bytes);
		if (findSlot(this.#record, digest) >= 0) return;
		if (this.#wanted.some((wanted) => sameBytes(wanted.digest, digest))) return;
		if (!this.#oldFiles.isNews(head, digest, nowMs)) return;
		log("file refused: older than what is here");
		onOld.call(this.#options, { id, version, digest });
	}

	/** Does the download's checks, a block at a turn. */
	#work(): void {
		const download = this.#download;
		if (this.#timer || !download) return;
		if (download.phase === "complete") this.#complete(download);
		if (!download.isBusy) return;
		const { clock, log, onChange } = this.#options;
		this.#timer = clock.set(0, () => {
			this.#timer = undefined;
			if (download.work(clock.nowMs())) log(WRONG);
			else this.#options.onProgress(download.phase === "complete");
			this.#work();
			if (!download.isBusy) onChange.call(this.#options, false);
		});
	}

	#complete(download: Download): void {
		const index = findSlot(this.#record, download.recipe.digest);
		const slot = this.#record.slots[index];
		if (slot) this.#save(withSlot(this.#record, index, { ...slot, state: "complete" }));
		const file = download.release();
		if (file) this.#open.add(download.recipe.digest, file);
		this.#cancel();
		this.#options.log("file complete");
		this.#options.onChange(true);
		this.#advance();
	}

	#openRecipe(digest: Uint8Array): OpenRecipe | undefined {
		const current = this.#open.currentOf(digest);
		if (current) return current;
		const index = findSlot(this.#record, digest);
		const slot = this.#slots[index];
		if (!slot || this.#record.slots[index]?.state === "fetching") return undefined;
		const fresh = this.#open.freshOf(digest);
		if (fresh && isAccepted(this.#options, fresh.head, floorOf(this.#record, fresh.head.recipeId)))
			return this.#open.use(digest, fresh);
		this.#open.close();
		const head = headIn(slot);
		if (!head || !sameBytes(this.#options.crypto.sha256(head.bytes), digest)) return undefined;
		const file = this.#verify(head, slot);
		return typeof file === "string" ? undefined : this.#open.use(digest, file);
	}

	#save(record: LibraryRecord): void {
		saveLibrary(this.#options.store, record);
		this.#record = record;
	}

	#cancel(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
		this.#download?.close();
		this.#download = undefined;
	}
}
