/** What a large file costs the server: its memory is that of a small one. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { enrol, initPlant } from "../../keys/keys.js";
import { SEGMENT_SIZE } from "../../server/files.js";

const CHILD = fileURLToPath(new URL("large-file.js", import.meta.url));
const KIB = 1024;
const SMALL = 64 * KIB;
const LARGE = 64 * KIB * KIB;
/** JavaScript's own heap, MiB; the part for new objects is kept small, so that what is dead does not lie about for long. */
const HEAP = ["--max-old-space-size=24", "--max-semi-space-size=1"];
/**
 * Less than the large file. Some 35 MiB were measured, for 128 MiB too: code that is compiled, buffers that wait for the
 * collector, the allocator's slack.
 */
const GROWTH_KIB_MAX = 56 * KIB;

interface Result {
	readonly segments: number;
	readonly isWhole: boolean;
	/** KiB. */
	readonly maxRSS: number;
}

describe("a large file", function () {
	this.timeout(60_000);

	it("is released, sealed and given out in the memory of a small one", async () => {
		const directory = mkdtempSync(join(tmpdir(), "interlock-large-"));
		try {
			const plant = join(directory, "plant");
			await initPlant({ directory: plant, line: "line", rsaBits: 2048 });
			await enrol({ directory: plant, stations: ["one"], rsaBits: 2048 });
			const run = (size: number): Result => {
				const flags = [...HEAP, CHILD, plant, directory, String(size)];
				return JSON.parse(execFileSync(process.execPath, flags, { encoding: "utf8" }));
			};
			const small = run(SMALL);
			const large = run(LARGE);
			assert.deepEqual([small.isWhole, large.isWhole], [true, true]);
			assert.equal(large.segments, LARGE / SEGMENT_SIZE);
			const growth = large.maxRSS - small.maxRSS;
			assert.ok(growth < GROWTH_KIB_MAX, `${growth} KiB more, beside ${small.maxRSS} KiB`);
		} finally {
			rmSync(directory, { recursive: true });
		}
	});
});
