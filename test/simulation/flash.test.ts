import assert from "node:assert/strict";
import { Flash, FlashPartition, Power } from "../../host-sim/simulation/flash.js";
import { Death } from "../../host-sim/simulation/time.js";
import { StorageError, VALUE_SIZE_MAX } from "../../modules/ports/storage.js";

const KEYS = ["unit", "boot", "cred"];
/** Parts of the operation in which power fails; those of one byte more or less fall into different places. */
const PARTS = [0, 0.01, 0.26, 0.5, 0.7501, 0.99, 1];

function value(seed: number, size: number): Uint8Array {
	return Uint8Array.from({ length: size }, (_, i) => (seed * 31 + i) % 256);
}

/** What a board writes: big enough that the log is compacted in between. */
const STEPS = Array.from({ length: 40 }, (_, i) => ({
	key: KEYS[i % 3] as string,
	value: i % 8 === 7 ? undefined : value(i, 300 + ((i * 97) % 1500)),
}));

function switchedOn(): Flash {
	const flash = new Flash();
	flash.power.isOn = true;
	return flash;
}

/** Does the steps from a fresh flash. @returns how many were done before the power failed. */
function write(flash: Flash): number {
	let done = 0;
	try {
		const records = flash.openRecords();
		for (const { key, value } of STEPS) {
			if (value) records.write(key, value);
			else records.delete(key);
			done++;
		}
	} catch (error) {
		assert.ok(error instanceof Death, String(error));
	}
	return done;
}

/** What the records are after so many steps. */
function expected(steps: number): (Uint8Array | undefined)[] {
	const kept = new Map<string, Uint8Array | undefined>();
	for (const { key, value } of STEPS.slice(0, steps)) kept.set(key, value);
	return KEYS.map((key) => kept.get(key));
}

function records(flash: Flash): (Uint8Array | undefined)[] {
	const opened = flash.openRecords();
	return KEYS.map((key) => opened.read(key));
}

function same(a: readonly (Uint8Array | undefined)[], b: readonly (Uint8Array | undefined)[]) {
	return a.every((each, i) => Buffer.from(each ?? []).equals(Buffer.from(b[i] ?? [])));
}

describe("simulated flash", () => {
	it("comes back with the old or the new record, wherever the power fails", () => {
		const whole = switchedOn();
		assert.equal(write(whole), STEPS.length);
		const { operations } = whole.power;
		assert.ok(operations > STEPS.length, `${operations} operations`);
		let olds = 0;
		let news = 0;
		for (let cut = 0; cut < operations; cut++)
			for (const part of PARTS) {
				const flash = switchedOn();
				Object.assign(flash.power, { operationsLeft: cut, part });
				const done = write(flash);
				assert.equal(flash.power.isOn, false, "the power failed");
				Object.assign(flash.power, { isOn: true, operationsLeft: Number.POSITIVE_INFINITY });
				const found = records(flash);
				const isOld = same(found, expected(done));
				const isNew = same(found, expected(done + 1));
				assert.ok(isOld || isNew, `cut in operation ${cut} after ${part} of it: neither`);
				if (isOld) olds++;
				else news++;
				// It can be written to again.
				flash.openRecords().write("unit", value(99, 10));
				assert.deepEqual(flash.openRecords().read("unit"), value(99, 10));
			}
		assert.ok(olds > 0 && news > 0, `${olds} old, ${news} new`);
	});

	it("lets nothing be done without power", () => {
		const flash = switchedOn();
		const opened = flash.openRecords();
		opened.write("unit", value(1, 10));
		const before = flash.contents();
		flash.power.isOn = false;
		assert.throws(() => opened.write("unit", value(2, 10)), Death);
		assert.deepEqual(flash.contents(), before);
	});

	it("keeps the beginning of a write that is cut off", () => {
		const power = new Power();
		const partition = new FlashPartition(1, power);
		Object.assign(power, { isOn: true, operationsLeft: 1, part: 0.5 });
		partition.write(0, value(1, 100));
		assert.throws(() => partition.write(200, value(2, 100)), Death);
		assert.deepEqual(partition.read(200, 50), value(2, 50));
		assert.deepEqual(partition.read(250, 50), new Uint8Array(50).fill(0xff));
	});

	it("leaves the beginning or the end of a block whose erase is cut off", () => {
		const ends = new Set<string>();
		for (const part of [0.25, 0.25025]) {
			const power = new Power();
			const partition = new FlashPartition(3, power);
			partition.bytes.fill(0);
			Object.assign(power, { isOn: true, operationsLeft: 1, part });
			assert.throws(() => partition.erase(0, 3), Death);
			const erased = [...partition.bytes.entries()].filter(([, byte]) => byte === 0xff);
			const first = erased.findLast(([at]) => at < 4096)?.[0];
			assert.equal(first, 4095, "the first block is erased whole");
			const torn = erased.filter(([at]) => at >= 4096).map(([at]) => at);
			const done = Math.round(part * 4096);
			assert.equal(torn.length, done);
			assert.equal((torn.at(-1) as number) - (torn[0] as number), done - 1);
			ends.add(torn[0] === 4096 ? "beginning" : torn.at(-1) === 8191 ? "end" : "neither");
		}
		assert.deepEqual([...ends].sort(), ["beginning", "end"]);
	});

	it("takes what is not erased for a fault of the program, and what is outside for an error", () => {
		const power = new Power();
		power.isOn = true;
		const partition = new FlashPartition(1, power);
		partition.write(10, value(1, 4));
		assert.throws(() => partition.write(12, value(1, 4)), /byte 12 is written and was not erased/);
		for (const [at, size] of [
			[-1, 1],
			[4090, 7],
		] as const) {
			assert.throws(() => partition.write(at, new Uint8Array(size)), StorageError);
			assert.throws(() => partition.read(at, size), StorageError);
		}
		const flash = switchedOn();
		const big = new Uint8Array(VALUE_SIZE_MAX + 1);
		assert.throws(() => flash.openRecords().write("unit", big), StorageError);
	});
});
