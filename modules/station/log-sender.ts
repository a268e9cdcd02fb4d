/**
 * One finished log on its way to the server, which pulls it (docs/protocol.md §8): the blocks of a pull are read from
 * flash one at a turn and published, no more than {@link QUEUED_BLOCKS_MAX} of them waiting in the MQTT client, so that
 * whatever else the station has to say is soon said. Where the same is asked for again and again, what lies in flash is
 * held against the sum that was made when it was written.
 */
import { sameBytes } from "../bytes/bytes.js";
import { encodeHeadBlock, encodeSegmentBlock } from "../envelope/block.js";
import { OPENING_SIZE_MAX, type Opening, parseOpening } from "../envelope/log.js";
import { EnvelopeError } from "../envelope/parts.js";
import { plainSegmentSize } from "../envelope/sizes.js";
import type { Pull } from "../messages/types.js";
import type { Clock, Timer } from "../ports/clock.js";
import { type Crypto, type Hash, TAG_SIZE } from "../ports/crypto.js";
import type { LogSlot } from "./log-record.js";
import type { SlotFile } from "./slot-file.js";

/** Pulls of the same segment, one after another, until flash is looked at. */
export const SAME_PULLS_MAX = 8;
/** Blocks given to the MQTT client and not yet written. */
export const QUEUED_BLOCKS_MAX = 2;

export interface LogSenderOptions {
	readonly clock: Clock;
	/** @returns false where there is no room for it; otherwise `done` is called when it has been written, or is lost. */
	publish(block: Uint8Array, done: () => void): boolean;
	/** A segment has gone out. */
	onSent(): void;
	/** Flash no longer holds what was written. */
	onUnreadable(): void;
}

export class LogSender {
	readonly slot: LogSlot;
	readonly #crypto: Crypto;
	readonly #file: SlotFile;
	readonly #opening: Opening;
	readonly #options: LogSenderOptions;
	/** The segment of the last pull, and how often it has been pulled in a row. */
	#first = -1;
	#pulls = 0;
	#check: { readonly hash: Hash; index: number } | undefined;
	#head = false;
	#next = 0;
	#end = 0;
	#queued = 0;
	#timer: Timer | undefined;
	#closed = false;

	private constructor(
		crypto: Crypto,
		slot: LogSlot,
		file: SlotFile,
		opening: Opening,
		options: LogSenderOptions,
	) {
		this.#crypto = crypto;
		this.slot = slot;
		this.#file = file;
		this.#opening = opening;
		this.#options = options;
	}

	/** @returns `undefined` where flash does not hold the log that the record names. */
	static open(
		crypto: Crypto,
		slot: LogSlot,
		file: SlotFile,
		options: LogSenderOptions,
	): LogSender | undefined {
		try {
			const opening = parseOpening(file.read(0, Math.min(OPENING_SIZE_MAX, file.size)));
			if (!sameBytes(crypto.sha256(opening.bytes), slot.digest)) return undefined;
			return new LogSender(crypto, slot, file, opening, options);
		} catch (error) {
			if (error instanceof EnvelopeError) return undefined;
			throw error;
		}
	}

	/** The segment after the last one that went out. */
	get next(): number {
		return this.#next;
	}

	/** Sends what is asked for; what is left of an earlier pull is asked for again where it is missing. */
	pull({ head, first, count }: Pull): void {
		this.#pulls = first === this.#first ? this.#pulls + 1 : 1;
		this.#first = first;
		if (this.#pulls === SAME_PULLS_MAX) this.#check = { hash: this.#crypto.hash(), index: 0 };
		this.#head = head;
		this.#next = first;
		this.#end = Math.min(first + count, this.slot.segments);
		this.#arm();
	}

	/** Nothing more goes out. May be called twice. */
	close(): void {
		this.#closed = true;
		this.#timer?.cancel();
		this.#check?.hash.close();
	}

	#arm(): void {
		const isIdle = !this.#head && this.#next >= this.#end && !this.#check;
		if (this.#closed || this.#timer || isIdle || this.#queued >= QUEUED_BLOCKS_MAX) return;
		this.#timer = this.#options.clock.set(0, () => {
			this.#timer = undefined;
			if (this.#check) this.#look(this.#check);
			else this.#send();
		});
	}

	#send(): void {
		const block = this.#head ? this.#headBlock() : this.#segmentBlock(this.#next);
		const isTaken = this.#options.publish(block, () => {
			this.#queued--;
			this.#arm();
		});
		// The server asks again for what does not come.
		if (!isTaken) this.#end = this.#next;
		else {
			this.#queued++;
			if (!this.#head) this.#next++;
			this.#options.onSent();
		}
		this.#head = false;
		this.#arm();
	}

	/** Takes one more segment into the sum. */
	#look(check: { readonly hash: Hash; index: number }): void {
		check.hash.update(this.#segment(check.index++));
		if (check.index === this.slot.segments) {
			this.#check = undefined;
			this.#pulls = 0;
			if (!sameBytes(check.hash.digest(), this.slot.sum)) this.#options.onUnreadable();
		}
		this.#arm();
	}

	#headBlock(): Uint8Array {
		return encodeHeadBlock(this.slot.digest, this.#opening.bytes);
	}

	#segmentBlock(index: number): Uint8Array {
		return encodeSegmentBlock(this.slot.digest, index, this.#segment(index));
	}

	#segment(index: number): Uint8Array {
		const { bytes, segmentSize } = this.#opening;
		const offset = bytes.length + index * (segmentSize + TAG_SIZE);
		const size = plainSegmentSize(this.slot.size, segmentSize, index) + TAG_SIZE;
		return this.#file.read(offset, size);
	}
}
