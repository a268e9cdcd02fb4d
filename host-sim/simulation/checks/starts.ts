/** §6: people learn of each start of a board once, and why it started. */
import type { Checker, CheckerKind, Seen, Surroundings } from "./checker.js";

class Starts implements Checker {
	readonly #surroundings: Surroundings;
	/** What each station said last, and what the server told of it, by boot count. */
	readonly #said = new Map<string, number>();
	readonly #told = new Map<string, Set<number>>();

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	see(seen: Seen): void {
		const { traitor } = this.#surroundings;
		if (seen.type === "said" && seen.kind === "message" && seen.message.type === "ready") {
			if (seen.by === traitor) return;
			const { boot, reset } = seen.message;
			const own = this.#resetOf(seen.by);
			if (reset !== own) this.#fail(`${seen.by} says ${reset}, and started by ${own}`);
			this.#said.set(seen.by, boot);
		} else if (seen.type === "event" && seen.event.event === "started") {
			const { station, boot } = seen.event;
			if (station === traitor) return;
			const told = this.#told.get(station) ?? new Set();
			if (told.has(boot)) this.#fail(`start ${boot} of ${station} is told again`);
			this.#told.set(station, told.add(boot));
		}
	}

	/** What is stored is the last start, which has been heard of by now. */
	end(): void {
		const { line } = this.#surroundings;
		for (const [station, boot] of this.#said) {
			const stored = line.tables.starts.get(station);
			if (stored?.boot !== boot || stored.reset !== this.#resetOf(station))
				this.#fail(`start ${boot} of ${station} was never stored`);
		}
	}

	#resetOf(station: string): string | undefined {
		return this.#surroundings.line.boards.find(({ name }) => name === station)?.resetReason;
	}

	#fail(why: string): void {
		this.#surroundings.fail(why);
	}
}

export const starts: CheckerKind = {
	name: "starts",
	property: "§6",
	holds: "each start of a board is stored with its reason, and told once",
	make: (surroundings) => new Starts(surroundings),
};
