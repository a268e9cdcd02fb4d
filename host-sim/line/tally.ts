/** A chip's instruction counts as sums by what the station was doing, over all its starts. */
import type { Instructions } from "./events.js";

/** What a station does before it names a state. */
const FIRST_STATE = "start";
const NONE: Instructions = { busy: 0, idle: 0 };

export class InstructionTally {
	/** By PackML state, and `start` before the first, in the order in which they came. */
	readonly byState = new Map<string, Instructions>();
	#last = NONE;
	#state = FIRST_STATE;

	/** The chip starts: its counters begin at zero. */
	begin(): void {
		this.#last = NONE;
		this.#state = FIRST_STATE;
	}

	/**
	 * @param now - since the chip's start; what is new belongs to the state of the count before.
	 * @param state - the station's present one: a new state's line comes before its count.
	 */
	count(now: Instructions, state: string): void {
		const sum = this.byState.get(this.#state) ?? NONE;
		this.byState.set(this.#state, {
			busy: sum.busy + now.busy - this.#last.busy,
			idle: sum.idle + now.idle - this.#last.idle,
		});
		this.#last = now;
		this.#state = state || FIRST_STATE;
	}
}
