/**
 * modules/crypto under AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer: fuzzed for a moment, and put
 * through the crypto tests. `npm run fuzz:native` fuzzes for longer.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { BOARD_EXIT } from "../../host-sim/station-process.js";
import { SEED } from "../hostile/support.js";
import { preloaded, runOnXs } from "../support/xs.js";
import { reached } from "./coverage.js";
import { commandOf, type Fuzzed, fuzz } from "./fuzzer.js";
import { type Board, newBoard, root, sanitizedHost } from "./hosts.js";

const RUNS = 6000;
const PLANTED_RUNS_MAX = 30_000;
/** Of lines; the seed decides how many more are reached. */
const REACHED_MIN = 0.9;

describe("native crypto under the sanitizers", function () {
	this.timeout(240_000);
	let board: Board;

	before(() => {
		sanitizedHost();
		board = newBoard();
	});
	after(() => board.remove());

	describe("fuzzed", () => {
		let found: Fuzzed;

		it(`does nothing wrong on ${RUNS} inputs`, async () => {
			found = await fuzz(board, { seed: SEED, runs: RUNS });
			const { finding } = found;
			assert.equal(
				finding,
				undefined,
				finding && `seed ${SEED}: ${finding.report}\nrepeat with: ${commandOf(finding)}`,
			);
			assert.equal(found.figures?.runs, RUNS);
		});

		it("is reached nearly everywhere", () => {
			const { lines, linesAll, missed } = reached(found.places);
			assert.ok(lines >= REACHED_MIN * linesAll, `seed ${SEED} missed ${missed.join(" ")}`);
		});
	});

	it("fuzzing finds a planted overflow, and its input repeats it", async () => {
		const planted = { seed: SEED, runs: PLANTED_RUNS_MAX, planted: true };
		const { finding } = await fuzz(board, planted);
		assert.match(finding?.report ?? "nothing", /AddressSanitizer|wrote beside/);
		const again = await fuzz(board, { ...planted, input: finding?.input ?? "" });
		assert.match(again.finding?.report ?? "nothing", /AddressSanitizer|wrote beside/);
	});

	for (const [fault, report] of Object.entries({
		"undefined shift": /runtime error: shift exponent/,
		leak: /LeakSanitizer: detected memory leaks[\s\S]*xs_planted_leak/,
	}))
		it(`a planted ${fault} is found`, async () => {
			const { code, errors } = await runOnXs("native-faults", {
				options: { faults: fault },
				host: sanitizedHost(),
			});
			assert.notEqual(code, 0);
			assert.match(errors, report);
		});

	it("a planted write to what a board has in flash ends the board, and says so", async () => {
		const { code, lines, errors } = await runOnXs("base-scribble", {
			table: [preloaded("base-kept")],
			host: sanitizedHost(),
		});
		assert.deepEqual(lines, ["a copy can be written"]);
		assert.equal(code, BOARD_EXIT.engineFault, errors);
		assert.match(errors, /a write to the base, which a board has in flash/);
	});

	it("passes the crypto tests", () => {
		const { command, env } = sanitizedHost();
		const files = ["conduct", "vectors"].map((name) => `test/crypto/${name}.test.ts`);
		const { status, stdout } = spawnSync(
			process.execPath,
			[join(root, "bin/check.mjs"), ...files],
			{
				encoding: "utf8",
				env: { ...process.env, ...env, INTERLOCK_XS_HOST: command[0] },
			},
		);
		assert.equal(status, 0, stdout);
	});
});
