/**
 * One run: a line drawn from a seed, a phase under faults in which nothing bad may happen, then a phase without them
 * in which everything must come to its end. The same seed gives the same run, event for event.
 */

import { hex } from "../../modules/bytes/bytes.js";
import { SESSION_ID_SIZE } from "../../modules/channel/handshake.js";
import { RECORD_KIND, TICKET_KIND } from "../../modules/channel/session.js";
import { decodeMessage, decodeTicket, unpad } from "../../modules/messages/codec.js";
import { isOpen, type Stage } from "../../server/core/unit.js";
import { type FaultCounts, faultKind, noFaults } from "./census.js";
import type { Checker, Seen, Surroundings, Talk } from "./checks/checker.js";
import { CHECKERS, SOUND } from "./checks/index.js";
import type { KeyUse, RsaPair } from "./crypto.js";
import { Dice } from "./dice.js";
import { drawTrouble, Faults } from "./faults.js";
import { SERVER, SimulatedLine } from "./line.js";
import type { Observation } from "./observation.js";

/** How long everything may take once there are no faults any more. */
const CALM_MAX_MS = 15 * 60_000;
/** Every station has said that it is idle by then. */
const REST_MS = 10_000;
const EVENTS_MAX = 400_000;

export interface Violation {
	readonly checker: string;
	readonly why: string;
	/** In simulated time. */
	readonly atMs: number;
}

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
}

export interface RunOptions {
	/** Gets everything that is seen, and when. */
	readonly onSeen?: (atMs: number, seen: Seen) => void;
	/** Makes real RSA key pairs in place of modelled ones; all keys are then real. */
	readonly realPair?: () => RsaPair;
}

/** @param seed - 0 to 2^32 - 1. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<RunResult> {
	return await new Run(seed, options).run();
}

class Run {
	readonly #seed: number;
	readonly #options: RunOptions;
	readonly #dice: Dice;
	readonly #line: SimulatedLine;
	readonly #faults: Faults;
	readonly #checkers: readonly { readonly name: string; readonly checker: Checker }[];
	readonly #serials: readonly string[];
	readonly #recipes: { station: string; text: string }[] = [];
	readonly #safeMs: number;
	#violation: Violation | undefined;
	#messages = 0;
	readonly #counts = noFaults();

	constructor(seed: number, options: RunOptions) {
		this.#seed = seed;
		this.#options = options;
		const dice = new Dice(seed, "plan");
		this.#dice = dice;
		const units = dice.pick([1, 2, 2, 3, 4]);
		this.#serials = Array.from({ length: units }, (_, i) => `UNIT-${seed}-${i + 1}`);
		this.#safeMs = dice.between(10_000, 60_000);
		this.#faults = new Faults(
			new Dice(seed, "faults"),
			drawTrouble(dice),
			(station) => this.#release(station),
			(text) => this.#observe({ type: "fault", text }),
		);
		this.#line = new SimulatedLine({
			seed,
			stations: dice.pick([1, 2, 2, 2, 3, 4]),
			yield: dice.pick([0.3, 0.5, 0.7]),
			courier: this.#faults,
			observe: (observation) => this.#observe(observation),
			onFailure: (party, error) =>
				this.#fail(SOUND.name, `${party}: ${error instanceof Error ? error.stack : String(error)}`),
			...(options.realPair && { realPair: options.realPair }),
		});
		this.#checkers = CHECKERS.map(({ name, make }) => {
			const surroundings: Surroundings = {
				line: this.#line,
				serials: this.#serials,
				recipes: this.#recipes,
				fail: (why) => this.#fail(name, why),
			};
			return { name, checker: make(surroundings) };
		});
	}

	async run(): Promise<RunResult> {
		const line = this.#line;
		for (const station of line.plant.stations) await this.#release(station);
		await line.releaseUnits(this.#serials);
		this.#faults.begin(line);
		await line.start();
		const isOver = () => this.#violation !== undefined;
		await this.#until(this.#safeMs, isOver);
		await this.#faults.end(line);
		const endMs = line.time.nowMs + CALM_MAX_MS;
		// One that the server has not yet come back to may still go to Held, and comes out of it.
		do {
			await this.#until(endMs, () => isOver() || this.#isDone);
			await this.#until(line.time.nowMs + REST_MS, isOver);
		} while (!isOver() && !this.#isDone && line.time.nowMs < endMs);
		if (!isOver()) for (const { checker } of this.#checkers) checker.end?.();
		return {
			seed: this.#seed,
			violation: this.#violation,
			durationMs: Math.round(line.time.nowMs),
			stations: line.boards.length,
			units: this.#serials.length,
			finished: this.#unitsIn("finished"),
			rejected: this.#unitsIn("rejected"),
			attempts: line.tables.attempts.size,
			messages: this.#messages,
			faults: this.#counts,
		};
	}

	async #until(untilMs: number, isOver: () => boolean): Promise<void> {
		const isInTime = await this.#line.time.run(untilMs, isOver, EVENTS_MAX);
		if (!isInTime)
			this.#fail(SOUND.name, `more than ${EVENTS_MAX} events: something runs in a circle`);
	}

	get #isDone(): boolean {
		for (const unit of this.#line.tables.units.values()) if (isOpen(unit)) return false;
		return this.#line.boards.every(({ state }) => state === "Idle");
	}

	#unitsIn(stage: Stage): number {
		const units = [...this.#line.tables.units.values()];
		return units.filter((unit) => unit.stage === stage).length;
	}

	/** Two or three sections of one to three values each; no two alike in the whole plant. */
	async #release(station: string): Promise<void> {
		const dice = this.#dice;
		const sections = Array.from({ length: dice.whole(2, 3) }, (_, section) => {
			const values = Array.from(
				{ length: dice.whole(1, 3) },
				(_, i) => `v${section}${i}= ${dice.whole(100, 999)}.${dice.whole(100, 999)}5`,
			);
			return `# Section ${section}\n${values.join("\n")}\n`;
		});
		const text = sections.join("\n");
		this.#recipes.push({ station, text });
		await this.#line.releaseRecipe(station, text);
	}

	#observe(observation: Observation): void {
		const fault = faultKind(observation);
		if (fault) this.#counts[fault]++;
		this.#see(observation);
		if (observation.type !== "key") return;
		const { by, use } = observation;
		const talk = talkOf(by, use);
		if (talk) this.#see(talk);
	}

	#see(seen: Seen): void {
		if (seen.type === "published") this.#messages++;
		this.#options.onSeen?.(this.#line?.time.nowMs ?? 0, seen);
		for (const { checker } of this.#checkers ?? []) checker.see?.(seen);
	}

	#fail(checker: string, why: string): void {
		this.#violation ??= { checker, why, atMs: Math.round(this.#line.time.nowMs) };
	}
}

/** What a record or ticket says; `undefined` for other uses of a key. */
function talkOf(by: string, use: KeyUse): Talk | undefined {
	if (use.use !== "sealed" && use.use !== "opened") return undefined;
	const { aad, plaintext } = use;
	const kind = aad[0];
	if (kind !== RECORD_KIND && kind !== TICKET_KIND) return undefined;
	const type = use.use === "sealed" ? "said" : "heard";
	const session = hex(aad.subarray(1, 1 + SESSION_ID_SIZE));
	const seq = Number.parseInt(hex(aad.subarray(1 + SESSION_ID_SIZE)), 16);
	const content = unpad(plaintext);
	if (kind === TICKET_KIND)
		return { type, by, session, seq, kind: "ticket", message: decodeTicket(content) };
	const from = (by === SERVER) === (type === "said") ? "server" : "station";
	return { type, by, session, seq, kind: "message", message: decodeMessage(content, from) };
}
