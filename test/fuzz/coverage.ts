/**
 * What code ran, as V8 itself counts it: precise block coverage through node:inspector, of the chosen files only.
 *
 * V8 counts blocks only in code that it compiled after the counting began, so `start` comes before the decoders are
 * imported. One look costs about a millisecond, whatever ran; the fuzzer therefore looks once for many inputs.
 */
import { type Profiler, Session } from "node:inspector";

/** What ran between two looks. */
export interface Run {
	readonly functions: ReadonlyMap<string, Profiler.FunctionCoverage>;
	/** Blocks run, repetitions counted: a measure of work that no clock disturbs. */
	readonly work: number;
}

export class Coverage {
	readonly #session = new Session();
	readonly #isOurs: (url: string) => boolean;

	/** @param isOurs - whether the file at this URL counts. */
	constructor(isOurs: (url: string) => boolean) {
		this.#isOurs = isOurs;
	}

	start(): void {
		this.#session.connect();
		this.#session.post("Profiler.enable");
		this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
	}

	stop(): void {
		this.#session.post("Profiler.stopPreciseCoverage");
		this.#session.disconnect();
	}

	/** What ran since the last look. */
	take(): Run {
		const functions = new Map<string, Profiler.FunctionCoverage>();
		let work = 0;
		this.#session.post("Profiler.takePreciseCoverage", (error, taken) => {
			if (error) throw error;
			for (const { url, functions: all } of taken.result) {
				if (!this.#isOurs(url)) continue;
				for (const one of all) {
					// What sets up an instance's fields has the whole class for its range.
					const [whole] = one.ranges;
					if (!whole || whole.count === 0 || one.functionName.startsWith("<")) continue;
					functions.set(`${url} ${whole.startOffset}`, one);
					for (const { count } of one.ranges) work += count;
				}
			}
		});
		return { functions, work };
	}
}

/** The code that has run so far, by character of each function. */
export class Reached {
	readonly #ran = new Map<string, Uint8Array>();
	#scratch = new Uint8Array(0);

	/** In characters: what ran, and all of the functions of which something ran. */
	get size(): { readonly ran: number; readonly of: number } {
		let [ran, of] = [0, 0];
		for (const each of this.#ran.values()) {
			of += each.length;
			for (const byte of each) ran += byte;
		}
		return { ran, of };
	}

	/** Whether `run` ran anything that had not run before. */
	isNews(run: Run): boolean {
		for (const [key, one] of run.functions) {
			const ran = this.#ran.get(key);
			const now = this.#paint(one);
			for (let i = 0; i < now.length; i++) if (now[i] === 1 && ran?.[i] !== 1) return true;
		}
		return false;
	}

	add(run: Run): void {
		for (const [key, one] of run.functions) {
			const now = this.#paint(one);
			const ran = this.#ran.get(key) ?? new Uint8Array(now.length);
			for (let i = 0; i < now.length; i++) if (now[i] === 1) ran[i] = 1;
			this.#ran.set(key, ran);
		}
	}

	/** 1 for each character of the function that ran. Ranges are nested, the outer ones first. */
	#paint({ ranges }: Profiler.FunctionCoverage): Uint8Array {
		const [{ startOffset, endOffset }] = ranges as [Profiler.CoverageRange];
		const size = endOffset - startOffset;
		if (this.#scratch.length < size) this.#scratch = new Uint8Array(size);
		const painted = this.#scratch.subarray(0, size);
		for (const range of ranges)
			painted.fill(
				range.count > 0 ? 1 : 0,
				range.startOffset - startOffset,
				range.endOffset - startOffset,
			);
		return painted;
	}
}
