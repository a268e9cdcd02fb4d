/**
 * One attempt: the value set is picked from the sealed file, a segment at a turn so that the board stays
 * responsive, then the fixture applies it and measures.
 *
 * While the verdict is awaited the next set is picked ahead, in the same way. It is used if it is the one that is ordered,
 * and otherwise dropped.
 */
import { sameBytes } from "../bytes/bytes.js";
import { isReadingName } from "../bytes/names.js";
import type { Clock, Timer } from "../ports/clock.js";
import {
	type Fixture,
	type NamedValue,
	READINGS_MAX,
	type TrialOutcome,
} from "../ports/fixture.js";
import { RecipeError } from "../recipe/error.js";
import type { Library } from "./library.js";
import type { SetReader } from "./set-reader.js";
import type { StationEvent, TrialOrder } from "./state.js";

const FAULT_LENGTH_MAX = 120;

/** A set that is being picked, or has been. */
interface Picking {
	readonly digest: Uint8Array;
	readonly set: number;
	readonly reader: SetReader;
	found: ReturnType<SetReader["step"]>;
}

export class TrialRun {
	readonly #clock: Clock;
	readonly #fixture: Fixture;
	readonly #library: Pick<Library, "reader" | "distrust" | "forget">;
	readonly #onOutcome: (event: StationEvent) => void;
	#timer: Timer | undefined;
	/** Of the trial that is under way, 0 for none. */
	#number = 0;
	/** The set after the one that was measured last. */
	#ahead: Picking | undefined;

	/** @param onOutcome - gets `measured`, `no-set`, `unreadable` or `fault`, never before `run` has returned. */
	constructor(
		clock: Clock,
		fixture: Fixture,
		library: Pick<Library, "reader" | "distrust" | "forget">,
		onOutcome: (event: StationEvent) => void,
	) {
		this.#clock = clock;
		this.#fixture = fixture;
		this.#library = library;
		this.#onOutcome = onOutcome;
	}

	/** Begins; a trial under way is given up. */
	run(trial: TrialOrder, serial: string): void {
		const ahead = this.#ahead;
		this.stop();
		this.#number = trial.number;
		const { recipe, set } = trial;
		if (ahead && ahead.set === set && sameBytes(ahead.digest, recipe.digest)) {
			if (Array.isArray(ahead.found)) this.#measure(trial, serial, ahead.found);
			else this.#read(trial, serial, ahead.reader);
		} else this.#read(trial, serial, this.#library.reader(recipe, set));
	}

	/** Gives up whatever is under way and makes the fixture safe; no outcome follows. */
	stop(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
		this.#number = 0;
		this.#ahead = undefined;
		this.#fixture.stop();
	}

	/** The unit has gone: what was read for it is forgotten. */
	forget(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
		this.#ahead = undefined;
		this.#library.forget();
	}

	#read(trial: TrialOrder, serial: string, reader: SetReader | undefined): void {
		const found = reader ? stepOf(reader) : "unreadable";
		if (Array.isArray(found)) {
			this.#measure(trial, serial, found);
			return;
		}
		this.#timer = this.#clock.set(0, () => {
			this.#timer = undefined;
			if (found === undefined) this.#read(trial, serial, reader);
			else this.#failed(trial, found as Exclude<typeof found, readonly NamedValue[]>);
		});
	}

	#failed(trial: TrialOrder, found: "no-set" | "unreadable" | RecipeError): void {
		this.#number = 0;
		if (found instanceof RecipeError) {
			this.#fail(trial, "recipe-fault", found.message);
			return;
		}
		if (found === "unreadable") this.#library.distrust(trial.recipe);
		this.#onOutcome({ type: found, trial: trial.number });
	}

	/** Picks the next set while there is nothing else to do. */
	#readAhead(trial: TrialOrder): void {
		const set = trial.set + 1;
		const reader = this.#library.reader(trial.recipe, set);
		if (!reader) return;
		const ahead: Picking = { digest: trial.recipe.digest, set, reader, found: undefined };
		this.#ahead = ahead;
		this.#stepAhead(ahead);
	}

	#stepAhead(ahead: Picking): void {
		this.#timer = this.#clock.set(0, () => {
			this.#timer = undefined;
			const found = stepOf(ahead.reader);
			if (found === undefined) this.#stepAhead(ahead);
			// What is wrong is told when it is wanted.
			else if (Array.isArray(found)) ahead.found = found;
			else this.#ahead = undefined;
		});
	}

	#measure(trial: TrialOrder, serial: string, values: readonly NamedValue[]): void {
		const startMs = this.#clock.nowMs();
		this.#fixture.run({ serial, attempt: trial.attempt, values }, (outcome) => {
			if (this.#number !== trial.number) return;
			this.#number = 0;
			const durationMs = Math.round(this.#clock.nowMs() - startMs);
			const fault = faultIn(outcome);
			if (fault === undefined && "readings" in outcome) {
				// No reading is negative zero: the encoding has none.
				const readings = outcome.readings.map(({ name, value }) => ({ name, value: value + 0 }));
				this.#onOutcome({ type: "measured", trial: trial.number, readings, durationMs });
				if (this.#number === 0 && this.#timer === undefined) this.#readAhead(trial);
			} else this.#fail(trial, "fixture-fault", fault ?? "");
		});
	}

	#fail(trial: TrialOrder, code: "fixture-fault" | "recipe-fault", text: string): void {
		this.#onOutcome({ type: "fault", trial: trial.number, code, text });
	}
}

function stepOf(reader: SetReader): ReturnType<SetReader["step"]> | RecipeError {
	try {
		return reader.step();
	} catch (error) {
		if (error instanceof RecipeError) return error;
		throw error;
	}
}

function faultIn(outcome: TrialOutcome): string | undefined {
	if ("fault" in outcome) return printable(outcome.fault);
	const { readings } = outcome;
	if (readings.length === 0) return "the fixture measured nothing";
	if (readings.length > READINGS_MAX) return `more than ${READINGS_MAX} readings`;
	const names = new Set<string>();
	for (const { name, value } of readings) {
		if (!isReadingName(name) || names.has(name)) return "a reading with an unusable name";
		if (!Number.isFinite(value)) return "a reading that is not a number";
		names.add(name);
	}
	return undefined;
}

/** A fixture's words as an alarm may carry them: printable ASCII. */
function printable(text: string): string {
	let clean = "";
	for (let i = 0; i < text.length && i < FAULT_LENGTH_MAX; i++) {
		const code = text.charCodeAt(i);
		clean += code >= 0x20 && code < 0x7f ? text[i] : "?";
	}
	return clean;
}
