/**
 * Keeps one child process running: starts it, and starts it again when it ends unasked, each time in a row
 * after twice the delay. A child that ran for a while counts as well again. After too many deaths in a
 * row it gives up and says so. Children are ended by their own process id, never by name.
 */
import type { Clock, Timer } from "../../modules/ports/clock.js";

export interface ChildEnd {
	readonly code: number | null;
	readonly signal: string | null;
}

/** A running process; host-sim/station-process.ts and node-process.ts make them. */
export interface Child {
	readonly pid: number | undefined;
	/** Settles once, when the process is gone; never rejects. */
	readonly ended: Promise<ChildEnd>;
	/** Asks it to end (SIGTERM); may be called at any time and more than once. */
	stop(): void;
	/** Ends it (SIGKILL). */
	kill(): void;
}

export type SupervisorEvent =
	| { readonly state: "started"; readonly pid: number | undefined }
	| ({ readonly state: "ended"; readonly restartInMs: number } & ChildEnd)
	| ({ readonly state: "given-up"; readonly deaths: number } & ChildEnd);

export interface SupervisorOptions {
	/** @param previous - how the child before ended; `undefined` at first. */
	readonly start: (previous: ChildEnd | undefined) => Child;
	readonly clock: Clock;
	readonly onEvent: (event: SupervisorEvent) => void;
	readonly delayMinMs?: number;
	readonly delayMaxMs?: number;
	/** A child that lived so long ends a row of deaths. */
	readonly stableMs?: number;
	/** Deaths in a row before it gives up. */
	readonly deathsMax?: number;
	/** From the request to stop to SIGKILL. */
	readonly graceMs?: number;
}

export class Supervisor {
	readonly #options: Required<SupervisorOptions>;
	#child: Child | undefined;
	#timer: Timer | undefined;
	#deaths = 0;
	#restarts = 0;
	#previous: ChildEnd | undefined;
	#stopping = false;

	constructor(options: SupervisorOptions) {
		this.#options = {
			delayMinMs: 200,
			delayMaxMs: 5_000,
			stableMs: 10_000,
			deathsMax: 8,
			graceMs: 5_000,
			...options,
		};
	}

	get child(): Child | undefined {
		return this.#child;
	}

	/** Times it was started after the first. */
	get restarts(): number {
		return this.#restarts;
	}

	start(): void {
		if (this.#child !== undefined || this.#timer !== undefined) throw new Error("already started");
		this.#run();
	}

	/** Ends the child and starts no other. Settles when it is gone; may be called more than once. */
	async stop(): Promise<void> {
		this.#stopping = true;
		this.#timer?.cancel();
		this.#timer = undefined;
		const child = this.#child;
		if (child === undefined) return;
		child.stop();
		const patience = this.#options.clock.set(this.#options.graceMs, () => child.kill());
		await child.ended;
		patience.cancel();
	}

	#run(): void {
		const { start, clock, onEvent } = this.#options;
		const startedAtMs = clock.nowMs();
		const child = start(this.#previous);
		this.#child = child;
		onEvent({ state: "started", pid: child.pid });
		child.ended.then((end) => this.#ended(end, clock.nowMs() - startedAtMs));
	}

	#ended(end: ChildEnd, livedMs: number): void {
		const { clock, onEvent, delayMinMs, delayMaxMs, stableMs, deathsMax } = this.#options;
		this.#child = undefined;
		this.#previous = end;
		if (this.#stopping) return;
		this.#deaths = livedMs >= stableMs ? 1 : this.#deaths + 1;
		if (this.#deaths >= deathsMax) {
			onEvent({ state: "given-up", deaths: this.#deaths, ...end });
			return;
		}
		const delayMs = Math.min(delayMaxMs, delayMinMs * 2 ** (this.#deaths - 1));
		onEvent({ state: "ended", restartInMs: delayMs, ...end });
		this.#timer = clock.set(delayMs, () => {
			this.#timer = undefined;
			this.#restarts++;
			this.#run();
		});
	}
}
