/**
 * What a station shows of itself: its PackML state on the console and, as a hint for people, on its retained
 * topic `state`; its counters. At most one of each a second, so that nobody can flood the console or the broker.
 *
 * While a file comes, at most twice a second and when it is complete:
 *   @transfer {"direction":"down","file":"<recipe id>","version":n,"done":segments,"of":segments,"bytes":n}
 */
import type { Clock, Timer } from "../ports/clock.js";
import type { Log } from "../ports/log.js";
import type { Conversation } from "./conversation.js";
import type { Progress } from "./library.js";

/** Between two publications of the state, two lines of counters, two lines of refusals. */
export const SHOW_MS = 1000;
/** Between two lines of one transfer. */
export const TRANSFER_MS = 500;

/** What is shown of the conversation, and where the state goes. */
export type Shown = Pick<Conversation, "messages" | "bytesSealed" | "isOnline" | "publishState">;

export class Console {
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #conversation: Shown;
	readonly #stateName: () => string;
	readonly #progress: () => Progress | undefined;
	#shown = "";
	#published = "";
	#counters = "";
	#refusals = 0;
	#refusalsShown = 0;
	#reason = "";
	#nextMs = 0;
	#timer: Timer | undefined;
	#transferMs = 0;

	constructor(
		clock: Clock,
		log: Log,
		conversation: Shown,
		stateName: () => string,
		progress: () => Progress | undefined,
	) {
		this.#clock = clock;
		this.#log = log;
		this.#conversation = conversation;
		this.#stateName = stateName;
		this.#progress = progress;
	}

	/** Something may have changed. */
	changed(): void {
		const state = this.#stateName();
		if (state !== this.#shown) {
			this.#shown = state;
			this.#log(`state ${state}`);
		}
		if (this.#timer) return;
		const delayMs = Math.max(0, this.#nextMs - this.#clock.nowMs());
		this.#timer = this.#clock.set(delayMs, () => this.#show());
	}

	/** The broker can be reached again: it may have published our will. */
	online(): void {
		this.#published = "";
		this.changed();
	}

	/** Something was refused, for one of a few named reasons. */
	refused(reason: string): void {
		this.#refusals++;
		this.#reason = reason;
		this.changed();
	}

	/** More of a file has come, or all of it. */
	transfer(isWhole: boolean): void {
		const nowMs = this.#clock.nowMs();
		if (nowMs < this.#transferMs && !isWhole) return;
		const progress = this.#progress();
		if (!progress) return;
		this.#transferMs = nowMs + TRANSFER_MS;
		const { id: file, version, done, of, bytes } = progress;
		const line = { direction: "down", file, version, done, of, bytes };
		this.#log(`@transfer ${JSON.stringify(line)}`);
	}

	/** A unit has left: the counters are worth a line now. */
	unitLeft(): void {
		this.#showCounters();
	}

	/** The last words. */
	close(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
		this.#showCounters();
		this.#log(`state ${this.#stateName()}`);
		if (this.#conversation.isOnline) this.#conversation.publishState(this.#stateName());
	}

	#show(): void {
		this.#timer = undefined;
		this.#nextMs = this.#clock.nowMs() + SHOW_MS;
		this.#showCounters();
		if (this.#refusals > this.#refusalsShown) {
			this.#refusalsShown = this.#refusals;
			this.#log(`refused: ${this.#reason} (${this.#refusals} refusals since the start)`);
		}
		if (this.#shown === this.#published || !this.#conversation.isOnline) return;
		this.#published = this.#shown;
		this.#conversation.publishState(this.#shown);
	}

	#showCounters(): void {
		const { messages, bytesSealed } = this.#conversation;
		const counters = JSON.stringify({ messages, bytesSealed });
		if (counters === this.#counters) return;
		this.#counters = counters;
		this.#log(`@counters ${counters}`);
	}
}
