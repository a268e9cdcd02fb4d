/**
 * One log while its trial is under way: sealed for the server as it is written, a segment at a time, into a partition
 * of its own (docs/protocol.md §8). The last segment carries the last flag, so one is always held back.
 *
 * Nothing is written, and no key is made, before the first byte comes.
 */
import { LogSealer } from "../envelope/log.js";
import { SEGMENT_SIZE_MAX } from "../envelope/sizes.js";
import { LOG_SIZE_MAX } from "../messages/types.js";
import { type Crypto, type Hash, TAG_SIZE } from "../ports/crypto.js";
import type { LogSlot } from "./log-record.js";
import type { SlotFile } from "./slot-file.js";
import type { Trust } from "./trust.js";

export interface LogWriterOptions {
	readonly crypto: Crypto;
	readonly slot: SlotFile;
	/** This station's full name. */
	readonly sender: string;
	readonly trust: Pick<Trust, "server">;
}

export class LogWriter {
	readonly #options: LogWriterOptions;
	#sealer: LogSealer | undefined;
	#hash: Hash | undefined;
	/** Of plaintext: what there is room for. */
	#capacity = 0;
	#size = 0;
	/** The segment that is held back, and what of it is filled. */
	#segment = new Uint8Array(0);
	#filled = 0;
	#sealed = new Uint8Array(0);
	#isCut = false;

	constructor(options: LogWriterOptions) {
		this.#options = options;
	}

	/** @returns false where not all of it had room: what had is kept, nothing after it is, and the log is marked. */
	write(bytes: Uint8Array): boolean {
		if (this.#isCut || bytes.length === 0) return !this.#isCut;
		if (!this.#sealer) this.#open();
		const size = Math.min(bytes.length, this.#capacity - this.#size);
		this.#isCut = size < bytes.length;
		for (let done = 0; done < size; ) {
			if (this.#filled === this.#segment.length) this.#seal(false);
			const end = Math.min(size, done + this.#segment.length - this.#filled);
			this.#segment.set(bytes.subarray(done, end), this.#filled);
			this.#filled += end - done;
			done = end;
		}
		this.#size += size;
		return !this.#isCut;
	}

	/** @returns what there is to say of the log, all of which is now in flash; `undefined` where nothing was written. */
	end(): Omit<LogSlot, "serial" | "visit" | "step" | "attempt"> | undefined {
		const sealer = this.#sealer;
		if (!sealer || this.#size === 0) return undefined;
		this.#seal(true);
		const { digest, segments } = sealer;
		const sum = (this.#hash as Hash).digest();
		return { digest, size: this.#size, segments, cut: this.#isCut, sum };
	}

	/** Wipes the key; what lies in flash can no longer be gone on with. May be called twice. */
	close(): void {
		this.#sealer?.close();
		this.#hash?.close();
		this.#segment.fill(0);
	}

	/** One public RSA operation. */
	#open(): void {
		const { crypto, slot, sender, trust } = this.#options;
		const { kem, epoch } = trust.server;
		const serverKey = crypto.publicKey(kem, "wrap");
		try {
			const header = { sender, segmentSize: SEGMENT_SIZE_MAX, serverEpoch: epoch };
			this.#sealer = new LogSealer({ crypto, header, serverKey });
		} finally {
			serverKey.close();
		}
		this.#hash = crypto.hash();
		this.#segment = new Uint8Array(SEGMENT_SIZE_MAX);
		this.#sealed = new Uint8Array(SEGMENT_SIZE_MAX + TAG_SIZE);
		this.#capacity = Math.min(capacityOf(slot.size - this.#sealer.opening.length), LOG_SIZE_MAX);
		if (this.#capacity === 0) return;
		slot.begin();
		slot.prepare(this.#sealer.opening.length);
		slot.write(0, this.#sealer.opening);
	}

	#seal(isLast: boolean): void {
		const sealer = this.#sealer as LogSealer;
		const { slot } = this.#options;
		const offset = sealer.opening.length + sealer.segments * (SEGMENT_SIZE_MAX + TAG_SIZE);
		const plaintext = this.#segment.subarray(0, this.#filled);
		const sealed = sealer.seal(plaintext, isLast, this.#sealed);
		this.#hash?.update(sealed);
		slot.prepare(offset + sealed.length);
		slot.write(offset, sealed);
		this.#filled = 0;
	}
}

/** Bytes of plaintext whose segments fit into `room` bytes. */
function capacityOf(room: number): number {
	const whole = Math.max(0, Math.floor(room / (SEGMENT_SIZE_MAX + TAG_SIZE)));
	const rest = room - whole * (SEGMENT_SIZE_MAX + TAG_SIZE) - TAG_SIZE;
	return whole * SEGMENT_SIZE_MAX + Math.max(0, rest);
}
