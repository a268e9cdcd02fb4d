import assert from "node:assert/strict";
import { recipeTopic } from "../../modules/station/topics.js";
import { Retained } from "../../server/retained.js";

const A = "line.a";
const B = "line.b";

describe("retained files", () => {
	let files: Map<string, (Uint8Array | undefined)[]>;
	let sent: [string, number[]][];
	let room: number;
	let retained: Retained;

	beforeEach(() => {
		files = new Map([[A, [new Uint8Array([1])]]]);
		sent = [];
		room = 100;
		retained = new Retained({
			route: [A, B],
			files: async (station) => files.get(station) ?? [],
			publish: (topic, payload) => {
				if (room-- <= 0) return false;
				sent.push([topic, [...payload]]);
				return true;
			},
		});
	});

	it("publishes what is wanted and clears what is not, once", async () => {
		assert.equal(await retained.update(), true);
		assert.deepEqual(sent, [
			[recipeTopic(A, 0), [1]],
			[recipeTopic(A, 1), []],
			[recipeTopic(B, 0), []],
			[recipeTopic(B, 1), []],
		]);
		sent = [];
		files.set(A, [new Uint8Array([1]), new Uint8Array([2])]);
		await retained.update();
		assert.deepEqual(sent, [[recipeTopic(A, 1), [2]]]);
	});

	it("says everything again to a broker that may have forgotten", async () => {
		await retained.update();
		sent = [];
		retained.forget();
		await retained.update();
		assert.equal(sent.length, 4);
	});

	it("goes on where the queue was full", async () => {
		room = 3;
		assert.equal(await retained.update(), false);
		room = 100;
		assert.equal(await retained.update(), true);
		assert.equal(new Set(sent.map(([topic]) => topic)).size, 4);
		assert.equal(sent.length, 4);
	});
});
