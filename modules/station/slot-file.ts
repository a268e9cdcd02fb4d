/**
 * One sealed file in one flash partition, as it came: the head at offset 0, the sealed segments after it.
 *
 * Flash is erased ahead of what is written and never twice for the same bytes; taking up a file that a power
 * cut left unfinished costs one block. What is written here has been authenticated by the caller.
 */
import type { Partition } from "../ports/storage.js";

export class SlotFile {
	readonly #partition: Partition;
	/** Everything from here on has yet to be erased; a multiple of the block size. */
	#erasedTo = 0;

	constructor(partition: Partition) {
		this.#partition = partition;
	}

	get size(): number {
		return this.#partition.size;
	}

	read(offset: number, size: number): Uint8Array {
		return this.#partition.read(offset, size);
	}

	/** Starts a file anew. */
	begin(): void {
		this.#erasedTo = 0;
	}

	/** Keeps the bytes before `offset` and makes everything from there on writable again. */
	resume(offset: number): void {
		const { blockSize } = this.#partition;
		const block = Math.floor(offset / blockSize);
		const kept = this.#partition.read(block * blockSize, offset - block * blockSize);
		this.#erasedTo = block * blockSize;
		if (kept.length === 0) return;
		this.prepare(offset);
		this.#partition.write(block * blockSize, kept);
	}

	/** Erases what is not erased yet, up to `end`. */
	prepare(end: number): void {
		if (end <= this.#erasedTo) return;
		const { blockSize } = this.#partition;
		const endBlock = Math.ceil(end / blockSize);
		this.#partition.erase(this.#erasedTo / blockSize, endBlock);
		this.#erasedTo = endBlock * blockSize;
	}

	/** Writes where {@link SlotFile.prepare} has been and nothing was written since. */
	write(offset: number, bytes: Uint8Array): void {
		this.#partition.write(offset, bytes);
	}
}
