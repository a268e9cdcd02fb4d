/** G8: no result is lost, no attempt is judged or made twice, and a line that is left alone comes to its end. */
import { decode } from "../../../modules/cbor/decode.js";
import type { Result } from "../../../modules/messages/types.js";
import type { Reading } from "../../../modules/ports/fixture.js";
import type { Attempt } from "../../../server/core/unit.js";
import { isOpen } from "../../../server/core/unit.js";
import type { Checker, CheckerKind, Seen, Surroundings } from "./checker.js";

/** What a unit record holds of a result: [format, number, [serial, …, [attempt, …, readings, …]]]. */
type UnitRecord = readonly [
	number,
	number,
	readonly [string, number, number, Uint8Array, StoredResult | null] | null,
];
type StoredResult = readonly [number, string, number, Uint8Array, number, unknown, number];

class Results implements Checker {
	readonly #surroundings: Surroundings;
	/** Results that a station has stored, by serial and attempt: the readings. */
	readonly #stored = new Map<string, string>();
	/** The last attempt of a unit whose result was stored. */
	readonly #last = new Map<string, number>();
	readonly #judgedSets = new Set<string>();
	readonly #passed = new Set<string>();

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	see(seen: Seen): void {
		if (seen.type === "recorded") this.#recorded(decode(seen.bytes) as unknown as UnitRecord);
		else if (seen.type === "said" && seen.kind === "message" && seen.message.type === "result")
			this.#sent(seen.by, seen.message);
		else if (seen.type === "trial") {
			const { serial, attempt } = seen.trial;
			if (attempt <= (this.#last.get(serial) ?? 0))
				this.#surroundings.fail(`attempt ${attempt} of ${serial} is made again`);
		} else if (seen.type === "committed")
			for (const change of seen.changes)
				if (change.kind === "attempt") this.#judged(change.attempt);
	}

	#recorded([, , unit]: UnitRecord): void {
		if (!unit?.[4]) return;
		const [attempt, , , , , readings] = unit[4];
		this.#stored.set(`${unit[0]}/${attempt}`, JSON.stringify(readings));
		this.#last.set(unit[0], Math.max(attempt, this.#last.get(unit[0]) ?? 0));
	}

	#sent(by: string, { serial, attempt, readings }: Result): void {
		if (by === this.#surroundings.traitor) return;
		if (this.#stored.get(`${serial}/${attempt}`) !== pairsOf(readings))
			this.#surroundings.fail(`result ${serial}/${attempt} is sent and was not stored`);
	}

	#judged({ serial, step, set, number, pass }: Attempt): void {
		const { fail } = this.#surroundings;
		const place = `${serial}/${step}`;
		if (this.#judgedSets.has(`${place}/${set}`)) fail(`set ${set} of ${place} is judged twice`);
		if (this.#passed.has(place))
			fail(`attempt ${number} of ${serial} is judged after it passed there`);
		this.#judgedSets.add(`${place}/${set}`);
		if (pass) this.#passed.add(place);
	}

	end(): void {
		const { line, fail } = this.#surroundings;
		for (const [name, readings] of this.#stored) {
			const judged = line.tables.attempts.get(name);
			if (!judged || pairsOf(judged.readings) !== readings)
				fail(`result ${name} was measured and is not in the journal`);
		}
	}
}

/** As a unit record has them. */
function pairsOf(readings: readonly Reading[]): string {
	return JSON.stringify(readings.map(({ name, value }) => [name, value]));
}

class Progress implements Checker {
	readonly #surroundings: Surroundings;

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	end(): void {
		const { line, serials, fail, traitor } = this.#surroundings;
		// Units wait at a station that is in other hands, or before it.
		if (traitor) return;
		for (const serial of serials) {
			const unit = line.tables.units.get(serial);
			if (!unit || isOpen(unit)) fail(`${serial} is still ${unit?.stage} at ${unit?.step}`);
		}
		for (const { name, state } of line.boards)
			if (state !== "Idle") fail(`${name} is ${state} when everything is done`);
	}
}

export const results: CheckerKind = {
	name: "results",
	property: "G8",
	holds:
		"every result is stored before it is sent, and is in the journal once; no attempt is made or judged again",
	make: (surroundings) => new Results(surroundings),
};

export const progress: CheckerKind = {
	name: "progress",
	property: "G8",
	holds: "without faults every unit leaves the line and every station comes to rest",
	make: (surroundings) => new Progress(surroundings),
};
