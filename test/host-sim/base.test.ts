/** What a board has in flash: what of it firmware can change, and that nothing of it is written. */
import assert from "node:assert/strict";
import { BOARD_EXIT } from "../../host-sim/station-process.js";
import { describeOnBoards } from "../support/boards.js";
import { preloaded, runOnXs } from "../support/xs.js";

/** A board's memory, small: garbage is collected all the time, and with it what was copied from the base. */
const SMALL = [
	...["creation static 100000", "creation chunk.initial 2048", "creation chunk.incremental 1024"],
	...["creation heap.initial 512", "creation heap.incremental 64", "creation stack 512"],
];

describeOnBoards("base", 20_000, ({ kind: board }) => {
	it("is read where it is, and copied where firmware may change it", async () => {
		const table = [preloaded("base-kept"), ...SMALL];
		const { code, lines, errors } = await runOnXs("base-use", { board, table });
		assert.equal(code, 0, errors);
		assert.deepEqual(lines, [
			"before 1,2 first 0 1",
			"after 200 202 0 a-b 200",
			"own 200 201 a-b 200 201",
			"same true true true",
			"read 1 true 1,2,3 12345678901234567891",
			"match 1 false 3",
			"symbol true symbol",
			"global false true object",
			"frozen: refused",
			"map: refused",
			"set: refused",
			"bytes: refused",
			"index: refused",
			"date: refused",
			"last index: refused",
			"stringify: refused",
			"weak key: refused",
			"class: refused",
			"function: refused",
			"new property: allowed",
			"new global: allowed",
			"old global: refused",
			"generator 202",
			"later a-b",
		]);
	});

	it("behaves the same where the module is not in it, but for what is read-only", async () => {
		const { code, lines, errors } = await runOnXs("base-use", { board });
		assert.equal(code, 0, errors);
		const expected = ["after 200 202 0 a-b 200", "own 200 201 a-b 200 201", "map: allowed"];
		for (const line of expected) assert.ok(lines.includes(line), `${line} in ${lines.join("\n")}`);
	});

	it("cannot hold what is written when it is read", async () => {
		const table = [preloaded("base-refused")];
		const { code, errors } = await runOnXs("base-use", { board, table });
		assert.equal(code, BOARD_EXIT.engineFault);
		assert.match(errors, /a preloaded module holds a promise, which cannot be kept in flash/);
	});
});
