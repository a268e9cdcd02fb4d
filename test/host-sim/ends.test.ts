/** How a board ends by itself: each way has a status and says why. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { BOARD_EXIT } from "../../host-sim/station-process.js";
import { describeOnBoards } from "../support/boards.js";
import { runOnXs } from "../support/xs.js";

describeOnBoards("the end of a board", 60_000, ({ kind: board }) => {
	const limited = ["creation static 65536", "creation stack 256"];
	const faults: [string, string, number, RegExp][] = [
		[
			"an exception that nothing caught",
			"exception",
			BOARD_EXIT.unhandled,
			/unhandled exception: /,
		],
		["a rejection that nothing handled", "rejection", BOARD_EXIT.unhandled, /nobody listens/],
		["slots beyond the budget", "memory", BOARD_EXIT.memoryFull, /memory full: \d+ of 65536 bytes/],
		[
			"chunks beyond the budget",
			"chunks",
			BOARD_EXIT.memoryFull,
			/memory full: \d+ of 65536 bytes/,
		],
		["a stack that is used up", "stack", BOARD_EXIT.stackOverflow, /stack overflow/],
	];
	for (const [what, fault, status, message] of faults)
		it(`ends with a status and a message of its own at ${what}`, async () => {
			const { code, errors } = await runOnXs("host-faults", {
				board,
				options: { fault },
				table: limited,
			});
			assert.match(errors, message);
			assert.equal(code, status);
		});

	it("stays in its budget however much garbage it makes", async () => {
		const options = { fault: "garbage" };
		const { code, lines, errors } = await runOnXs("host-faults", {
			board,
			options,
			table: limited,
		});
		assert.equal(code, 0, errors);
		assert.deepEqual(lines, ["collected"]);
	});

	it("ends at once where a module is missing or its flash file is none", async () => {
		const missing = await runOnXs("no-such-test", { board });
		assert.equal(missing.code, BOARD_EXIT.unhandled);
		assert.match(missing.errors, /module "test\/on-xs\/no-such-test" not found/);
		const none = await runOnXs("host-faults", {
			board,
			flash: fileURLToPath(import.meta.url),
		});
		assert.equal(none.code, BOARD_EXIT.flash);
		assert.match(none.errors, /damaged or is none/);
	});
});
