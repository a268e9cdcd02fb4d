/**
 * One subject under a stream of inputs that one seed draws. An input is kept, to be changed further, where it made code
 * run that had not run before or was refused in words that were not seen before.
 *
 * Inputs go in batches, since looking at the coverage costs as much as hundreds of inputs: a batch that holds something
 * new is run again in halves, down to the input that it was.
 */

import { hash32 } from "../../host-sim/plant/random.js";
import { hex } from "../../modules/bytes/bytes.js";
import { Dice } from "../hostile/support.js";
import { type Coverage, Reached } from "./coverage.js";
import { Mutator } from "./mutate.js";
import { type Subject, tried } from "./subject.js";

/** Inputs of a plain decoder between two looks at the coverage. */
const BATCH = 256;
export const KEPT_MAX = 4000;
const REFUSALS_MAX = 500;
/** Blocks of code that one input may run: so many, and so many for each of its bytes. */
export const WORK_MAX = 200_000;
export const WORK_PER_BYTE_MAX = 500;
/** Of the inputs kept, so many of the newest are chosen as often as all together. */
const NEWEST = 24;

export interface Finding {
	readonly bytes: Uint8Array;
	readonly error: unknown;
}

export interface FuzzerOptions {
	readonly subject: Subject;
	readonly seed: number;
	/** Started before the subject's decoders were imported. */
	readonly coverage: Coverage;
	/** Inputs kept by earlier runs. */
	readonly corpus?: readonly Uint8Array[];
	/** false: what an input did is not looked at, and nothing is kept. For comparison. */
	readonly isGuided?: boolean;
	/** Called before each input. */
	readonly onInput?: (bytes: Uint8Array) => void;
}

export class Fuzzer {
	readonly #options: FuzzerOptions;
	readonly #dice: Dice;
	readonly #mutator: Mutator;
	readonly #reached = new Reached();
	readonly #refusals = new Set<string>();
	readonly #pool: Uint8Array[];
	readonly #kept = new Map<string, Uint8Array>();
	#inputs = 0;
	#finding: Finding | undefined;

	constructor(options: FuzzerOptions) {
		const { subject, seed } = options;
		this.#options = options;
		this.#dice = new Dice(seed ^ hash32(subject.name));
		this.#mutator = new Mutator(this.#dice, subject.tokens ?? []);
		this.#pool = [...subject.seeds];
	}

	/** Inputs so far; those run again to find out which one was new are counted once. */
	get inputs(): number {
		return this.#inputs;
	}
	/** Inputs that added something, beside the subject's seeds. */
	get kept(): readonly Uint8Array[] {
		return [...this.#kept.values()];
	}
	get refusals(): number {
		return this.#refusals.size;
	}
	/** The code that ran. */
	get reached(): Reached["size"] {
		return this.#reached.size;
	}
	/** After it nothing is tried any more. */
	get finding(): Finding | undefined {
		return this.#finding;
	}

	/** Tries the seeds and the corpus, each by itself. */
	async replay(): Promise<void> {
		this.#options.coverage.take();
		const { subject, corpus = [] } = this.#options;
		for (const bytes of subject.seeds) await this.#all([bytes], false);
		for (const bytes of corpus) await this.#all([bytes], true);
	}

	/** Tries one batch of changed inputs. */
	async round(): Promise<void> {
		const count = Math.max(1, Math.floor(BATCH / (this.#options.subject.cost ?? 1)));
		const inputs: Uint8Array[] = [];
		for (let i = 0; i < count; i++) inputs.push(this.#mutator.mutated(this.#pick(), this.#pick()));
		await this.#all(inputs, true);
	}

	#pick(): Uint8Array {
		const pool = this.#pool;
		const from = this.#dice.whole(2) === 0 ? Math.max(0, pool.length - NEWEST) : 0;
		return pool[from + this.#dice.whole(pool.length - from)] as Uint8Array;
	}

	async #all(inputs: readonly Uint8Array[], isKept: boolean): Promise<void> {
		for (const bytes of inputs) {
			if (this.#finding) return;
			await this.#one(bytes, isKept);
		}
		this.#inputs += inputs.length;
		if (this.#options.isGuided !== false) await this.#look(inputs, isKept);
	}

	async #one(bytes: Uint8Array, isKept: boolean): Promise<void> {
		const { subject, onInput, isGuided } = this.#options;
		onInput?.(bytes);
		const outcome = await tried(subject, bytes);
		if (outcome.kind === "found") this.#finding ??= { bytes, error: outcome.error };
		if (outcome.kind !== "refused" || isGuided === false) return;
		if (this.#refusals.has(outcome.refusal) || this.#refusals.size >= REFUSALS_MAX) return;
		this.#refusals.add(outcome.refusal);
		if (isKept) this.#keep(bytes);
	}

	/** What the inputs just tried ran; where that is new, which of them it was. */
	async #look(inputs: readonly Uint8Array[], isKept: boolean): Promise<void> {
		const run = this.#options.coverage.take();
		let allowed = 0;
		for (const { length } of inputs) allowed += WORK_MAX + WORK_PER_BYTE_MAX * length;
		const isTooMuch = run.work > allowed;
		if (!isTooMuch && !this.#reached.isNews(run)) return;
		const [only] = inputs;
		if (only && inputs.length === 1) {
			this.#reached.add(run);
			if (isKept) this.#keep(only);
			if (isTooMuch)
				this.#finding ??= { bytes: only, error: new Error(`work: ${run.work} blocks of code`) };
			return;
		}
		const half = inputs.length >> 1;
		for (const part of [inputs.slice(0, half), inputs.slice(half)]) {
			for (const bytes of part) await this.#one(bytes, isKept);
			await this.#look(part, isKept);
		}
		// Where something ran only because of what came before, once is enough to look for it.
		this.#reached.add(run);
	}

	#keep(bytes: Uint8Array): void {
		const key = hex(bytes);
		if (this.#kept.has(key) || this.#kept.size >= KEPT_MAX) return;
		this.#kept.set(key, bytes);
		this.#pool.push(bytes);
	}
}
