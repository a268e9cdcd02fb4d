/**
 * One attempt: the value set is picked from the sealed file, a segment at a turn so that the board stays
 * responsive, then the fixture applies it and measures.
 */
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

export class TrialRun {
	readonly #clock: Clock;
	readonly #fixture: Fixture;
	readonly #library: Pick<Library, "reader" | "distrust">;
	readonly #onOutcome: (event: StationEvent) => void;
	#timer: Timer | undefined;
	/** Of the trial that is under way, 0 for none. */
	#number = 0;

	/** @param onOutcome - gets `measured`, `no-set`, `unreadable` or `fault`, never before `run` has returned. */
	constructor(
		clock: Clock,
		fixture: Fixture,
		library: Pick<Library, "reader" | "distrust">,
		onOutcome: (event: StationEvent) => void,
	) {
		this.#clock = clock;
		this.#fixture = fixture;
		this.#library = library;
		this.#onOutcome = onOutcome;
	}

	/** Begins; a trial under way is given up. */
	run(trial: TrialOrder, serial: string): void {
		this.stop();
		this.#number = trial.number;
		const reader = this.#library.reader(trial.recipe, trial.set);
		this.#timer = this.#clock.set(0, () => this.#read(trial, serial, reader));
	}

	/** Gives up whatever is under way and makes the fixture safe; no outcome follows. */
	stop(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
		this.#number = 0;
		this.#fixture.stop();
	}

	#read(trial: TrialOrder, serial: string, reader: SetReader | undefined): void {
		this.#timer = undefined;
		const found = reader ? stepOf(reader) : "unreadable";
		if (found instanceof RecipeError) {
			this.#number = 0;
			this.#fail(trial, "recipe-fault", found.message);
		} else if (found === undefined) {
			this.#timer = this.#clock.set(0, () => this.#read(trial, serial, reader));
		} else if (found === "no-set" || found === "unreadable") {
			this.#number = 0;
			if (found === "unreadable") this.#library.distrust(trial.recipe);
			this.#onOutcome({ type: found, trial: trial.number });
		} else this.#measure(trial, serial, found);
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
