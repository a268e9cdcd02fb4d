/**
 * What a station shows of itself: its PackML state on the console and, as a hint for people, on its retained
 * topic `state`; its counters. At most one of each a second, so that nobody can flood the console or the broker.
 */
import type { Clock, Timer } from "../ports/clock.js";
import type { Log } from "../ports/log.js";
import type { Conversation } from "./conversation.js";

/** Between two publications of the state, two lines of counters, two lines of refusals. */
export const SHOW_MS = 1000;
/** Between two lines about a transfer. */
export const TRANSFER_MS = 500;

/** What is shown of the conversation, and where the state goes. */
export type Shown = Pick<Conversation, "messages" | "bytesSealed" | "isOnline" | "publishState">;

export class Console {
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #conversation: Shown;
	readonly #stateName: () => string;
	#shown = "";
	#published = "";
	#counters = "";
	#refusals = 0;
	#refusalsShown = 0;
	#reason = "";
	#nextMs = 0;
	#transferMs = 0;
	#timer: Timer | undefined;

	constructor(clock: Clock, log: Log, conversation: Shown, stateName: () => string) {
		this.#clock = clock;
		this.#log = log;
		this.#conversation = conversation;
		this.#stateName = stateName;
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

	/**
	 * A file or log moves; said at most twice a second.
	 *
	 * @param direction - of the bytes, as the station sees it. @param done - segments, `of` so many; `bytes` of plaintext in all.
	 */
	transfer(direction: "up" | "down", done: number, of: number, bytes: number): void {
		const nowMs = this.#clock.nowMs();
		if (nowMs < this.#transferMs && done < of) return;
		this.#transferMs = nowMs + TRANSFER_MS;
		this.#log(`@transfer ${JSON.stringify({ direction, done, of, bytes })}`);
	}

	/** So many finished logs wait for the server. */
	logs(waiting: number): void {
		this.#log(`@logs ${JSON.stringify({ waiting })}`);
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
