/**
 * When a station speaks: the handshake, the question of the moment, the poll, and how long to wait for each
 * (docs/protocol.md §5, §6). What is said is the machine's (machine.ts); bytes are the session's.
 *
 *   none ──online──▶ hello ──welcomed──▶ greeting ──any record──▶ open
 *                     ▲  └─timer: a new HELLO, later each time       │
 *                     └───── three sends unanswered, expiry, rekey ──┘
 *
 * Only a timer abandons a handshake. While the broker is out of reach nothing is sent and nothing counts as
 * unanswered; the session stays. Silence of the server is told once, however it comes about.
 *
 * That the server has come online is a hint which anybody may invent (§6). It makes what is open be said again sooner, and
 * silence be noticed sooner; it abandons nothing, and counts at most once in HINT_MS.
 */
import type { Random } from "../ports/random.js";

/** Sends without an answer before the session is given up. */
export const UNANSWERED_MAX = 3;
/** First wait for an answer; doubles with each send. */
export const ANSWER_MS = 1000;
/** First and longest wait for a WELCOME; doubles in between. */
export const WELCOME_MS = 4000;
export const WELCOME_MAX_MS = 60_000;
/** First and longest wait after an answer that leaves the question open; doubles in between. */
export const AGAIN_MS = 150;
export const AGAIN_MAX_MS = 2000;
/** Between polls of an idle or running station, and of a halted one. */
export const POLL_MS = 5000;
export const HALTED_POLL_MS = 2000;
/** No word from the server for so long: the station holds. */
export const SILENCE_MS = 30_000;
/** `start` and `resume` must answer a request younger than this, by the station's own clock. */
export const FRESH_MS = 10_000;
/** Each wait is lengthened or shortened by up to this part of it. */
export const JITTER = 0.25;
/** Between two hints that are followed; a hint in between waits. */
export const HINT_MS = 2000;
/** A hint is followed after a random part of this, so that a whole line does not answer it at once. */
export const HINT_SPREAD_MS = 250;
/** After a hint, the first wait for an answer; doubles with each send. */
export const HINTED_ANSWER_MS = 150;
/** Requests whose age is remembered. */
export const REQUESTS_MAX = 16;

export type LinkPhase = "none" | "hello" | "greeting" | "open";

/**
 * What is due: a new HELLO, the last one again, the question (or `ready` where there is none), or word of the
 * server's silence.
 */
export type LinkAction = "hello" | "hello-again" | "send" | "silence";

/** What the link needs to know of the machine to choose its pace. */
export interface Pace {
	/** The machine has a question; otherwise `ready` is only a poll. */
	readonly asking: boolean;
	readonly halted: boolean;
}

export class Link {
	readonly #random: Random;
	#phase: LinkPhase = "none";
	#online = false;
	#hellos = 0;
	#unanswered = 0;
	#repeats = 0;
	#dueMs = 0;
	#heardMs: number;
	#silent = false;
	/** When the hint that came last is followed. */
	#hintDueMs = Number.POSITIVE_INFINITY;
	#hintedMs = Number.NEGATIVE_INFINITY;
	/** A hint was followed, and the server has not been heard since. */
	#hinted = false;
	readonly #requests: { seq: number; atMs: number }[] = [];

	constructor(random: Random, nowMs: number) {
		this.#random = random;
		this.#heardMs = nowMs;
	}

	get phase(): LinkPhase {
		return this.#phase;
	}
	get online(): boolean {
		return this.#online;
	}

	/** The broker can be reached: whatever is open is said again. */
	connected(nowMs: number): void {
		this.#online = true;
		this.#unanswered = 0;
		this.#dueMs = nowMs;
	}

	disconnected(): void {
		this.#online = false;
		this.#hintDueMs = Number.POSITIVE_INFINITY;
	}

	/** The broker says that the server has come online: it may be a new one, without our session or our HELLO. */
	serverOnline(nowMs: number): void {
		if (!this.#online || this.#hintDueMs !== Number.POSITIVE_INFINITY) return;
		const fromMs = Math.max(nowMs, this.#hintedMs + HINT_MS);
		this.#hintDueMs = fromMs + Math.round(HINT_SPREAD_MS * this.#random.fraction());
	}

	/** A session was made from the WELCOME: `ready` is due. */
	welcomed(nowMs: number): void {
		this.#phase = "greeting";
		this.#hellos = 0;
		this.#unanswered = 0;
		this.#repeats = 0;
		this.#requests.length = 0;
		this.#dueMs = nowMs;
	}

	/** The session is of no more use: a HELLO is due. */
	ended(nowMs: number): void {
		this.#phase = "none";
		this.#dueMs = nowMs;
	}

	/**
	 * A record of the server's opened and the machine has taken it.
	 *
	 * @param asked - there is a new question: it is due at once. Otherwise the old one is due again later and
	 *   later, or, where there is none, the next poll.
	 */
	heard(nowMs: number, pace: Pace, asked: boolean): void {
		this.#heardMs = nowMs;
		this.#silent = false;
		this.#hinted = false;
		this.#unanswered = 0;
		// The message may have ended the session: then a HELLO is due, and stays so.
		if (this.#phase === "none" || this.#phase === "hello") return;
		const greeted = this.#phase === "greeting";
		if (greeted) this.#phase = "open";
		if (asked || (greeted && pace.asking)) {
			this.changed(nowMs);
			return;
		}
		if (!pace.asking) {
			this.#repeats = 0;
			this.#dueMs = nowMs + this.#jitter(pace.halted ? HALTED_POLL_MS : POLL_MS);
			return;
		}
		const againMs = Math.min(AGAIN_MS * 2 ** Math.min(this.#repeats, 8), AGAIN_MAX_MS);
		this.#repeats++;
		this.#dueMs = nowMs + this.#jitter(againMs);
	}

	/** A record of the server's opened that answers no question: it is there, and what is open stays due. */
	overheard(nowMs: number): void {
		this.#heardMs = nowMs;
		this.#silent = false;
	}

	/** The machine has something new to say. */
	changed(nowMs: number): void {
		this.#repeats = 0;
		this.#unanswered = 0;
		this.#dueMs = nowMs;
	}

	/** A message went out under this `seq`. */
	sent(seq: number, nowMs: number): void {
		if (this.#requests.length === REQUESTS_MAX) this.#requests.shift();
		this.#requests.push({ seq, atMs: nowMs });
	}

	/** Whether an answer to the request `seq` may still set something in motion. */
	isFresh(seq: number, nowMs: number): boolean {
		const request = this.#requests.find((each) => each.seq === seq);
		return request !== undefined && nowMs - request.atMs < FRESH_MS;
	}

	/** When {@link Link.take} next has something to do; may be past. */
	get nextMs(): number {
		const silenceMs = this.#silent ? Number.POSITIVE_INFINITY : this.#heardMs + SILENCE_MS;
		return this.#online ? Math.min(this.#dueMs, this.#hintDueMs, silenceMs) : silenceMs;
	}

	/** @returns what is due by now, one thing at a time; it then counts as done. */
	take(nowMs: number): LinkAction | undefined {
		if (!this.#silent && nowMs >= this.#heardMs + SILENCE_MS) {
			this.#silent = true;
			return "silence";
		}
		if (this.#online && nowMs >= this.#hintDueMs && this.#follow(nowMs)) return "hello-again";
		if (!this.#online || nowMs < this.#dueMs) return undefined;
		if (this.#established && this.#unanswered < UNANSWERED_MAX) {
			const answerMs = this.#hinted ? HINTED_ANSWER_MS : ANSWER_MS;
			this.#dueMs = nowMs + this.#jitter(answerMs * 2 ** this.#unanswered);
			this.#unanswered++;
			return "send";
		}
		this.#phase = "hello";
		const waitMs = Math.min(WELCOME_MS * 2 ** Math.min(this.#hellos, 8), WELCOME_MAX_MS);
		this.#hellos++;
		this.#dueMs = nowMs + this.#jitter(waitMs);
		return "hello";
	}

	get #established(): boolean {
		return this.#phase === "greeting" || this.#phase === "open";
	}

	/** Follows the hint that is due. @returns whether the last HELLO is to be sent again. */
	#follow(nowMs: number): boolean {
		this.#hintDueMs = Number.POSITIVE_INFINITY;
		this.#hintedMs = nowMs;
		if (this.#established) {
			this.#hinted = true;
			// At least once more, since a server that only lost its connection still has the session.
			this.#unanswered = Math.min(this.#unanswered, UNANSWERED_MAX - 1);
			this.#dueMs = nowMs;
		}
		if (this.#phase !== "hello") return false;
		// What stood in the way is over: short waits again, but the next new HELLO is never put off.
		this.#hellos = 1;
		this.#dueMs = Math.min(this.#dueMs, nowMs + this.#jitter(WELCOME_MS));
		return true;
	}

	#jitter(delayMs: number): number {
		return Math.round(delayMs * (1 + JITTER * (2 * this.#random.fraction() - 1)));
	}
}
