/**
 * One subject under a stream of inputs that one seed draws. An input is kept, to be changed further, where it made code
 * run that had not run before or was refused in words that were not seen before.
 *
 * Inputs go in batches, since a look at the coverage costs as much as hundreds of inputs: a batch that holds something
 * new is run again in halves, down to the input that it was.
 */
import { hash32 } from "../../host-sim/plant/random.js";
import { hex } from "../../modules/bytes/bytes.js";
import { Dice } from "../hostile/support.js";
import { type Coverage, Reached } from "./coverage.js";
import { Mutator } from "./mutate.js";
import { type Subject, tried } from "./subject.js";

/** Inputs of a plain decoder between two looks at the coverage. */
const BATCH = 1024;
const KEPT_MAX = 4000;
const REFUSALS_MAX = 500;
/**
 * Blocks of code that may be run: so many in a batch, and beside them so many for each input and for each of its bytes.
 * Most decoders need a tenth; work that grows with the square of the input soon needs more.
 */
const WORK_MAX = 200_000;
const WORK_PER_INPUT_MAX = 5000;
const WORK_PER_BYTE_MAX = 500;
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

	/** Inputs so far; counted again where they were tried again, to find out which one was new. */
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

	/** Tries the seeds and the corpus. Of this all is kept; where `isSifted`, what adds something. */
	async replay(isSifted = false): Promise<void> {
		const { subject, corpus = [], coverage } = this.#options;
		coverage.take();
		for (const bytes of isSifted ? subject.seeds : [...subject.seeds, ...corpus])
			await this.#one(bytes, false);
		this.#reached.add(coverage.take());
		for (const bytes of corpus) {
			if (isSifted) await this.#all([bytes]);
			else this.#keep(bytes);
		}
	}

	/** Tries one batch of changed inputs. */
	async round(): Promise<void> {
		const count = Math.max(1, Math.floor(BATCH / (this.#options.subject.cost ?? 1)));
		const inputs: Uint8Array[] = [];
		for (let i = 0; i < count; i++) inputs.push(this.#mutator.mutated(this.#pick(), this.#pick()));
		await this.#all(inputs);
	}

	#pick(): Uint8Array {
		const pool = this.#pool;
		const from = this.#dice.whole(2) === 0 ? Math.max(0, pool.length - NEWEST) : 0;
		return pool[from + this.#dice.whole(pool.length - from)] as Uint8Array;
	}

	async #all(inputs: readonly Uint8Array[]): Promise<void> {
		for (const bytes of inputs) await this.#one(bytes, true);
		if (this.#options.isGuided !== false) await this.#look(inputs);
	}

	async #one(bytes: Uint8Array, isKept: boolean): Promise<void> {
		const { subject, onInput, isGuided } = this.#options;
		if (this.#finding) return;
		this.#inputs++;
		onInput?.(bytes);
		const outcome = await tried(subject, bytes);
		if (outcome.kind === "found") this.#finding ??= { bytes, error: outcome.error };
		if (outcome.kind !== "refused" || isGuided === false) return;
		if (this.#refusals.has(outcome.refusal) || this.#refusals.size >= REFUSALS_MAX) return;
		this.#refusals.add(outcome.refusal);
		if (isKept) this.#keep(bytes);
	}

	/** What the inputs just tried ran; where that is new, which of them it was. */
	async #look(inputs: readonly Uint8Array[]): Promise<void> {
		const run = this.#options.coverage.take();
		let allowed = WORK_MAX;
		for (const { length } of inputs) allowed += WORK_PER_INPUT_MAX + WORK_PER_BYTE_MAX * length;
		const isTooMuch = run.work > allowed;
		if (!isTooMuch && !this.#reached.isNews(run)) return;
		const [only] = inputs;
		if (only && inputs.length === 1) {
			this.#reached.add(run);
			this.#keep(only);
			if (isTooMuch)
				this.#finding ??= {
					bytes: only,
					error: new Error(`work: ${run.work} blocks of code, not ${allowed}`),
				};
			return;
		}
		const half = inputs.length >> 1;
		await this.#all(inputs.slice(0, half));
		await this.#all(inputs.slice(half));
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
