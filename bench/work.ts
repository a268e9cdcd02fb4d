/** A unit in front of a {@link Player}: attempts that fail or pass, and handing it on. */
import type { Result, Start, Ticket, Verdict } from "../modules/messages/types.js";
import type { Reading } from "../modules/ports/fixture.js";
import { check } from "./measure.js";
import type { PlantStation } from "./plant.js";
import type { Player } from "./player.js";

const LIMITS = "# q\nmin= 1\nmax= 2\n";
const FAILING: readonly Reading[] = [
	{ name: "q", value: 3.25 },
	{ name: "impedance", value: 351.7 },
];
const PASSING: readonly Reading[] = [
	{ name: "q", value: 1.5 },
	{ name: "impedance", value: 351.7 },
];

/** A station with value sets for so many attempts, all of which fail with {@link Work.attempt}'s readings. */
export function workplace(id: string, attempts: number): PlantStation {
	const sets = Array.from({ length: Math.ceil(Math.sqrt(attempts + 2)) }, (_, i) => `v${i}= ${i}`);
	const section = sets.join("\n");
	return { id, text: `# R\n${section}\n# C\n${section}\n`, limits: LIMITS };
}

export class Work {
	readonly player: Player;
	readonly #start: Start;
	#done = 0;

	private constructor(player: Player, start: Start) {
		this.player = player;
		this.#start = start;
	}

	/** Waits for a ticket and gets leave to work on its unit. */
	static async begin(player: Player): Promise<Work> {
		const { serial, visit, step, proof }: Ticket = await player.ticket();
		const start = await player.ask({ type: "arrived", serial, visit, step, proof });
		check(start.type === "start", `${start.type} instead of start`);
		return new Work(player, start);
	}

	/** How many attempts there were. */
	get attempts(): number {
		return this.#done;
	}

	get serial(): string {
		return this.#start.serial;
	}

	/** From a result about to be sealed to its verdict. @throws BenchError where the verdict is another. */
	async attempt(readings: readonly Reading[] = FAILING): Promise<Verdict> {
		const result = this.#result(readings);
		const verdict = await this.player.ask(result);
		check(verdict.type === "verdict", `${verdict.type} instead of a verdict`);
		check(verdict.pass === (readings === PASSING), `pass: ${verdict.pass}`);
		check(verdict.attempt === result.attempt, "the verdict on another attempt");
		return verdict;
	}

	/** A passing attempt, and on to the next station. */
	async passTo(next: Player): Promise<Work> {
		await this.attempt(PASSING);
		const { serial, visit, step } = this.#start;
		const handover = await this.player.ask({ type: "done", serial, visit, step });
		check(handover.type === "handover", `${handover.type} instead of a handover`);
		check(handover.to === next.name, `a handover to ${handover.to}`);
		this.player.passOn(handover.to, handover.ticket);
		return await Work.begin(next);
	}

	#result(readings: readonly Reading[]): Result {
		const { serial, visit, step, attempt, set, recipe } = this.#start;
		const offset = this.#done++;
		return {
			type: "result",
			...{ serial, visit, step },
			attempt: attempt + offset,
			digest: recipe.digest,
			set: set + offset,
			readings,
			durationMs: 80,
		};
	}
}
