/** Parameter files with damage, given to the command line. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Dice, damaged, interlock, RECIPES, SEED, scratch } from "./support.js";

describe("a damaged parameter file", function () {
	this.timeout(60_000);

	it("is refused with the file's name, line and column on the command line", () => {
		const room = scratch("hostile-recipe");
		const dice = new Dice(SEED);
		const params = readFileSync(join(RECIPES, "station-1.params"));
		const file = join(room.path, "damaged.params");
		let refused = 0;
		for (let round = 0; round < 12; round++) {
			writeFileSync(file, damaged(new Uint8Array(params), dice));
			const { status, stderr } = interlock(["recipe", "check", file]);
			assert.ok(status === 0 || status === 3, `round ${round}: ${status} ${stderr}`);
			if (status === 3) {
				assert.match(stderr, /damaged\.params/);
				refused++;
			}
		}
		assert.ok(refused > 0);
		room.remove();
	});
});
