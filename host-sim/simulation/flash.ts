/**
 * A board's flash: a partition of key-value records and slots for files, NOR behaviour (a write needs erased bytes),
 * and power that can fail in any operation, in the middle of it. Records lie in the same log as on the simulator's
 * boards (host-sim/device/key-value-log.ts), so what a torn write leaves behind is read by the code that must cope.
 */
import {
	type KeyValue,
	type Partition,
	StorageError,
	VALUE_SIZE_MAX,
} from "../../modules/ports/storage.js";
import { KeyValueLog } from "../device/key-value-log.js";
import { Death } from "./time.js";

const BLOCK_SIZE = 4096;
const RECORDS_BLOCKS = 8;
const SLOT_BLOCKS = 4;
const SLOTS = 4;

/** Power of one board. An operation of flash asks it how much of itself it gets done. */
export class Power {
	/** Operations that are still done whole; of the next one only the part `part`, and the board is dead. */
	operationsLeft = Number.POSITIVE_INFINITY;
	part = 0;
	isOn = false;
	/** Operations done so far: pieces written and blocks erased. */
	operations = 0;

	/** @param work - does the given part (0 to 1) of an operation. @throws {@link Death}. */
	spend(work: (part: number) => void): void {
		if (!this.isOn) throw new Death();
		this.operations++;
		if (this.operationsLeft-- > 0) {
			work(1);
			return;
		}
		this.isOn = false;
		work(this.part);
		throw new Death();
	}
}

export class FlashPartition implements Partition {
	readonly blockSize = BLOCK_SIZE;
	readonly bytes: Uint8Array;
	readonly #power: Power;

	constructor(blocks: number, power: Power) {
		this.bytes = new Uint8Array(blocks * BLOCK_SIZE).fill(0xff);
		this.#power = power;
	}

	get size(): number {
		return this.bytes.length;
	}

	/** An erase that is cut off leaves a block whose beginning or end still reads as before. */
	erase(first: number, end: number): void {
		for (let block = first; block < end; block++)
			this.#power.spend((part) => {
				const done = Math.round(part * BLOCK_SIZE);
				const start = block * BLOCK_SIZE;
				const isFromEnd = part < 1 && done % 2 === 1;
				const from = isFromEnd ? start + BLOCK_SIZE - done : start;
				this.bytes.fill(0xff, from, from + done);
			});
	}

	read(offset: number, size: number): Uint8Array {
		if (offset < 0 || offset + size > this.size) throw new StorageError("range", "read");
		return this.bytes.slice(offset, offset + size);
	}

	write(offset: number, bytes: Uint8Array): void {
		if (offset < 0 || offset + bytes.length > this.size) throw new StorageError("range", "write");
		this.#power.spend((part) => {
			const size = Math.floor(part * bytes.length);
			for (let i = 0; i < size; i++) {
				if (this.bytes[offset + i] !== 0xff)
					throw new Error(`flash: byte ${offset + i} is written and was not erased`);
				this.bytes[offset + i] = bytes[i] as number;
			}
		});
	}

	close(): void {}
}

/** The domain `state` of one start of a board. */
class Records implements KeyValue {
	readonly #log: KeyValueLog;

	constructor(partition: Partition) {
		this.#log = new KeyValueLog(partition);
	}

	read(key: string): Uint8Array | undefined {
		return this.#log.read(key);
	}
	write(key: string, value: Uint8Array): void {
		if (value.length > VALUE_SIZE_MAX) throw new StorageError("range", key);
		this.#log.write(key, value);
	}
	delete(key: string): void {
		this.#log.delete(key);
	}
	close(): void {}
}

export class Flash {
	readonly power = new Power();
	readonly records = new FlashPartition(RECORDS_BLOCKS, this.power);
	readonly slots = Array.from({ length: SLOTS }, () => new FlashPartition(SLOT_BLOCKS, this.power));

	/** As the firmware opens it after a start. */
	openRecords(): KeyValue {
		return new Records(this.records);
	}

	/** Everything that is in it. */
	contents(): Buffer {
		return Buffer.concat([this.records, ...this.slots].map(({ bytes }) => bytes));
	}
}
