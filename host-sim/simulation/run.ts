/**
 * One run: a line drawn from a seed, a phase under faults in which nothing bad may happen, then a phase without them
 * in which everything must come to its end. The same seed gives the same run, event for event.
 */

import { isOpen, type Stage } from "../../server/core/unit.js";
import { type FaultCounts, faultKind, noFaults } from "./census.js";
import { CHECKERS, SOUND } from "./checks/index.js";
import { Dice } from "./dice.js";
import { Faults } from "./faults.js";
import type { RsaPair } from "./ideal-keys.js";
import { SimulatedLine } from "./line.js";
import { drawRecipe } from "./recipe-text.js";
import { Traitor } from "./traitor.js";
import { drawTrouble } from "./trouble.js";
import { type OnSeen, type Violation, Watch } from "./watch.js";

/** How long everything may take once there are no faults any more. */
const CALM_MAX_MS = 15 * 60_000;
/** So long in a line of which a station is in other hands: it need not come to its end, and nothing may be lost. */
const BETRAYED_MS = 150_000;
/** Part of the lines of which one is. */
const BETRAYAL = 1 / 8;
/** Every station has said that it is idle by then. */
const REST_MS = 10_000;
const EVENTS_MAX = 400_000;
/** Files of up to four segments, and too large for the broker to keep. */
const FILLERS_MAX = 65;

export interface RunResult {
	readonly seed: number;
	readonly violation: Violation | undefined;
	/** Simulated. */
	readonly durationMs: number;
	readonly stations: number;
	readonly units: number;
	/** Units that left the line at its end, and those that were rejected. */
	readonly finished: number;
	readonly rejected: number;
	readonly attempts: number;
	/** Published at the broker. */
	readonly messages: number;
	readonly faults: FaultCounts;
	/** 1 where a station was in other hands. */
	readonly betrayed: number;
}

export interface RunOptions {
	/** Gets everything that is seen, and when. */
	readonly onSeen?: OnSeen;
	/** Makes real RSA key pairs in place of modelled ones; all keys are then real. */
	readonly realPair?: () => RsaPair;
}

/** @param seed - 0 to 2^32 - 1. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<RunResult> {
	return await new Run(seed, options).run();
}

class Run {
	readonly #seed: number;
	readonly #dice: Dice;
	readonly #line: SimulatedLine;
	readonly #faults: Faults;
	readonly #watch: Watch;
	readonly #serials: readonly string[];
	readonly #recipes: { station: string; text: string }[] = [];
	readonly #safeMs: number;
	readonly #traitor: Traitor | undefined;
	#messages = 0;
	readonly #counts = noFaults();

	constructor(seed: number, options: RunOptions) {
		this.#seed = seed;
		const dice = new Dice(seed, "plan");
		this.#dice = dice;
		this.#watch = new Watch((atMs, seen) => {
			if (seen.type === "published") this.#messages++;
			const fault = faultKind(seen);
			if (fault) this.#counts[fault]++;
			options.onSeen?.(atMs, seen);
		});
		const units = dice.pick([1, 2, 2, 3, 4]);
		this.#serials = Array.from({ length: units }, (_, i) => `UNIT-${seed}-${i + 1}`);
		this.#safeMs = dice.between(10_000, 60_000);
		this.#faults = new Faults(
			new Dice(seed, "faults"),
			drawTrouble(dice),
			(station) => this.#release(station),
			(text) => this.#watch.see({ type: "fault", text }),
		);
		this.#line = new SimulatedLine({
			seed,
			stations: dice.pick([1, 2, 2, 2, 3, 4]),
			yield: dice.pick([0.3, 0.5, 0.7]),
			courier: this.#faults,
			observe: (observation) => this.#watch.see(observation),
			onFailure: (party, error) => this.#watch.unsound(party, error),
			...(options.realPair && { realPair: options.realPair }),
		});
		this.#traitor = this.#drawTraitor();
		this.#watch.begin(CHECKERS, {
			line: this.#line,
			serials: this.#serials,
			recipes: this.#recipes,
			traitor: this.#traitor?.name,
		});
	}

	#drawTraitor(): Traitor | undefined {
		const dice = new Dice(this.#seed, "traitor");
		const { stations } = this.#line.plant;
		if (stations.length < 2 || !dice.chance(BETRAYAL)) return undefined;
		const name = dice.pick(stations) as string;
		const onFailure = (error: unknown) => this.#watch.unsound(name, error);
		return new Traitor(this.#line, name, this.#serials, dice, onFailure);
	}

	async run(): Promise<RunResult> {
		const line = this.#line;
		for (const station of line.plant.stations) await this.#release(station);
		await line.releaseUnits(this.#serials);
		this.#faults.begin(line);
		this.#traitor?.start();
		await line.start();
		const isOver = () => this.#watch.violation !== undefined;
		await this.#until(this.#safeMs, isOver);
		this.#traitor?.stop();
		await this.#faults.end(line);
		if (this.#traitor) await this.#until(line.time.nowMs + BETRAYED_MS, isOver);
		else await this.#calmDown(isOver);
		if (!isOver()) this.#watch.end();
		return {
			seed: this.#seed,
			violation: this.#watch.violation,
			durationMs: Math.round(line.time.nowMs),
			stations: line.boards.length,
			units: this.#serials.length,
			finished: this.#unitsIn("finished"),
			rejected: this.#unitsIn("rejected"),
			attempts: line.tables.attempts.size,
			messages: this.#messages,
			faults: this.#counts,
			betrayed: this.#traitor ? 1 : 0,
		};
	}

	async #calmDown(isOver: () => boolean): Promise<void> {
		const { time } = this.#line;
		const endMs = time.nowMs + CALM_MAX_MS;
		// One that the server has not yet come back to may still go to Held, and comes out of it.
		do {
			await this.#until(endMs, () => isOver() || this.#isDone);
			await this.#until(time.nowMs + REST_MS, isOver);
		} while (!isOver() && !this.#isDone && time.nowMs < endMs);
	}

	async #until(untilMs: number, isOver: () => boolean): Promise<void> {
		const isInTime = await this.#line.time.run(untilMs, isOver, EVENTS_MAX);
		if (!isInTime)
			this.#watch.fail(SOUND.name, `more than ${EVENTS_MAX} events: something runs in a circle`);
	}

	get #isDone(): boolean {
		for (const unit of this.#line.tables.units.values()) if (isOpen(unit)) return false;
		return this.#line.boards.every(({ state }) => state === "Idle");
	}

	#unitsIn(stage: Stage): number {
		const units = [...this.#line.tables.units.values()];
		return units.filter((unit) => unit.stage === stage).length;
	}

	async #release(station: string): Promise<void> {
		const dice = this.#dice;
		const text = drawRecipe(dice, dice.chance(0.3) ? dice.whole(1, FILLERS_MAX) : 0);
		this.#recipes.push({ station, text });
		await this.#line.releaseRecipe(station, text);
	}
}
