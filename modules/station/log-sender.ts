/**
 * One finished log on its way to the server, which pulls it (docs/protocol.md §8): the blocks of a pull are read from
 * flash one at a turn and published, no more than {@link QUEUED_BLOCKS_MAX} of them waiting in the MQTT client, so that
 * whatever else the station has to say is soon said.
 */
import { sameBytes } from "../bytes/bytes.js";
import { encodeHeadBlock, encodeSegmentBlock } from "../envelope/block.js";
import { OPENING_SIZE_MAX, type Opening, parseOpening } from "../envelope/log.js";
import { EnvelopeError } from "../envelope/parts.js";
import { plainSegmentSize } from "../envelope/sizes.js";
import type { Pull } from "../messages/types.js";
import type { Clock, Timer } from "../ports/clock.js";
import { type Crypto, TAG_SIZE } from "../ports/crypto.js";
import type { LogSlot } from "./log-record.js";
import type { SlotFile } from "./slot-file.js";

/** Blocks given to the MQTT client and not yet written. */
export const QUEUED_BLOCKS_MAX = 2;

export interface LogSenderOptions {
	readonly clock: Clock;
	/** @returns false where there is no room for it; otherwise `done` is called when it has been written, or is lost. */
	publish(block: Uint8Array, done: () => void): boolean;
	/** A segment has gone out. */
	onSent(): void;
}

export class LogSender {
	readonly slot: LogSlot;
	readonly #file: SlotFile;
	readonly #opening: Opening;
	readonly #options: LogSenderOptions;
	#head = false;
	#next = 0;
	#end = 0;
	#queued = 0;
	#timer: Timer | undefined;
	#closed = false;

	private constructor(slot: LogSlot, file: SlotFile, opening: Opening, options: LogSenderOptions) {
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
			return new LogSender(slot, file, opening, options);
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
		this.#head = head;
		this.#next = first;
		this.#end = Math.min(first + count, this.slot.segments);
		this.#arm();
	}

	/** Nothing more goes out. May be called twice. */
	close(): void {
		this.#closed = true;
		this.#timer?.cancel();
	}

	#arm(): void {
		const isIdle = !this.#head && this.#next >= this.#end;
		if (this.#closed || this.#timer || isIdle || this.#queued >= QUEUED_BLOCKS_MAX) return;
		this.#timer = this.#options.clock.set(0, () => {
			this.#timer = undefined;
			this.#send();
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

	#headBlock(): Uint8Array {
		return encodeHeadBlock(this.slot.digest, this.#opening.bytes);
	}

	#segmentBlock(index: number): Uint8Array {
		const { bytes, segmentSize } = this.#opening;
		const offset = bytes.length + index * (segmentSize + TAG_SIZE);
		const size = plainSegmentSize(this.slot.size, segmentSize, index) + TAG_SIZE;
		return encodeSegmentBlock(this.slot.digest, index, this.#file.read(offset, size));
	}
}
