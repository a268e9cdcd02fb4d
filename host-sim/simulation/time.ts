/**
 * Virtual time: a queue of what is to happen, worked off in order; between two events no time passes. Events of one
 * instant run in the order in which they were set.
 *
 * Every event belongs to a {@link Process}. What belongs to one that has died never runs: that is how a power cut or
 * a kill takes timers, connections and answers with it.
 */
import type { Clock, Timer } from "../../modules/ports/clock.js";

/** Thrown out of a storage or store call in the instant in which the caller dies. */
export class Death extends Error {}

export interface ProcessOptions {
	readonly name: string;
	/** Its work goes on in promises: they are waited for after each of its events. */
	readonly isAsync: boolean;
	/** Died by itself, by {@link Death} out of something it called. */
	readonly onDeath: () => void;
	/** Threw something else: a fault in the program. */
	readonly onFailure: (error: unknown) => void;
}

/** Something that can die at any instant. */
export class Process {
	readonly name: string;
	readonly isAsync: boolean;
	readonly #options: ProcessOptions;
	#alive = true;

	constructor(options: ProcessOptions) {
		this.name = options.name;
		this.isAsync = options.isAsync;
		this.#options = options;
	}

	get isAlive(): boolean {
		return this.#alive;
	}

	kill(): void {
		this.#alive = false;
	}

	run(work: () => void): void {
		if (!this.#alive) return;
		try {
			work();
		} catch (error) {
			if (error instanceof Death) this.#options.onDeath();
			else this.#options.onFailure(error);
		}
	}
}

interface Event {
	readonly atMs: number;
	readonly order: number;
	readonly process: Process;
	readonly work: () => void;
	isCancelled: boolean;
}

/** Lets every promise that can settle do so. */
export function settled(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

/** Ties simulated time to the real one, for what runs beside something real. */
export interface Pace {
	/** Real milliseconds since the simulation began. */
	elapsedMs(): number;
	/** Waits so long, or until `wake` is called. */
	sleep(durationMs: number): Promise<void>;
	wake(): void;
}

export class RealPace implements Pace {
	readonly #startMs = performance.now();
	#wake: () => void = () => undefined;

	elapsedMs(): number {
		return performance.now() - this.#startMs;
	}
	sleep(durationMs: number): Promise<void> {
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, durationMs);
			this.#wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}
	wake(): void {
		this.#wake();
	}
}

export class VirtualTime {
	readonly #pace: Pace | undefined;
	#nowMs = 0;
	#order = 0;
	/** A binary heap, the next event first. */
	readonly #events: Event[] = [];

	/** @param pace - left out, nothing is waited for. */
	constructor(pace?: Pace) {
		this.#pace = pace;
	}

	/** Milliseconds since the simulation began. */
	get nowMs(): number {
		return this.#nowMs;
	}

	/** Does `work` after `delayMs` (from 0), if `process` is then alive. */
	after(delayMs: number, process: Process, work: () => void): Timer {
		const event: Event = {
			atMs: this.#nowMs + Math.max(0, delayMs),
			order: this.#order++,
			process,
			work,
			isCancelled: false,
		};
		this.#push(event);
		return {
			cancel: () => {
				event.isCancelled = true;
			},
		};
	}

	/** The Clock port of one process. @param rate - how fast its own clock runs: 1 is true. */
	clock(process: Process, rate: number): Clock {
		const startMs = this.#nowMs;
		return {
			nowMs: () => (this.#nowMs - startMs) * rate,
			set: (delayMs, callback) => this.after(delayMs / rate, process, callback),
		};
	}

	/**
	 * Works off what is to happen up to `untilMs`, or until `isOver` says so.
	 *
	 * @param eventsMax - more events than that mean that something runs in a circle.
	 * @returns whether it ended for one of the first two reasons.
	 */
	async run(untilMs: number, isOver: () => boolean, eventsMax: number): Promise<boolean> {
		for (let events = 0; !isOver(); ) {
			const event = this.#events[0];
			if (this.#pace && (await this.#paced(this.#pace, event?.atMs, untilMs))) continue;
			if (!event || event.atMs > untilMs) {
				this.#nowMs = untilMs;
				return true;
			}
			this.#pop();
			if (event.isCancelled || !event.process.isAlive) continue;
			if (++events > eventsMax) return false;
			this.#nowMs = Math.max(this.#nowMs, event.atMs);
			event.process.run(event.work);
			if (event.process.isAsync) await settled();
		}
		return true;
	}

	/** @returns whether it has waited, and something else may be next now. */
	async #paced(pace: Pace, nextMs = Number.POSITIVE_INFINITY, untilMs: number): Promise<boolean> {
		const aheadMs = Math.min(nextMs, untilMs) - pace.elapsedMs();
		if (aheadMs > 0) await pace.sleep(aheadMs);
		this.#nowMs = Math.max(this.#nowMs, Math.min(pace.elapsedMs(), untilMs));
		return aheadMs > 0;
	}

	#push(event: Event): void {
		const events = this.#events;
		let at = events.push(event) - 1;
		while (at > 0) {
			const parent = (at - 1) >> 1;
			if (!isBefore(event, events[parent] as Event)) break;
			events[at] = events[parent] as Event;
			at = parent;
		}
		events[at] = event;
		if (at === 0) this.#pace?.wake();
	}

	#pop(): void {
		const events = this.#events;
		const last = events.pop() as Event;
		if (events.length === 0) return;
		let at = 0;
		for (;;) {
			let child = 2 * at + 1;
			if (child >= events.length) break;
			const right = events[child + 1];
			if (right && isBefore(right, events[child] as Event)) child++;
			if (!isBefore(events[child] as Event, last)) break;
			events[at] = events[child] as Event;
			at = child;
		}
		events[at] = last;
	}
}

function isBefore(a: Event, b: Event): boolean {
	return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
