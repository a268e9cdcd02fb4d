import assert from "node:assert/strict";
import {
	existsSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FlashImage, FlashImageError, provision } from "../../host-sim/flash-image.js";
import { partitionsWith, SLOT_SIZE_MAX } from "../../host-sim/flash-table.js";
import { StorageError } from "../../modules/ports/storage.js";

function hasCode(code: string) {
	return (error: unknown) =>
		(error instanceof FlashImageError || error instanceof StorageError) && error.code === code;
}

describe("flash image", () => {
	let folder = "";
	let file = "";

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "interlock-flash-"));
		file = join(folder, "flash.bin");
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	it("is made erased, for its owner alone, and is never made over another", () => {
		const image = FlashImage.create(file);
		assert.deepEqual(image.partitionNames, ["keys", "nvs", "slot0", "slot1", "slot2", "slot3"]);
		const slot = image.partition("slot3");
		assert.equal(slot.size, 1024 * 1024);
		assert.ok(slot.read(slot.size - 4096, 4096).every((byte) => byte === 0xff));
		image.close();
		image.close();
		assert.equal(statSync(file).mode & 0o777, 0o600);
		assert.throws(() => FlashImage.create(file), hasCode("io"));
	});

	it("behaves as NOR flash: a write needs erased bytes, inside the partition", () => {
		const image = FlashImage.create(file);
		const slot = image.partition("slot0");
		slot.write(4094, Uint8Array.of(1, 0xff, 3));
		assert.deepEqual([...slot.read(4093, 5)], [0xff, 1, 0xff, 3, 0xff]);
		assert.throws(() => slot.write(4094, Uint8Array.of(1)), hasCode("io"));
		slot.erase(1, 2);
		assert.deepEqual([...slot.read(4093, 5)], [0xff, 1, 0xff, 0xff, 0xff]);
		assert.throws(() => slot.read(slot.size - 1, 2), hasCode("range"));
		assert.throws(() => slot.write(-1, Uint8Array.of(1)), hasCode("range"));
		assert.throws(() => slot.erase(0, 257), hasCode("range"));
		image.close();
		assert.throws(() => slot.read(0, 1), hasCode("closed"));
	});

	it("has slots of up to 512 MiB, takes no room for what is erased, and erases a range of any size", () => {
		const image = FlashImage.create(file, partitionsWith(SLOT_SIZE_MAX));
		assert.ok(statSync(file).size > 4 * SLOT_SIZE_MAX);
		const slot = image.partition("slot3");
		const bytes = new Uint8Array(200_001).map((_, i) => i * 7);
		const offset = SLOT_SIZE_MAX - bytes.length;
		slot.write(offset, bytes);
		assert.deepEqual(slot.read(offset, bytes.length), bytes);
		assert.ok(
			image
				.partition("slot2")
				.read(SLOT_SIZE_MAX - 4096, 4096)
				.every((byte) => byte === 0xff),
		);
		const before = process.memoryUsage().arrayBuffers;
		slot.erase(SLOT_SIZE_MAX / 4096 / 2, SLOT_SIZE_MAX / 4096);
		assert.ok(process.memoryUsage().arrayBuffers - before < 16 * 1024 * 1024);
		assert.ok(slot.read(offset, bytes.length).every((byte) => byte === 0xff));
		assert.ok(statSync(file).blocks * 512 < 2 * 1024 * 1024);
		image.close();
	});

	it("refuses a slot above 512 MiB, and more than 32 bits can number", () => {
		assert.throws(
			() => FlashImage.create(file, partitionsWith(SLOT_SIZE_MAX + 4096)),
			(error) => {
				assert.ok(error instanceof FlashImageError && error.code === "range");
				return /a slot has at most 536870912/.test(error.message);
			},
		);
		const shapes = Array.from({ length: 8 }, (_, i) => ({ name: `slot${i}`, size: SLOT_SIZE_MAX }));
		assert.throws(
			() => FlashImage.create(file, shapes),
			(error) => {
				assert.ok(error instanceof FlashImageError && error.code === "range");
				return /an image has at most 4294967295 bytes/.test(error.message);
			},
		);
		assert.equal(existsSync(file), false);
	});

	it("keeps the slots it was made with: another size is refused, and stays sparse with new keys", () => {
		const key = { kem: new Uint8Array(100).fill(1) };
		const slotSize = 64 * 1024 * 1024;
		provision({ file, keys: key, config: {}, slotSize });
		assert.throws(
			() => provision({ file, keys: key, config: {}, slotSize: 2 * slotSize }),
			/slot0 of this image has 67108864 bytes, not 134217728/,
		);
		provision({ file, keys: { kem: new Uint8Array(100).fill(2) }, config: {} });
		const image = new FlashImage(file);
		assert.equal(image.partition("slot0").size, slotSize);
		assert.equal(image.partition("keys").read(6, 1)[0], 2);
		image.close();
		assert.ok(statSync(file).blocks * 512 < 8 * 1024 * 1024);
	});

	it("says what is wrong with a file that is no image, is cut off, or has a damaged table", () => {
		assert.throws(() => new FlashImage(file), hasCode("missing"));
		writeFileSync(file, "not an image");
		assert.throws(() => new FlashImage(file), hasCode("corrupt"));
		rmSync(file);
		FlashImage.create(file).close();
		truncateSync(file, 100_000);
		assert.throws(() => new FlashImage(file), hasCode("corrupt"));
		rmSync(file);
		FlashImage.create(file).close();
		const bytes = readFileSync(file);
		bytes[40] = (bytes[40] as number) ^ 1;
		writeFileSync(file, bytes);
		assert.throws(() => new FlashImage(file), hasCode("corrupt"));
	});

	it("refuses partitions that do not fit its table", () => {
		const shape = { name: "one", size: 4096 };
		assert.throws(() => FlashImage.create(file, []), hasCode("range"));
		assert.throws(() => FlashImage.create(file, Array(17).fill(shape)), hasCode("range"));
		assert.throws(() => FlashImage.create(file, [{ name: "one", size: 100 }]), hasCode("range"));
		FlashImage.create(file, Array(16).fill(shape)).close();
	});

	it("is provisioned whole, and left alone where it holds all of it already", () => {
		const keys = { kem: Uint8Array.of(1, 2, 3) };
		const config = { cred: Uint8Array.of(4), root0: Uint8Array.of(5, 6) };
		provision({ file, keys, config });
		const first = statSync(file);
		const image = new FlashImage(file);
		image.keyValue("state").write("unit", Uint8Array.of(7));
		image.partition("slot0").write(0, Uint8Array.of(8));
		assert.deepEqual(
			[...image.partition("keys").read(0, 10)],
			[3, 107, 101, 109, 3, 0, 1, 2, 3, 255],
		);
		image.close();
		provision({ file, keys, config });
		assert.equal(statSync(file).ino, first.ino);
		provision({ file, keys, config: { cred: Uint8Array.of(9) } });
		assert.equal(statSync(file).mode & 0o777, 0o600);
		const changed = new FlashImage(file);
		const store = changed.keyValue("config");
		assert.deepEqual(store.keys(), ["cred"]);
		assert.deepEqual(store.read("cred"), Uint8Array.of(9));
		assert.deepEqual(changed.keyValue("state").read("unit"), Uint8Array.of(7));
		assert.deepEqual(changed.partition("slot0").read(0, 1), Uint8Array.of(8));
		changed.close();
	});

	it("keeps the old content where provisioning fails", () => {
		const config = { cred: Uint8Array.of(4) };
		provision({ file, keys: { kem: Uint8Array.of(1) }, config });
		const large = { kem: new Uint8Array(16 * 1024) };
		assert.throws(() => provision({ file, keys: large, config }), hasCode("range"));
		assert.throws(
			() => provision({ file, keys: { kem: Uint8Array.of(2) }, config: { BAD: Uint8Array.of(1) } }),
			hasCode("range"),
		);
		const image = new FlashImage(file);
		assert.deepEqual([...image.partition("keys").read(6, 2)], [1, 255]);
		image.close();
	});

	it("refuses keys and values that a board would refuse", () => {
		const image = FlashImage.create(file);
		const store = image.keyValue("config");
		assert.throws(() => store.write("0123456789abcdef", Uint8Array.of(1)), hasCode("range"));
		assert.throws(() => store.write("large", new Uint8Array(4001)), hasCode("range"));
		assert.equal(store.read("none"), undefined);
		image.close();
	});
});
