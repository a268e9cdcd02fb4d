import assert from "node:assert/strict";
import {
	KeyValueLog,
	KeyValueLogError,
	type LogFlash,
	RECORD_KEY_MAX,
	RECORD_VALUE_MAX,
} from "../../host-sim/device/key-value-log.js";

const BLOCK_SIZE = 4096;

class PowerCut extends Error {}

/** NOR flash in memory; power may be cut inside the n-th change, after so many bytes of it. */
class MemoryFlash implements LogFlash {
	readonly blockSize = BLOCK_SIZE;
	readonly size: number;
	readonly bytes: Uint8Array;
	changes = 0;
	cut: { change: number; part: (size: number) => number } | undefined;

	constructor(blocks: number, bytes?: Uint8Array) {
		this.size = blocks * BLOCK_SIZE;
		this.bytes = bytes ? bytes.slice() : new Uint8Array(this.size).fill(0xff);
	}

	erase(first: number, end: number): void {
		for (let block = first; block < end; block++)
			this.#change(BLOCK_SIZE, (size) =>
				this.bytes.fill(0xff, block * BLOCK_SIZE, block * BLOCK_SIZE + size),
			);
	}

	read(offset: number, size: number): Uint8Array {
		assert.ok(offset >= 0 && offset + size <= this.size, "inside the partition");
		return this.bytes.slice(offset, offset + size);
	}

	write(offset: number, bytes: Uint8Array): void {
		assert.ok(offset >= 0 && offset + bytes.length <= this.size, "inside the partition");
		const present = this.bytes.subarray(offset, offset + bytes.length);
		assert.ok(
			present.every((byte) => byte === 0xff),
			"written only where erased",
		);
		this.#change(bytes.length, (size) => this.bytes.set(bytes.subarray(0, size), offset));
	}

	#change(size: number, apply: (size: number) => void): void {
		if (this.changes++ !== this.cut?.change) {
			apply(size);
			return;
		}
		apply(this.cut.part(size));
		throw new PowerCut();
	}
}

function value(seed: number, size: number): Uint8Array {
	return Uint8Array.from({ length: size }, (_, i) => (seed * 31 + i) % 256);
}

function contents(log: KeyValueLog): Map<string, string> {
	return new Map(log.keys().map((key) => [key, Buffer.from(log.read(key) ?? []).toString("hex")]));
}

/** Writes and deletions that need several compactions of two areas of one block each. */
function steps(): { key: string; value?: Uint8Array }[] {
	const list: { key: string; value?: Uint8Array }[] = [
		{ key: "config/fixed", value: value(9, 300) },
	];
	for (let i = 0; i < 24; i++) {
		list.push({ key: `state/k${i % 3}`, value: value(i, 100 + ((i * 97) % 700)) });
		if (i % 7 === 6) list.push({ key: `state/k${(i + 1) % 3}` });
	}
	return list;
}

function run(log: KeyValueLog, step: { key: string; value?: Uint8Array }): void {
	if (step.value) log.write(step.key, step.value);
	else log.delete(step.key);
}

describe("key-value log", () => {
	it("gives back what was written, also after it is opened again", () => {
		const flash = new MemoryFlash(4);
		const log = new KeyValueLog(flash);
		const expected = new Map<string, string>();
		for (const step of steps()) {
			run(log, step);
			if (step.value) expected.set(step.key, Buffer.from(step.value).toString("hex"));
			else expected.delete(step.key);
		}
		assert.deepEqual(contents(log), expected);
		const sorted = (map: Map<string, string>) => [...map].sort();
		assert.deepEqual(sorted(contents(new KeyValueLog(flash))), sorted(expected));
	});

	it("has every record old or new, whole, wherever power is cut in any change", () => {
		const parts: [string, (size: number) => number][] = [
			["nothing of it", () => 0],
			["one byte", () => 1],
			["a record's head", (size) => Math.min(size, 8)],
			["half", (size) => size >> 1],
			["all but a byte", (size) => size - 1],
			["all of it", (size) => size],
		];
		const whole = new MemoryFlash(2);
		const log = new KeyValueLog(whole);
		for (const step of steps()) run(log, step);
		const total = whole.changes;
		assert.ok(total > steps().length + 8, "the steps make the log compact");
		for (let change = 0; change < total; change++)
			for (const [name, part] of parts) cutAt(change, name, part);
	});

	function cutAt(change: number, name: string, part: (size: number) => number): void {
		const flash = new MemoryFlash(2);
		flash.cut = { change, part };
		let before = new Map<string, string>();
		let current: { key: string; value?: Uint8Array } | undefined;
		try {
			const log = new KeyValueLog(flash);
			for (const step of steps()) {
				current = step;
				before = contents(log);
				run(log, step);
			}
			assert.fail("power is cut before the end");
		} catch (error) {
			if (!(error instanceof PowerCut)) throw error;
		}
		const place = `change ${change}, ${name}`;
		const after = new MemoryFlash(2, flash.bytes);
		const log = new KeyValueLog(after);
		const found = contents(log);
		const key = current?.key ?? "";
		const wanted = current?.value && Buffer.from(current.value).toString("hex");
		assert.ok(found.get(key) === before.get(key) || found.get(key) === wanted, place);
		found.delete(key);
		before.delete(key);
		assert.deepEqual([...found].sort(), [...before].sort(), place);
		log.write("state/after", value(1, 500));
		assert.deepEqual(new KeyValueLog(after).read("state/after"), value(1, 500), place);
	}

	it("writes nothing where the value is there already", () => {
		const flash = new MemoryFlash(2);
		const log = new KeyValueLog(flash);
		log.write("a/b", value(1, 100));
		const { changes } = flash;
		log.write("a/b", value(1, 100));
		log.delete("a/c");
		assert.equal(flash.changes, changes);
	});

	it("refuses what does not fit even after compaction, and keeps the old value", () => {
		const log = new KeyValueLog(new MemoryFlash(2));
		log.write("a/one", value(1, 2000));
		log.write("a/two", value(2, 500));
		assert.throws(
			() => log.write("a/one", value(3, 3700)),
			(error) => error instanceof KeyValueLogError && error.code === "full",
		);
		assert.deepEqual(log.read("a/one"), value(1, 2000));
		log.write("a/two", value(4, 400));
		assert.deepEqual(log.read("a/two"), value(4, 400));
	});

	it("deletes, and replaces by less, where there is no room for another record", () => {
		const flash = new MemoryFlash(2);
		const log = new KeyValueLog(flash);
		log.write("a/one", value(1, 3000));
		const left = 4096 - 16 - (8 + 5 + 3000) - (8 + 5);
		log.write("a/two", value(2, left));
		assert.throws(() => log.write("a/x", value(1, 1)), /no room/);
		log.write("a/two", value(5, 100));
		log.write("a/two", value(6, left));
		log.delete("a/one");
		assert.equal(log.read("a/one"), undefined);
		log.write("a/x", value(1, 1));
		const again = new KeyValueLog(flash);
		assert.deepEqual(again.keys().sort(), ["a/two", "a/x"]);
	});

	it("refuses keys and values beyond their limits", () => {
		const log = new KeyValueLog(new MemoryFlash(4));
		const range = (error: unknown) => error instanceof KeyValueLogError && error.code === "range";
		log.write("k".repeat(RECORD_KEY_MAX), value(1, RECORD_VALUE_MAX));
		assert.throws(() => log.write("k".repeat(RECORD_KEY_MAX + 1), value(1, 1)), range);
		assert.throws(() => log.write("", value(1, 1)), range);
		assert.throws(() => log.write("a b", value(1, 1)), range);
		assert.throws(() => log.write("k", value(1, RECORD_VALUE_MAX + 1)), range);
	});

	it("does not start afresh over records whose area has lost its header", () => {
		const flash = new MemoryFlash(2);
		const log = new KeyValueLog(flash);
		log.write("state/floor", value(1, 8));
		flash.bytes[0] = 0;
		assert.throws(
			() => new KeyValueLog(flash),
			(error) => error instanceof KeyValueLogError && error.code === "corrupt",
		);
	});
});
