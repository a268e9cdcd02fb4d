/**
 * The fixture of a board to which none has been wired: it measures nothing and says so, so that such a board
 * holds with an alarm and never passes a unit. A plant puts its own module in its place in manifest.json.
 */
import type { Clock, Timer } from "../modules/ports/clock.js";
import type { Fixture, Trial, TrialOutcome } from "../modules/ports/fixture.js";

export default class NoFixture implements Fixture {
	readonly #clock: Clock;
	#timer: Timer | undefined;

	constructor(options: { clock: Clock }) {
		this.#clock = options.clock;
	}

	run(_trial: Trial, done: (outcome: TrialOutcome) => void): void {
		this.#timer = this.#clock.set(0, () => done({ fault: "no fixture is fitted to this board" }));
	}

	stop(): void {
		this.#timer?.cancel();
	}
}
