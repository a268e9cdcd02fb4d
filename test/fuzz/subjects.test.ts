/** Every decoder, given damaged and random bytes by fast-check, which makes a failing input small. */
import fc from "fast-check";
import { Dice, damaged } from "../hostile/support.js";
import { type Subject, tried } from "./subject.js";
import { SUBJECTS } from "./subjects.js";

const RUNS = 400;

function hostile({ seeds }: Subject): fc.Arbitrary<Uint8Array> {
	const changed = fc
		.tuple(fc.constantFrom(...seeds), fc.nat())
		.map(([bytes, seed]) => damaged(bytes, new Dice(seed)));
	const random = fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes));
	return fc.oneof(changed, random);
}

describe("every decoder", function () {
	this.timeout(60_000);

	for (const subject of SUBJECTS)
		it(`reads any bytes or refuses them by name, and nothing else: ${subject.name}`, () =>
			fc.assert(
				fc.asyncProperty(hostile(subject), async (bytes) => {
					const outcome = await tried(subject, bytes);
					if (outcome.kind === "found") throw outcome.error;
				}),
				{ numRuns: Math.max(4, Math.ceil(RUNS / (subject.cost ?? 1))) },
			));
});
