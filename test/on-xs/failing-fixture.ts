/**
 * A fixture whose first trials end the board, each time in another way, by how the board came to start: it overflows the
 * stack, then fills the memory, then throws what nobody catches; after that it measures.
 */
import resetReason from "reset-reason";
import type { Clock } from "../../modules/ports/clock.js";
import type { Fixture, Trial, TrialOutcome } from "../../modules/ports/fixture.js";

function recurse(depth: number): number {
	return recurse(depth + 1) + 1;
}

function fill(): void {
	const kept: unknown[] = [];
	for (;;) kept.push({ size: kept.length });
}

const faults: Record<string, () => void> = {
	"power-on": () => void recurse(0),
	"stack-overflow": fill,
	"memory-full": () => {
		throw new Error("the fixture fails");
	},
};

export default class FailingFixture implements Fixture {
	readonly #clock: Clock;

	constructor({ clock }: { clock: Clock }) {
		this.#clock = clock;
	}

	run(_trial: Trial, done: (outcome: TrialOutcome) => void): void {
		this.#clock.set(0, () => {
			faults[resetReason()]?.();
			done({ readings: [{ name: "q", value: 1.5 }] });
		});
	}

	stop(): void {}
}
