import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandFailure } from "../../bin/commands/failure.js";
import { openInput } from "../../bin/commands/input.js";

const WHAT = "a parameter file";
const MAX = 1_000_000;

describe("a file that the command line names", () => {
	let directory: string;
	let file: string;

	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), "interlock-input-"));
		file = join(directory, "file");
		writeFileSync(file, Buffer.alloc(200_000, "x"));
	});
	afterEach(() => rmSync(directory, { recursive: true }));

	const refused = (code: string, message: RegExp) => (error: unknown) => {
		assert.ok(error instanceof CommandFailure, String(error));
		assert.deepEqual([error.code, error.exit], [code, 3]);
		assert.match(error.message, message);
		return true;
	};

	async function size(read: ReturnType<ReturnType<typeof openInput>["read"]>): Promise<number> {
		let total = 0;
		for await (const part of read) total += part.length;
		return total;
	}

	it("is read as often as it is wanted, also after it was replaced", async () => {
		const input = openInput(file, WHAT, MAX);
		assert.equal(await size(input.read()), 200_000);
		rmSync(file);
		assert.equal(await size(input.read()), input.size);
		input.close();
	});

	it("is refused where it grows or shrinks while it is read", async () => {
		const input = openInput(file, WHAT, MAX);
		appendFileSync(file, "x");
		await assert.rejects(size(input.read()), refused("changed", /changed while it was read/));
		truncateSync(file, 100_000);
		await assert.rejects(size(input.read()), refused("changed", /changed while it was read/));
		input.close();
	});

	it("is refused before it is read where it is too large, not there, or no file", () => {
		truncateSync(file, MAX + 1);
		const open = (path: string) => () => openInput(path, WHAT, MAX);
		assert.throws(open(file), refused("size", /more than 1000000 bytes: it is not a parameter/));
		assert.throws(open(`${file}-2`), refused("missing", /is not there: name a parameter file/));
		assert.throws(open(directory), refused("unreadable", /is a directory: name a parameter file/));
		assert.throws(open("/dev/zero"), refused("size", /more than 1000000 bytes/));
		assert.throws(open("/proc/self/mem"), refused("unreadable", /cannot be read/));
	});
});
