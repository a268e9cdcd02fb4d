/**
 * A station's measurement logs: written by the fixture during a trial, kept in flash until the server has them
 * (docs/protocol.md §8).
 *
 *   written ──trial measured──▶ recorded ──result stored and judged──▶ offered ──pulled──▶ kept: the partition is free
 *      └── trial given up: nothing remains of it
 *
 * A log that the server has not kept is never written over, but by the same attempt when that is made again, whose result
 * was then never stored. A record is written once when a log has ended and once when it is kept.
 */
import type { LogOffer, Pull } from "../messages/types.js";
import type { Clock } from "../ports/clock.js";
import type { Crypto } from "../ports/crypto.js";
import type { Log } from "../ports/log.js";
import type { KeyValue, Partition } from "../ports/storage.js";
import {
	type AttemptName,
	findLog,
	isJudged,
	LOGS_MAX,
	type LogRecord,
	type LogSlot,
	loadLogs,
	placeForLog,
	saveLogs,
	withLog,
} from "./log-record.js";
import { LogSender } from "./log-sender.js";
import { LogWriter } from "./log-writer.js";
import { SlotFile } from "./slot-file.js";
import type { StationState } from "./state.js";
import type { Trust } from "./trust.js";

/** First and longest wait for the server to pull what is offered. */
export const LOG_MS = 2000;
export const LOG_WAIT_MAX_MS = 32_000;

export interface LogsOptions {
	readonly crypto: Crypto;
	readonly clock: Clock;
	readonly log: Log;
	/** This station's full name. */
	readonly sender: string;
	readonly trust: Pick<Trust, "server">;
	readonly store: KeyValue;
	/** LOGS_MAX are used; none: no log is kept. */
	readonly slots: readonly Partition[];
	state(): StationState;
	/** See log-sender.ts. */
	publish(block: Uint8Array, done: () => void): boolean;
	/** `dueMs` may have changed; `isFree`: there is room for another log. */
	onChange(isFree: boolean): void;
	/** So many finished logs wait for the server. */
	onWaiting(count: number): void;
	/** How far the log that is on its way has come: segments sent, of how many, of how many bytes in all. */
	onProgress(done: number, of: number, bytes: number): void;
	/** Flash no longer holds a log that was finished. @param what - for the alarm: sealed, and told to people. */
	onUnreadable(what: string): void;
}

export class Logs {
	readonly #options: LogsOptions;
	readonly #slots: readonly SlotFile[];
	#record: LogRecord;
	#writing: { readonly name: AttemptName; index: number; writer: LogWriter } | undefined;
	/** Where a log was written last. */
	#last = -1;
	/** Where the log lies that is offered, or is looked for first. */
	#turn = 0;
	#sender: LogSender | undefined;
	#waitMs = LOG_MS;
	#dueMs = 0;

	/** @throws JournalError, StorageError. */
	constructor(options: LogsOptions) {
		this.#options = options;
		this.#slots = options.slots.slice(0, LOGS_MAX).map((partition) => new SlotFile(partition));
		this.#record = loadLogs(options.store, this.#slots.length);
	}

	/** Whether a log of this attempt has a place; true, too, where the board keeps none. */
	hasRoom(name: AttemptName): boolean {
		return this.#slots.length === 0 || placeForLog(this.#record, name, this.#last) >= 0;
	}

	/** A trial begins; what an earlier one wrote and did not end is forgotten. */
	begin(name: AttemptName): void {
		this.abandon();
		const index = placeForLog(this.#record, name, this.#last);
		const slot = this.#slots[index];
		if (!slot) return;
		const { crypto, sender, trust } = this.#options;
		// Its blocks would be of what is being written over.
		if (this.#sender && this.#record[index] === this.#sender.slot) this.#stopSending();
		this.#writing = { name, index, writer: new LogWriter({ crypto, slot, sender, trust }) };
	}

	/** @returns false where there is no room for all of it. */
	write(bytes: Uint8Array): boolean {
		return this.#writing?.writer.write(bytes) ?? false;
	}

	/** The trial has measured: its log, if there is one, is recorded. To be called before the result is stored. */
	end(): void {
		const writing = this.#writing;
		if (!writing) return;
		const { index, writer } = writing;
		const { serial, visit, step, attempt } = writing.name;
		const ended = writer.end();
		if (ended) this.#last = index;
		this.abandon();
		// One of an earlier try of this attempt must not pass for its log.
		if (!ended && !this.#record[index]) return;
		const slot = ended && { serial, visit, step, attempt, ...ended };
		this.#save(withLog(this.#record, index, slot));
		if (slot?.cut) this.#options.log("log cut: it is larger than its partition");
	}

	/** The trial has been given up. */
	abandon(): void {
		this.#writing?.writer.close();
		this.#writing = undefined;
	}

	/** Finished logs that the server has yet to keep. */
	get waiting(): number {
		return this.#record.filter((slot) => slot !== undefined).length;
	}

	/** When there may be something to offer. */
	get dueMs(): number {
		return this.#offered ? this.#dueMs : Number.POSITIVE_INFINITY;
	}

	/** What to offer now. */
	request(nowMs: number): LogOffer | undefined {
		const slot = this.#offered;
		if (!slot || nowMs < this.#dueMs) return undefined;
		this.#turn = this.#record.indexOf(slot);
		this.#dueMs = nowMs + this.#waitMs;
		this.#waitMs = Math.min(2 * this.#waitMs, LOG_WAIT_MAX_MS);
		const { sum: _sum, ...said } = slot;
		return { type: "log", ...said };
	}

	/** A new session is open, perhaps with a server that has not been offered anything. */
	onSession(): void {
		this.#again();
	}

	/** What the server pulls; for another log than the one that is offered it comes too late. */
	pull(pull: Pull): void {
		const slot = this.#offered;
		const nowMs = this.#options.clock.nowMs();
		if (!slot || findLog([slot], pull.digest) < 0) return;
		if (!pull.head && pull.count === 0) {
			this.#dueMs = nowMs + LOG_WAIT_MAX_MS;
			this.#options.onChange(false);
			return;
		}
		if (this.#sender?.slot !== slot) {
			this.#stopSending();
			this.#sender = this.#open(slot);
		}
		this.#moved();
		this.#sender?.pull(pull);
	}

	/** The server has the log, or will never want it. */
	kept(digest: Uint8Array): void {
		const index = findLog(this.#record, digest);
		if (index < 0) return;
		this.#free(index);
	}

	/** Wipes keys. May be called twice. */
	close(): void {
		this.abandon();
		this.#stopSending();
	}

	/** The log that the server is told of: one until it is kept, then the next partition's. */
	get #offered(): LogSlot | undefined {
		const state = this.#options.state();
		for (let i = 0; i < this.#record.length; i++) {
			const slot = this.#record[(this.#turn + i) % this.#record.length];
			if (slot && isJudged(slot, state)) return slot;
		}
		return undefined;
	}

	#open(slot: LogSlot): LogSender | undefined {
		const { crypto, clock, publish } = this.#options;
		const file = this.#slots[this.#record.indexOf(slot)] as SlotFile;
		const sender = LogSender.open(crypto, slot, file, {
			clock,
			publish: (block, done) => publish.call(this.#options, block, done),
			onSent: () => this.#moved(),
			onUnreadable: () => this.#lose(slot),
		});
		if (!sender) this.#lose(slot);
		return sender;
	}

	/** Nobody will ever read it. */
	#lose(slot: LogSlot): void {
		this.#options.onUnreadable(`the log of ${slot.serial}, attempt ${slot.attempt}`);
		this.#free(this.#record.indexOf(slot));
	}

	/** Something useful happens: it is offered again only when nothing more does. */
	#moved(): void {
		const { clock, onChange, onProgress } = this.#options;
		this.#waitMs = LOG_MS;
		this.#dueMs = clock.nowMs() + LOG_MS;
		onChange.call(this.#options, false);
		if (!this.#sender) return;
		const { slot, next } = this.#sender;
		onProgress.call(this.#options, next, slot.segments, slot.size);
	}

	#again(): void {
		this.#waitMs = LOG_MS;
		this.#dueMs = this.#options.clock.nowMs();
	}

	#free(index: number): void {
		if (this.#sender?.slot === this.#record[index]) this.#stopSending();
		this.#save(withLog(this.#record, index, undefined));
		this.#turn = index + 1;
		this.#again();
		this.#options.onChange(true);
	}

	#stopSending(): void {
		this.#sender?.close();
		this.#sender = undefined;
	}

	#save(record: LogRecord): void {
		saveLogs(this.#options.store, record);
		this.#record = record;
		this.#options.onWaiting(this.waiting);
	}
}
