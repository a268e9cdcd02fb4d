/**
 * The server's conversation with its stations: what comes on `up` is opened by the channel, decided and stored
 * (requests.ts), and only then answered. One station's requests are worked off one after another.
 *
 *   up ──▶ HELLO ──▶ channel ──▶ WELCOME on `down`
 *     └──▶ record ─▶ channel ─▶ queue ─▶ transaction ─▶ event ─▶ answer on `down`
 *
 * What cannot be stored is not answered: the station asks again. Left out: the MQTT client (server.ts).
 */

import type { Credential } from "../modules/channel/credential.js";
import { Limiter, type Rate } from "../modules/channel/limiter.js";
import type { OpenedRecord, Responder } from "../modules/channel/responder.js";
import { RECORD_KIND, type ServerSession } from "../modules/channel/session.js";
import type {
	Blocks,
	Ready,
	RecipeOffer,
	ServerMessage,
	Ticket,
	UnitName,
} from "../modules/messages/types.js";
import type { Clock } from "../modules/ports/clock.js";
import { stationTopics } from "../modules/station/topics.js";
import type { Reply, UnitRequest } from "./core/decision.js";
import type { Unit } from "./core/unit.js";
import { type OnEvent, type ServerEvent, unitEvents } from "./events.js";
import type { Files } from "./files.js";
import type { LogRefusal, Logs } from "./logs.js";
import { Queue } from "./queue.js";
import type { ReadyOutcome, Requests, UnitOutcome } from "./requests.js";
import type { ServedFile } from "./segments.js";
import type { Starts } from "./starts.js";
import type { Transfers } from "./transfers.js";

/** A refusal of one kind at one station is told at most this often. */
const REFUSED_EVENT_MS = 1000;
/** What a station itself can have told, its state and alarms: one that is stolen must not fill a disk with it. */
const TOLD_RATE: Rate = { burst: 64, perSecond: 16 };

export interface StationsOptions {
	/** Full names, in route order. */
	readonly route: readonly string[];
	readonly responder: Responder;
	readonly requests: Requests;
	readonly clock: Clock;
	/** Milliseconds since 1970-01-01. */
	readonly timeMs: () => number;
	/** @returns false where there is no room now; the message is then lost. */
	readonly publish: (topic: string, payload: Uint8Array, qos: 0 | 1) => boolean;
	/** Gives the blocks asked for, ready for `file`. */
	readonly files: Pick<Files, "blocks">;
	readonly transfers: Transfers;
	readonly starts: Starts;
	readonly logs: Pick<Logs, "offered" | "block">;
	readonly onEvent: OnEvent;
	/** The newest credentials: the server's, and the station's own. */
	readonly credentials: (station: string) => {
		readonly server: Credential;
		readonly station: Credential | undefined;
	};
	/** A HELLO was refused: the station may not know the newest credentials. */
	readonly onHelloRefused: (station: string) => void;
	/** A request was left unanswered: the store, or this program, failed. */
	readonly onFailure: (error: unknown) => void;
}

/** Segments sealed and sent in one go: 64 KiB. */
const PART_SEGMENTS = 16;

interface Known {
	readonly name: string;
	readonly step: number;
	readonly queue: Queue;
	readonly refusedAtMs: Map<string, number>;
	readonly told: Limiter;
	state: string;
	/** Units whose ticket was given out by this process, so that it is told once. */
	handed: string;
}

type RefusalReason = Extract<ServerEvent, { event: "refused" }>["reason"];

export class Stations {
	readonly #options: StationsOptions;
	readonly #known: ReadonlyMap<string, Known>;
	#closed = false;

	constructor(options: StationsOptions) {
		this.#options = options;
		const nowMs = options.clock.nowMs();
		this.#known = new Map(
			options.route.map((name, step) => {
				const told = new Limiter(TOLD_RATE, nowMs);
				const queue = new Queue();
				return [name, { name, step, queue, told, refusedAtMs: new Map(), state: "", handed: "" }];
			}),
		);
	}

	/** A message on a station's `up`. */
	received(name: string, message: { payload: Uint8Array; retain: boolean }): void {
		const station = this.#known.get(name);
		if (!station || this.#closed) return;
		const { responder } = this.#options;
		// A broker that kept it could hand it out at any time.
		if (message.retain) {
			this.#refused(station, "retained");
		} else if (message.payload[0] === RECORD_KIND) {
			const opened = responder.open(name, message.payload);
			if (!opened) this.#refused(station, "record");
			else this.#enqueue(station, () => this.#work(station, opened));
		} else {
			void this.#guard(() => this.#hello(station, message.payload));
		}
	}

	/** A message on a station's `log`. */
	receivedBlock(name: string, { payload, retain }: { payload: Uint8Array; retain: boolean }): void {
		const station = this.#known.get(name);
		if (!station || this.#closed) return;
		if (retain) this.#refused(station, "retained");
		else this.#options.logs.block(name, payload);
	}

	/** Says something to a station that did not ask, if it has a session. */
	say(name: string, message: ServerMessage): void {
		const station = this.#known.get(name);
		const session = this.#options.responder.session(name);
		if (station && session) this.#send(station, session, message);
	}

	/** Something of a station's was not taken, and that is worth telling. */
	refuse(name: string, reason: LogRefusal, serial?: string): void {
		const station = this.#known.get(name);
		if (station) this.#refused(station, reason, serial);
	}

	/** Units may have been released: offers the first station one. */
	async offerFirst(): Promise<void> {
		const station = this.#known.get(this.#options.route[0] ?? "");
		if (!station) return;
		station.queue.push(() =>
			this.#guard(async () => {
				const ticket = await this.#options.requests.firstTicket();
				if (ticket) this.#publishTicket(station, ticket);
			}),
		);
		await station.queue.idle();
	}

	/** What a station should hold is new: it is told, instead of hearing of it with its next `ready`. */
	offer(name: string): void {
		const station = this.#known.get(name);
		if (!station || !this.#options.responder.session(name)) return;
		this.#enqueue(station, async () => {
			const session = this.#options.responder.session(name);
			if (session) await this.#sayWhatToHold(station, session);
		});
	}

	/** A credential is new: a station whose session rests on an older one is told, and makes a new session. */
	announce(name: string): void {
		const station = this.#known.get(name);
		const session = this.#options.responder.session(name);
		if (station && session) this.#sendCredentials(station, session);
	}

	/** The station's credential is not accepted any more: it is told to hold, and has no session from now on. */
	dismiss(name: string): void {
		const station = this.#known.get(name);
		if (!station) return;
		const { responder } = this.#options;
		const session = responder.session(name);
		if (session) this.#send(station, session, { type: "hold" });
		responder.drop(name);
	}

	/** Nothing is received from now on; resolves when what was begun has ended. */
	async close(): Promise<void> {
		this.#closed = true;
		for (const { queue } of this.#known.values()) await queue.idle();
	}

	async #hello(station: Known, bytes: Uint8Array): Promise<void> {
		const welcome = await this.#options.responder.hello(station.name, bytes);
		if (this.#closed) return;
		if (welcome) this.#options.publish(stationTopics(station.name).down, welcome, 1);
		else {
			this.#refused(station, "hello");
			this.#options.onHelloRefused(station.name);
		}
	}

	#enqueue(station: Known, work: () => Promise<void>): void {
		if (!station.queue.push(() => this.#guard(work))) this.#refused(station, "overload");
	}

	/** What fails is not answered. */
	async #guard(work: () => Promise<void>): Promise<void> {
		try {
			await work();
		} catch (error) {
			this.#options.onFailure(error);
		}
	}

	async #work(station: Known, opened: OpenedRecord): Promise<void> {
		const { message, session } = opened;
		// Dismissed meanwhile: what it asked for is not done.
		if (session.closed && !this.#options.responder.session(station.name)) return;
		switch (message.type) {
			case "ready":
				return await this.#ready(station, opened, message);
			case "blocks":
				return await this.#blocks(station, session, message);
			case "alarm": {
				const { code, text } = message;
				if (station.told.take(this.#options.clock.nowMs()))
					this.#options.onEvent({ event: "alarm", station: station.name, code, text });
				return this.#send(station, session, { type: "noted" });
			}
			case "log": {
				const answer = await this.#options.logs.offered(station.name, message);
				if (answer) this.#send(station, session, answer);
				return;
			}
			default:
				return await this.#unit(station, opened, message);
		}
	}

	async #ready(station: Known, opened: OpenedRecord, ready: Ready): Promise<void> {
		const { onEvent, requests, starts } = this.#options;
		const { name } = station;
		const outcome = await requests.ready(name, ready);
		if (opened.first) onEvent({ event: "session", station: name, boot: ready.boot });
		if (ready.state !== station.state && station.told.take(this.#options.clock.nowMs())) {
			station.state = ready.state;
			onEvent({ event: "state", station: name, state: ready.state });
		}
		if (outcome.answer.refusal) this.#refused(station, outcome.answer.refusal);
		if (outcome.answer.behind) onEvent({ event: "behind", station: name, journal: ready.journal });
		this.#send(station, opened.session, this.#welcomeBack(outcome.journal, outcome.offers));
		this.#sendAlso(station, opened, ready, outcome);
		if (outcome.ticket) this.#publishTicket(station, outcome.ticket);
		this.#sendCredentials(station, opened.session);
		await starts.reported(name, ready);
	}

	/** With each `ready`, until the station has made a session that rests on the newest ones. */
	#sendCredentials(station: Known, session: ServerSession): void {
		const { credentials, responder } = this.#options;
		const used = responder.parties(station.name);
		const newest = credentials(station.name);
		for (const whose of ["station", "server"] as const) {
			const credential = newest[whose];
			if (used && credential && credential.epoch > used[whose].epoch)
				this.#send(station, session, { type: "credential", bytes: credential.bytes });
		}
	}

	#welcomeBack(journal: number, recipes: readonly RecipeOffer[]): ServerMessage {
		const timeS = Math.floor(this.#options.timeMs() / 1000);
		return { type: "welcome-back", journal, timeS, recipes };
	}

	#sendAlso(station: Known, opened: OpenedRecord, ready: Ready, outcome: ReadyOutcome): void {
		const { also } = outcome.answer;
		const { session, seq } = opened;
		if (also === "hold") this.#send(station, session, { type: "hold" });
		if (also === "resume") this.#send(station, session, { type: "resume", replyTo: seq });
		if ((also === "reject" || also === "closed") && ready.unit)
			this.#send(station, session, {
				type: also,
				...unitName(ready.unit),
				journal: outcome.journal,
			});
	}

	/** A part at a time, which goes out while the next is sealed. */
	async #blocks(station: Known, session: ServerSession, request: Blocks): Promise<void> {
		const { files, publish, clock } = this.#options;
		const { file: topic } = stationTopics(station.name);
		const end = request.first + request.count;
		const { each = 1 } = request;
		const part = Math.max(1, Math.floor(PART_SEGMENTS / each)) * each;
		for (let first = request.first; ; first += part) {
			const count = Math.min(part, end - first);
			const head = request.head && first === request.first;
			const served = await files.blocks(station.name, { ...request, head, first, count });
			// It asks for what is no longer wanted: how things stand is what it should hold instead.
			if (!served) return await this.#sayWhatToHold(station, session);
			for (const block of served.blocks) if (!publish(topic, block, 0)) return;
			this.#tellMoved(station, served.file, first + count);
			if (first + count >= end || this.#closed) return;
			await new Promise<void>((resolve) => clock.set(0, resolve));
		}
	}

	#tellMoved(station: Known, { head, segments: of }: ServedFile, sent: number): void {
		const { recipeId: recipe, version, size: bytes } = head;
		const moved = { direction: "down", station: station.name, recipe, version } as const;
		const done = Math.min(sent, of);
		void this.#guard(() => this.#options.transfers.moved({ ...moved, done, of, bytes }));
	}

	async #sayWhatToHold(station: Known, session: ServerSession): Promise<void> {
		const { journal, offers } = await this.#options.requests.present(station.name);
		this.#send(station, session, this.#welcomeBack(journal, offers));
	}

	async #unit(station: Known, opened: OpenedRecord, request: UnitRequest): Promise<void> {
		const outcome = await this.#options.requests.unit(station.name, request);
		const { reply } = outcome.decision;
		const message = this.#message(station, opened.seq, request, outcome, reply);
		this.#send(station, opened.session, message);
		if (request.type === "arrived") this.#release(station, outcome);
		this.#tell(station, request, outcome);
	}

	/** A unit has arrived: the station before need not wait until its next `done` to hear that it is rid of it. */
	#release(station: Known, { before, decision, journal }: UnitOutcome): void {
		const { route, responder } = this.#options;
		if (before?.stage !== "passed" || decision.unit?.stage !== "working") return;
		const previous = this.#known.get(route[before.step] ?? "");
		const session = responder.session(previous?.name ?? "");
		if (!previous || previous === station || !session) return;
		this.#send(previous, session, { type: "closed", ...unitName(before), journal });
	}

	#message(
		station: Known,
		seq: number,
		request: UnitRequest,
		{ journal }: UnitOutcome,
		reply: Reply,
	): ServerMessage {
		const unit = unitName(request);
		switch (reply.type) {
			case "start": {
				const { attempt, set, recipe } = reply;
				return { type: "start", ...unit, attempt, set, recipe, journal, replyTo: seq };
			}
			case "verdict":
				return { ...reply, ...unit, journal };
			case "handover":
				return this.#handover(station, unit, reply.proof);
			case "wait":
				return { type: "wait", ...unit };
			case "hold":
				return { type: "hold" };
			case "closed":
			case "reject":
				return { type: reply.type, ...unit, journal };
		}
	}

	/** The ticket is sealed for the next station's session of this moment. */
	#handover(station: Known, unit: UnitName, proof: Uint8Array): ServerMessage {
		const { route, responder, onEvent } = this.#options;
		const step = station.step + 1;
		const to = route[step] ?? "";
		const { serial, visit } = unit;
		const ticket: Ticket = { serial, visit, step, from: station.name, to, proof };
		const sealed = this.#sealTicket(responder.session(to), ticket);
		if (!sealed) return { type: "wait", ...unit };
		const handed = `${serial}/${visit}`;
		if (station.handed !== handed) {
			station.handed = handed;
			onEvent({ event: "handover", station: station.name, serial, to });
		}
		return { type: "handover", ...unit, to, ticket: sealed };
	}

	/** The server's own ticket: to the first station, or again to a board that was replaced. */
	#publishTicket(station: Known, { unit, proof }: { unit: Unit; proof: Uint8Array }): void {
		const { route, responder, publish, onEvent } = this.#options;
		const { serial, visit, step } = unit;
		const from = route[step - 1] ?? "";
		const ticket: Ticket = { serial, visit, step, from, to: station.name, proof };
		const sealed = this.#sealTicket(responder.session(station.name), ticket);
		if (!sealed || !publish(stationTopics(station.name).in, sealed, 1)) return;
		if (unit.stage === "released" && station.handed !== `>${serial}`) {
			station.handed = `>${serial}`;
			onEvent({ event: "released", station: station.name, serial });
		}
	}

	#sealTicket(session: ServerSession | undefined, ticket: Ticket): Uint8Array | undefined {
		return session && this.#isUsable(session) ? session.sealTicket(ticket) : undefined;
	}

	#isUsable(session: ServerSession): boolean {
		return !session.expired(this.#options.clock.nowMs());
	}

	/** Under the session that asked; where that has ended meanwhile, the station asks again under a new one. */
	#send(station: Known, session: ServerSession, message: ServerMessage): void {
		if (this.#closed || !this.#isUsable(session)) return;
		this.#options.publish(stationTopics(station.name).down, session.seal(message).bytes, 1);
	}

	#tell(station: Known, { serial }: UnitRequest, outcome: UnitOutcome): void {
		const { refusal } = outcome.decision;
		if (refusal) this.#refused(station, refusal, serial);
		for (const event of unitEvents(station.name, outcome)) this.#options.onEvent(event);
	}

	#refused(station: Known, reason: RefusalReason, serial?: string): void {
		const { clock, onEvent } = this.#options;
		const nowMs = clock.nowMs();
		const lastMs = station.refusedAtMs.get(reason);
		if (lastMs !== undefined && nowMs - lastMs < REFUSED_EVENT_MS) return;
		station.refusedAtMs.set(reason, nowMs);
		onEvent({ event: "refused", station: station.name, reason, ...(serial && { serial }) });
	}
}

function unitName({ serial, visit, step }: UnitName): UnitName {
	return { serial, visit, step };
}
