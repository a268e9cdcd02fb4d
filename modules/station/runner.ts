/**
 * A station: carries out what the machine decides. It reads the enrolment and the journal, talks through
 * conversation.ts, keeps files in library.ts and drives the fixture.
 *
 * Every effect is carried out in the machine's order, so whatever must survive a power cut is in flash before
 * anything is sent. A medium that refuses to write throws out of the callback: the board then resets, which
 * is what it is made to survive.
 *
 * On the console: a line for each change of state, `@counters {"messages":n,"bytesSealed":n}` about once a
 * second while they change, `@transfer` lines while a file comes (console.ts); never a serial number, a parameter, a
 * reading or a verdict.
 */
import type { Alarm, Kept, Pull, Ready, ServerMessage, StationMessage } from "../messages/types.js";
import type { Clock } from "../ports/clock.js";
import type { Crypto, PrivateKey } from "../ports/crypto.js";
import type { Fixture } from "../ports/fixture.js";
import type { Log } from "../ports/log.js";
import type { Random } from "../ports/random.js";
import type { KeyValue, Partition } from "../ports/storage.js";
import type { Transport } from "../ports/transport.js";
import type { StationConfig } from "./config.js";
import { Console } from "./console.js";
import { Conversation } from "./conversation.js";
import { Journal } from "./journal.js";
import { Library } from "./library.js";
import { Logs } from "./logs.js";
import { step } from "./machine.js";
import {
	type AlarmCode,
	type Effect,
	initialState,
	isBegun,
	packml,
	question,
	type StationEvent,
	type StationState,
} from "./state.js";
import { TrialRun } from "./trial-run.js";
import { Trust } from "./trust.js";

/** Between repeats of an alarm. */
export const ALARM_MS = 3000;

export interface StationOptions {
	readonly crypto: Crypto;
	/** The private half of the station's credential; stays the caller's. */
	readonly privateKey: PrivateKey;
	readonly config: StationConfig;
	/** The domain `state`, this station's alone. */
	readonly state: KeyValue;
	/** For sealed files: 2 or more, so that a new version can be written beside the active one. */
	readonly slots: readonly Partition[];
	/** For logs: as many as the board has; none: no log is kept. */
	readonly logs?: readonly Partition[];
	readonly transport: Transport;
	readonly clock: Clock;
	readonly random: Random;
	readonly fixture: Fixture;
	readonly log: Log;
	/** Why the board started: a word of docs/protocol.md §6. */
	readonly resetReason: string;
	/** Segments that there is room for in one block, 1 to BLOCK_SEGMENTS_MAX; 1, which is what a board has. */
	readonly blockSegments?: number;
}

export class StationRunner {
	readonly #options: StationOptions;
	readonly #journal: Journal;
	readonly #trust: Trust;
	readonly #library: Library;
	readonly #conversation: Conversation;
	readonly #logs: Logs;
	readonly #trial: TrialRun;
	readonly #console: Console;
	#state: StationState;
	/** Waiting for the server's `noted`: one of each code at most. */
	readonly #alarms: Alarm[] = [];
	#alarmDueMs = 0;
	#greeted = false;
	#closed = false;

	/**
	 * Nothing is sent before `start`.
	 *
	 * @throws JournalError, CredentialError, CryptoError, StorageError: the board needs a person.
	 */
	constructor(options: StationOptions) {
		this.#options = options;
		const { crypto, privateKey, config, clock, random, transport, log } = options;
		const { blockSegments = 1 } = options;
		this.#journal = new Journal(options.state);
		this.#trust = new Trust(crypto, config, this.#journal);
		this.#library = new Library({
			crypto,
			clock,
			log,
			unwrap: privateKey,
			recipient: config.station,
			trust: this.#trust,
			store: options.state,
			slots: options.slots,
			blockSegments,
			onProgress: (isWhole) => this.#console.transfer(isWhole),
			onChange: (isComplete) => this.#onLibrary(isComplete),
			onTooLarge: ({ id, version }) =>
				this.#raise("no-room", `${id} version ${version} is larger than a slot`),
			onOld: ({ id, version }) =>
				this.#raise("old-file", `${id} version ${version}, older than what is here, was refused`),
		});
		this.#logs = this.#makeLogs();
		this.#trial = new TrialRun({
			clock,
			fixture: options.fixture,
			library: this.#library,
			logs: this.#logs,
			onOutcome: (event) => this.#on(event),
			onWaiting: () => {
				log("trial waits: the server has yet to keep earlier logs");
				this.#console.changed();
			},
		});
		this.#state = initialState(this.#journal.unit);
		this.#conversation = new Conversation({
			crypto,
			privateKey,
			board: config,
			blockSegments,
			trust: this.#trust,
			transport,
			clock,
			random,
			log,
			question: () => question(this.#state),
			pace: () => ({
				asking: question(this.#state) !== undefined,
				halted: this.#state.halt !== "none",
			}),
			ready: () => this.#ready(),
			more: (nowMs) => this.#more(nowMs),
			moreMs: () => Math.min(this.#library.dueMs, this.#nextAlarmMs, this.#logs.dueMs),
			onMessage: (message, isFresh) => this.#onMessage(message, isFresh),
			onLogMessage: (message) => this.#onLogMessage(message),
			onTicket: (ticket) => this.#on({ type: "ticket", ticket }),
			onBlock: (bytes) => this.#library.block(bytes),
			onEnvelope: (bytes) => this.#library.envelope(bytes),
			onSession: () => {
				this.#library.onSession();
				this.#logs.onSession();
			},
			onSilence: () => this.#on({ type: "silence" }),
			onOnline: () => this.#console.online(),
		});
		this.#console = new Console(
			clock,
			log,
			this.#conversation,
			() => this.stateName,
			() => this.#library.progress,
		);
	}

	/** Finished logs that the server has yet to keep. */
	get logsWaiting(): number {
		return this.#logs.waiting;
	}

	/** PackML's name of the state. */
	get stateName(): string {
		if (this.#closed) return "Stopped";
		return this.#greeted || this.#state.halt !== "none" ? this.#packml : "Resetting";
	}

	/** An attempt that waits for room for its log is suspended: nothing moves, and nothing is wrong with the station. */
	get #packml(): string {
		return this.#trial.isWaiting ? "Suspended" : packml(this.#state);
	}

	start(): void {
		const { log, config, resetReason } = this.#options;
		log(`station ${config.station}, start ${this.#journal.boots} (${resetReason})`);
		this.#console.changed();
		if (this.#logs.waiting > 0) this.#console.logs(this.#logs.waiting);
		this.#conversation.start();
	}

	/** Stops the fixture and takes leave of the broker. @param done - called when that is done. */
	close(done?: () => void): void {
		if (!this.#closed) {
			this.#closed = true;
			this.#trial.stop();
			this.#library.close();
			this.#logs.close();
			this.#console.close();
		}
		this.#conversation.close(() => {
			this.#trust.close();
			done?.();
		});
	}

	#on(event: StationEvent): void {
		if (this.#closed) return;
		const before = this.#state;
		const { state, effects } = step(before, event);
		this.#state = state;
		if (before.unit && !state.unit && isBegun(before)) this.#conversation.retire(before.unit.proof);
		for (const effect of effects) this.#carryOut(effect);
		this.#console.changed();
	}

	#carryOut(effect: Effect): void {
		switch (effect.do) {
			case "store":
				if (this.#state.unit === undefined) {
					this.#console.unitLeft();
					this.#trial.forget();
				}
				this.#journal.saveUnit(this.#state.unit);
				break;
			case "ask":
				this.#conversation.ask();
				break;
			case "activate":
				this.#library.activate(effect.recipe);
				break;
			case "run":
				if (this.#state.unit) this.#trial.run(effect.trial, this.#state.unit);
				break;
			case "stop":
				this.#trial.stop();
				break;
			case "publish":
				this.#conversation.passOn(effect.to, effect.ticket);
				break;
			case "fetch":
				this.#library.wantAlso(effect.recipe);
				break;
			case "alarm":
				this.#raise(effect.code, effect.text);
				break;
			case "refuse":
				this.#console.refused(effect.reason);
		}
	}

	#onMessage(message: Exclude<ServerMessage, Pull | Kept>, isFresh: boolean): void {
		if ("journal" in message) this.#journal.note(message.journal);
		this.#greeted = true;
		switch (message.type) {
			case "welcome-back":
				this.#journal.noteTime(message.timeS);
				this.#library.want(message.recipes);
				this.#console.changed();
				break;
			case "noted":
				this.#alarms.shift();
				this.#alarmDueMs = 0;
				break;
			case "rekey":
				this.#conversation.renew();
				break;
			case "credential":
				if (this.#trust.renew(message.bytes)) this.#conversation.renew();
				break;
			case "start": {
				const file = this.#library.stateOf(message.recipe);
				this.#on({ type: "start", message, fresh: isFresh, file });
				break;
			}
			case "hold":
				this.#on({ type: "hold" });
				break;
			case "resume":
				this.#on({ type: "resume", fresh: isFresh });
				break;
			default:
				this.#on({ type: message.type, message } as StationEvent);
		}
	}

	#ready(): Ready {
		const { unit } = this.#state;
		const name = unit && {
			serial: unit.serial,
			visit: unit.visit,
			step: unit.step,
			attempt: unit.result?.attempt ?? 0,
		};
		return {
			type: "ready",
			boot: this.#journal.boots,
			journal: this.#journal.number,
			recipes: this.#library.held,
			state: this.#packml,
			reset: this.#options.resetReason,
			...(name && { unit: name }),
		};
	}

	/** A unit that waits for a file asks again when one is complete. */
	#onLibrary(isComplete: boolean): void {
		if (this.#closed) return;
		if (isComplete && this.#state.mode === "arrived") this.#conversation.ask();
		this.#conversation.wake();
	}

	#makeLogs(): Logs {
		const { crypto, clock, log, config, state, logs = [] } = this.#options;
		return new Logs({
			crypto,
			clock,
			log,
			sender: config.station,
			trust: this.#trust,
			store: state,
			slots: logs,
			state: () => this.#state,
			publish: (block, done) => this.#conversation.publishLog(block, done),
			onChange: (isFree) => {
				if (isFree) this.#trial.onRoom();
				this.#conversation.wake();
			},
			onProgress: (done, of, bytes) => this.#console.upload(done, of, bytes),
			onWaiting: (count) => this.#console.logs(count),
			onUnreadable: (what) => this.#raise("log-unreadable", what),
		});
	}

	#onLogMessage(message: Pull | Kept): void {
		if (message.type === "pull") this.#logs.pull(message);
		else this.#logs.kept(message.digest);
		this.#console.changed();
	}

	#more(nowMs: number): StationMessage | undefined {
		const alarm = this.#alarms[0];
		if (alarm && nowMs >= this.#alarmDueMs) {
			this.#alarmDueMs = nowMs + ALARM_MS;
			return alarm;
		}
		return this.#library.request(nowMs) ?? this.#logs.request(nowMs);
	}

	get #nextAlarmMs(): number {
		return this.#alarms.length > 0 ? this.#alarmDueMs : Number.POSITIVE_INFINITY;
	}

	#raise(code: AlarmCode, text: string): void {
		if (this.#alarms.some((alarm) => alarm.code === code)) return;
		this.#options.log(`alarm ${code}`);
		this.#alarms.push({ type: "alarm", code, text });
		this.#conversation.wake();
	}
}
