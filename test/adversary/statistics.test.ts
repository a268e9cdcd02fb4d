import assert from "node:assert/strict";
import {
	CHI_SQUARE_MAX,
	chiSquare,
	distinct,
	repeatedBlocks,
} from "../../host-sim/adversary/statistics.js";
import { Dice } from "../../host-sim/simulation/dice.js";

const dice = new Dice(1, "statistics test");

describe("statistics of sealed bytes", () => {
	it("find nothing in random bytes", () => {
		const parts = Array.from({ length: 100 }, () => dice.bytes(200));
		assert.ok(chiSquare(parts) <= CHI_SQUARE_MAX);
		assert.equal(repeatedBlocks(parts), 0);
	});

	it("find that one byte in sixteen is a space", () => {
		const parts = Array.from({ length: 100 }, () => dice.bytes(200));
		for (const part of parts) for (let at = 0; at < part.length; at += 16) part[at] = 0x20;
		assert.ok(chiSquare(parts) > CHI_SQUARE_MAX);
	});

	it("find a block that occurs again in another message, wherever it begins", () => {
		const parts = [dice.bytes(200), dice.bytes(200)] as const;
		parts[1].set(parts[0].slice(3, 19), 101);
		assert.equal(repeatedBlocks(parts), 1);
	});

	it("count a message that is published again once", () => {
		const part = dice.bytes(64);
		assert.equal(distinct([part, part.slice(), dice.bytes(64)]).length, 2);
	});

	it("say 0 where there is nothing", () => {
		assert.equal(chiSquare([]), 0);
		assert.equal(repeatedBlocks([new Uint8Array(15)]), 0);
	});
});
