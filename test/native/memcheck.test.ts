/**
 * No branch and no address in modules/crypto, in the host or in XS depends on a secret: valgrind's memcheck with the
 * secrets declared undefined (test/native/memcheck/boundary.h). What it says about mbedTLS is out of scope here;
 * docs/native-checks.md lists it.
 */

import assert from "node:assert/strict";
import { build, newBoard } from "./hosts.js";
import { memcheck } from "./memcheck.js";

/** Valgrind runs a program some fifty times slower. */
const TIMEOUT_MS = 180_000;

describe("native crypto under memcheck", function () {
	this.timeout(TIMEOUT_MS);

	before(() => void build("memcheck"));

	it("decides nothing by a secret, and reads no memory at a secret place", async () => {
		const board = newBoard();
		try {
			const { flash, options } = board;
			const result = await memcheck("native-secrets", { flash, options, timeoutMs: TIMEOUT_MS });
			assert.deepEqual(result.lines, ["@done"], result.errors);
			assert.deepEqual(result.ours, []);
			// AES and the bignums of mbedTLS 2.28 do depend: were nothing found there, nothing would be secret.
			assert.ok(result.library.length > 0);
		} finally {
			board.remove();
		}
	});

	it("finds planted faults, where a secret is declared one", async () => {
		const run = async (marked: string) => {
			const options = { faults: "early exit,memcmp,lookup", marked };
			const { ours, lines, errors } = await memcheck("native-faults", { options });
			assert.deepEqual(lines, ["@done"], errors);
			return new Map(ours.map(({ kind, where }) => [where.split(" ")[0], kind]));
		};
		const planted = new Map([
			["xs_planted_early_exit", "UninitCondition"],
			["xs_planted_memcmp", "UninitCondition"],
			["xs_planted_lookup", "UninitValue"],
		]);
		assert.deepEqual(await run("yes"), planted);
		assert.deepEqual(await run("no"), new Map());
	});
});
