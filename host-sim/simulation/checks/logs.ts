/** G8, for measurement logs: what the database has is what the fixture wrote, of that attempt, and nothing is lost. */
import { sameBytes } from "../../../modules/bytes/bytes.js";
import type { StoredLog } from "../../../server/store/store.js";
import type { Checker, CheckerKind, Seen, Surroundings } from "./checker.js";

class Logs implements Checker {
	readonly #surroundings: Surroundings;
	/** By serial and attempt: what was logged when it was measured last. */
	readonly #written = new Map<string, { readonly bytes: Uint8Array; readonly isWhole: boolean }>();
	readonly #kept = new Set<string>();

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	see(seen: Seen): void {
		if (seen.type === "measured" && seen.log)
			this.#written.set(`${seen.trial.serial}/${seen.trial.attempt}`, seen.log);
		else if (seen.type === "committed")
			for (const change of seen.changes) if (change.kind === "log") this.#keep(change.log);
	}

	#keep({ serial, attempt, station, file, size, cut }: StoredLog): void {
		const { fail, line, traitor } = this.#surroundings;
		if (station === traitor) return;
		const name = `${serial}/${attempt}`;
		const written = this.#written.get(name);
		const judged = line.tables.attempts.get(name);
		if (this.#kept.has(name)) fail(`the log of ${name} is kept twice`);
		this.#kept.add(name);
		if (judged?.station !== station) fail(`the log of ${name} is not of an attempt at ${station}`);
		const content = line.tables.content(file);
		const isSame = written && sameBytes(content, written.bytes.subarray(0, size));
		if (!isSame || content.length !== size) fail(`the log of ${name} is not what was written`);
		else if (cut === written.isWhole || cut === (size === written.bytes.length))
			fail(`the log of ${name} does not say whether it was cut`);
	}

	end(): void {
		const { line, fail, traitor } = this.#surroundings;
		// Who has not come to its end may still have some.
		if (traitor) return;
		for (const name of this.#written.keys())
			if (line.tables.attempts.has(name) && !this.#kept.has(name))
				fail(`the log of ${name} was written and is not kept`);
	}
}

export const logs: CheckerKind = {
	name: "logs",
	property: "G8",
	holds:
		"the log of a judged attempt is kept once, and is byte for byte what the fixture wrote when that attempt was measured",
	make: (surroundings) => new Logs(surroundings),
};
