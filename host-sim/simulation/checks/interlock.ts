/** G5: no station is skipped. */
import type { Trial } from "../../../modules/ports/fixture.js";
import type { Change } from "../tables.js";
import type { Checker, CheckerKind, Seen, Surroundings } from "./checker.js";

class Interlock implements Checker {
	readonly #surroundings: Surroundings;
	/** Units that a station has let go: it said `done`. */
	readonly #letGo = new Set<string>();
	/** Which unit each station is trying now. */
	readonly #trying = new Map<string, string>();
	/** The furthest step at which a unit was tried. */
	readonly #reached = new Map<string, number>();

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	see(seen: Seen): void {
		if (seen.type === "said" && seen.message && "type" in seen.message) {
			const { by, message } = seen;
			if (message.type === "done") this.#letGo.add(`${by}/${message.serial}`);
		} else if (seen.type === "committed") {
			for (const change of seen.changes) if (change.kind === "unit") this.#moved(change);
		} else if (seen.type === "trial") this.#trial(seen.station, seen.trial);
		else if (seen.type === "measured" || seen.type === "stopped") this.#trying.delete(seen.station);
		else if (seen.type === "power" && !seen.isOn) this.#trying.delete(seen.party);
	}

	/** The journal has a unit come to a station: the one before must have let it go. */
	#moved({ before, unit }: Extract<Change, { kind: "unit" }>): void {
		const { line, fail } = this.#surroundings;
		const from = line.plant.stations[unit.step - 1];
		const isMove = unit.stage === "working" && before?.step !== unit.step;
		if (isMove && from && !this.#letGo.has(`${from}/${unit.serial}`))
			fail(`${unit.serial} comes to step ${unit.step}, and ${from} has not let it go`);
	}

	#trial(station: string, { serial, attempt }: Trial): void {
		const { line, fail } = this.#surroundings;
		const { stations } = line.plant;
		const step = stations.indexOf(station);
		const unit = line.tables.units.get(serial);
		const at = `attempt ${attempt} of ${serial} at ${station}`;
		if (unit?.stage !== "working" || unit.step !== step)
			fail(`${at}, but the journal has the unit ${unit?.stage ?? "nowhere"} at ${unit?.step}`);
		for (const before of stations.slice(0, step)) {
			const passed = [...line.tables.attempts.values()].some(
				(each) => each.serial === serial && each.station === before && each.pass,
			);
			if (!passed) fail(`${at}, which did not pass at ${before}`);
			if (!this.#letGo.has(`${before}/${serial}`)) fail(`${at}, which ${before} has not let go`);
		}
		for (const [other, tried] of this.#trying)
			if (tried === serial) fail(`${at}, while ${other} tries it`);
		if (step < (this.#reached.get(serial) ?? 0)) fail(`${at}, which was further on the line`);
		this.#reached.set(serial, step);
		this.#trying.set(station, serial);
	}
}

export const interlock: CheckerKind = {
	name: "interlock",
	property: "G5",
	holds:
		"a unit comes to a station, and is tried there, only if each before passed it and let it go; no other tries it",
	make: (surroundings) => new Interlock(surroundings),
};
