import assert from "node:assert/strict";
import { Counts, kindOf } from "../../host-sim/adversary/kinds.js";

describe("kinds of messages", () => {
	it("are told by what they begin with, and presence is none of them", () => {
		assert.equal(kindOf(Uint8Array.of(0x88, 1)), "HELLO");
		assert.equal(kindOf(Uint8Array.of(0x10, 1)), "record");
		assert.equal(kindOf(new TextEncoder().encode("ILK1…")), "envelope");
		assert.equal(kindOf(new TextEncoder().encode("Idle")), undefined);
		assert.equal(kindOf(new Uint8Array()), undefined);
	});

	it("are counted, each and together", () => {
		const counts = new Counts();
		counts.add("HELLO");
		counts.add("record", 2);
		counts.add("HELLO");
		assert.equal(`${counts}`, "2 × HELLO, 2 × record");
		assert.equal(counts.total, 4);
	});
});
