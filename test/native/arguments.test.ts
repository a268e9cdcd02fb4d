/** Arguments that a native must refuse; test/on-xs/native-arguments.ts says which. */

import assert from "node:assert/strict";
import { describeOnBoards } from "../support/boards.js";
import { runOnXs } from "../support/xs.js";

describeOnBoards("arguments of the native crypto", 20_000, ({ kind: board }) => {
	it("takes no host object for a byte array", async () => {
		const { code, lines, errors } = await runOnXs("native-arguments", { board });
		assert.equal(code, 0, errors);
		const names = ["an empty Key", "a running Hash", "a Derivation"];
		const refused = lines.filter((line) => line.endsWith(": TypeError"));
		assert.deepEqual(
			refused,
			names.flatMap((name) => [`${name}: TypeError`, `${name}: TypeError`]),
		);
	});
});
