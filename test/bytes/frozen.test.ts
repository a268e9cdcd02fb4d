import assert from "node:assert/strict";
import { frozen } from "../../modules/bytes/frozen.js";

describe("frozen", () => {
	it("freezes a table and every object in it", () => {
		const table = frozen({ rows: [{ name: "a" }], none: null, text: "b" });
		assert.ok(Object.isFrozen(table) && Object.isFrozen(table.rows));
		assert.throws(() => Object.assign(table.rows[0] as object, { name: "c" }), TypeError);
	});

	it("leaves functions and byte arrays as they are", () => {
		const run = () => 1;
		const table = frozen({ run, bytes: Uint8Array.of(1, 2) });
		assert.equal(table.run, run);
		assert.deepEqual([...table.bytes], [1, 2]);
	});
});
