/**
 * Random walks of a whole line: the stations' real machine (modules/station/machine.ts) against the server's real
 * requests and store, with what lies between played by the walk: sessions as numbers, records that may be lost,
 * tickets that may be lost or repeated, power cuts on both sides, boards replaced.
 *
 * Safety is checked at every attempt that starts, liveness at the end: without further faults every unit leaves
 * the line. A failing seed is printed and becomes a line of SEEDS.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bigEndian, view } from "../../modules/bytes/bytes.js";
import type {
	Ready,
	ServerMessage,
	StationMessage,
	Ticket,
	UnitName,
} from "../../modules/messages/types.js";
import { step } from "../../modules/station/machine.js";
import {
	initialState,
	packml,
	question,
	type StationEvent,
	type StationState,
	type StoredUnit,
} from "../../modules/station/state.js";
import type { RecipeFacts } from "../../server/core/decision.js";
import { NodeCrypto } from "../../server/crypto.js";
import { lineReport, releaseUnits, showUnit } from "../../server/operations.js";
import { Requests } from "../../server/requests.js";
import { openStore } from "../../server/store/sqlite.js";
import type { Store } from "../../server/store/store.js";

const LINE = "line";
const STATIONS = 3;
const UNITS = 3;
const SETS = 3;
const FAULTS = 12;
/** Of one walk, so that one that gets nowhere fails. */
const MOVES_MAX = 6000;
const ROUTE = Array.from({ length: STATIONS }, (_, i) => `${LINE}.s${i}`);
/** Walks of every run, beside one of a new seed. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

const DIGEST = new Uint8Array(32).fill(1);
const RECIPE: RecipeFacts = {
	name: { id: "r", version: 1, digest: DIGEST },
	digests: [DIGEST],
	sets: SETS,
	attemptsMax: undefined,
	judge: (readings) => readings[0]?.value === 1,
};

/** Mulberry32. */
function generator(seed: number): () => number {
	let a = seed >>> 0;
	return () => {
		a = (a + 0x6d2b79f5) >>> 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
}

interface Sent<T> {
	readonly session: number;
	readonly message: T;
}

/** A board, its flash (`stored`), and the wires to and from it. */
class Board {
	state: StationState = initialState(undefined);
	stored: StoredUnit | undefined;
	/** 0: none. */
	session = 0;
	acknowledged = false;
	up: Sent<StationMessage>[] = [];
	down: Sent<ServerMessage>[] = [];
	tickets: Sent<Ticket>[] = [];
	trial: number | undefined;
}

class Walk {
	readonly #random: () => number;
	readonly #store: Store;
	readonly #boards = ROUTE.map(() => new Board());
	/** Confirmed sessions at the server. */
	readonly #confirmed: number[] = ROUTE.map(() => 0);
	readonly #pending: number[] = ROUTE.map(() => 0);
	/** The highest step whose station has let the unit go. */
	readonly #letGo = new Map<string, number>();
	/** Tickets sealed for the next station's session; the bytes of one are its index here. */
	readonly #sealed: Sent<Ticket>[] = [];
	readonly log: string[] = [];
	#requests!: Requests;
	#sessions = 0;
	#faults = FAULTS;

	constructor(seed: number, store: Store) {
		this.#random = generator(seed);
		this.#store = store;
	}

	#below(n: number): number {
		return Math.floor(this.#random() * n);
	}

	async run(): Promise<void> {
		await this.#startServer();
		const serials = Array.from({ length: UNITS }, (_, i) => `U-${i}`);
		await releaseUnits(this.#store, LINE, serials);
		for (let moves = 0; moves < MOVES_MAX; moves++) {
			if (this.#faults > 0 && this.#random() < 0.04) await this.#fault();
			else await this.#move();
			if (await this.#isOver()) return await this.#checkEnd();
		}
		assert.fail("the line does not finish");
	}

	async #startServer(): Promise<void> {
		this.#requests = new Requests({
			store: this.#store,
			fence: await this.#store.takeLease(),
			crypto: new NodeCrypto(),
			line: LINE,
			route: ROUTE,
			timeMs: () => 0,
			hasSession: (station) => this.#confirmed[ROUTE.indexOf(station)] !== 0,
			files: { facts: async () => RECIPE, offers: async () => [] },
		});
		this.#confirmed.fill(0);
		this.#pending.fill(0);
	}

	async #isOver(): Promise<boolean> {
		if (this.#boards.some((board) => board.stored || board.state.mode !== "idle")) return false;
		const { units } = await lineReport(this.#store, LINE);
		return units.every(({ stage }) => stage === "finished" || stage === "rejected");
	}

	async #checkEnd(): Promise<void> {
		const { units } = await lineReport(this.#store, LINE);
		for (const { serial, stage } of units) {
			const { attempts = [] } = (await showUnit(this.#store, serial)) ?? {};
			assert.deepEqual(
				attempts.map(({ number }) => number),
				attempts.map((_, i) => i + 1),
				`${serial}: attempt numbers`,
			);
			const passes = attempts.filter(({ pass }) => pass).map(({ step }) => step);
			const steps = Array.from({ length: passes.length }, (_, i) => i);
			assert.deepEqual(passes, steps, `${serial}: passed once at each station, in order`);
			if (stage === "finished") assert.equal(passes.length, STATIONS);
			else assert.equal(attempts.slice(-SETS).filter(({ pass }) => pass).length, 0);
		}
	}

	async #move(): Promise<void> {
		const k = this.#below(STATIONS);
		const board = this.#boards[k] as Board;
		const choice = this.#below(5);
		if (choice === 0) this.#speak(k, board);
		else if (choice === 1) await this.#serve(k, board);
		else if (choice === 2) await this.#hear(k, board);
		else if (choice === 3) await this.#takeTicket(k, board);
		else await this.#measure(k, board);
	}

	/** A timer at the station: its question again, or a new session where the server does not know this one. */
	#speak(k: number, board: Board): void {
		const known = board.session !== 0;
		const alive = board.session === this.#confirmed[k] || board.session === this.#pending[k];
		if (!known || !alive) {
			board.session = ++this.#sessions;
			board.acknowledged = false;
			board.up = [];
			board.down = [];
			this.#pending[k] = board.session;
			this.log.push(`s${k} new session ${board.session}`);
		}
		const asked = board.acknowledged ? question(board.state) : undefined;
		if (board.up.length < 3)
			board.up.push({ session: board.session, message: asked ?? this.#ready(board) });
	}

	#ready(board: Board): Ready {
		const { unit } = board.state;
		const state = packml(board.state);
		if (!unit) return { type: "ready", boot: 1, journal: 0, recipes: [], state };
		const { serial, visit, step } = unit;
		const named = { serial, visit, step, attempt: unit.result?.attempt ?? 0 };
		return { type: "ready", boot: 1, journal: 0, recipes: [], state, unit: named };
	}

	async #serve(k: number, board: Board): Promise<void> {
		const sent = board.up.shift();
		if (!sent || sent.session === 0) return;
		const { session, message } = sent;
		if (session === this.#pending[k] && message.type === "ready") {
			this.#confirmed[k] = session;
			this.#pending[k] = 0;
		}
		if (session !== this.#confirmed[k]) return;
		const name = ROUTE[k] as string;
		this.log.push(`server gets ${message.type} from s${k}`);
		if (message.type === "ready") {
			const { answer, journal, ticket } = await this.#requests.ready(name, message);
			this.#reply(board, session, { type: "welcome-back", journal, timeS: 0, recipes: [] });
			const { also } = answer;
			if (also === "resume") this.#reply(board, session, { type: also, replyTo: 0 });
			if ((also === "reject" || also === "closed") && message.unit)
				this.#reply(board, session, { ...unitName(message.unit), type: also, journal });
			if (ticket) {
				const { unit, proof } = ticket;
				const from = ROUTE[unit.step - 1] ?? "";
				board.tickets.push({ session, message: { ...unitName(unit), from, to: name, proof } });
			}
			return;
		}
		assert.ok(message.type !== "blocks" && message.type !== "alarm" && message.type !== "log");
		const { decision, journal } = await this.#requests.unit(name, message);
		const { reply } = decision;
		const unit = unitName(message);
		assert.notEqual(reply.type, "hold", `s${k} ${message.type}: ${decision.refusal}`);
		if (reply.type === "start")
			this.#reply(board, session, { ...reply, ...unit, journal, replyTo: 0 });
		else if (reply.type === "verdict") this.#reply(board, session, { ...reply, ...unit, journal });
		else if (reply.type === "closed" || reply.type === "reject")
			this.#reply(board, session, { ...unit, type: reply.type, journal });
		else if (reply.type === "wait") this.#reply(board, session, { ...unit, type: "wait" });
		else if (reply.type === "handover") {
			const to = ROUTE[k + 1] as string;
			const ticket = { ...unit, step: k + 1, from: name, to, proof: reply.proof };
			// The bytes stand for the sealed ticket: which session it is for, and where it lies.
			this.#sealed.push({ session: this.#confirmed[k + 1] as number, message: ticket });
			const bytes = bigEndian(this.#sealed.length - 1, 4);
			this.#reply(board, session, { ...unit, type: "handover", to, ticket: bytes });
		}
	}

	#reply(board: Board, session: number, message: ServerMessage): void {
		if (board.down.length < 3) board.down.push({ session, message });
	}

	async #hear(k: number, board: Board): Promise<void> {
		const sent = board.down.shift();
		if (!sent || sent.session !== board.session) return;
		const { message } = sent;
		board.acknowledged = true;
		switch (message.type) {
			case "start":
				return await this.#on(k, board, { type: "start", message, fresh: true, file: "ready" });
			case "verdict":
				return await this.#on(k, board, { type: "verdict", message });
			case "handover":
				return await this.#on(k, board, { type: "handover", message });
			case "closed":
				return await this.#on(k, board, { type: "closed", message });
			case "reject":
				return await this.#on(k, board, { type: "reject", message });
			case "wait":
				return await this.#on(k, board, { type: "wait", message });
			case "resume":
				return await this.#on(k, board, { type: "resume", fresh: true });
		}
	}

	async #takeTicket(k: number, board: Board): Promise<void> {
		const sent = board.tickets.shift();
		if (!sent || sent.session !== board.session || sent.message.step !== k) return;
		await this.#on(k, board, { type: "ticket", ticket: sent.message });
	}

	async #measure(k: number, board: Board): Promise<void> {
		const { trial } = board;
		const { state } = board;
		if (trial === undefined || state.trial?.number !== trial || state.halt !== "none") return;
		board.trial = undefined;
		if (state.trial.set >= SETS) return await this.#on(k, board, { type: "no-set", trial });
		const readings = [{ name: "q", value: this.#random() < 0.5 ? 1 : 0 }];
		await this.#on(k, board, { type: "measured", trial, readings, durationMs: 1 });
	}

	async #on(k: number, board: Board, event: StationEvent): Promise<void> {
		const next = step(board.state, event);
		board.state = next.state;
		this.log.push(`s${k} ${event.type} -> ${next.state.mode}`);
		const { unit } = next.state;
		if (next.state.mode === "releasing" && unit)
			this.#letGo.set(unit.serial, Math.max(k, this.#letGo.get(unit.serial) ?? -1));
		for (const effect of next.effects) {
			if (effect.do === "store") board.stored = unit;
			else if (effect.do === "stop") board.trial = undefined;
			else if (effect.do === "run") {
				board.trial = effect.trial.number;
				await this.#checkStart(k, board, effect.trial);
			} else if (effect.do === "publish") {
				const ticket = this.#sealed[view(effect.ticket).getUint32(0)];
				const target = this.#boards[k + 1];
				if (ticket && target && target.tickets.length < 3) target.tickets.push(ticket);
			}
		}
	}

	/** G5: nothing is tried that the server did not pass before and the station before did not let go. */
	async #checkStart(
		k: number,
		board: Board,
		trial: { readonly attempt: number; readonly set: number },
	): Promise<void> {
		const { serial, step } = board.state.unit as StoredUnit;
		if (trial.set >= SETS) return;
		const unit = await showUnit(this.#store, serial);
		assert.deepEqual(
			{ stage: unit?.stage, step: unit?.step, attempt: unit?.attempt, set: unit?.nextSet },
			{ stage: "working", step: k, attempt: trial.attempt - 1, set: trial.set },
			`s${k} starts ${serial}`,
		);
		assert.equal(step, k);
		assert.equal(
			this.#letGo.get(serial) ?? -1,
			k - 1,
			`${serial} was let go by the station before`,
		);
		const others = this.#boards.filter((other) => other !== board && other.trial !== undefined);
		assert.ok(others.every((other) => other.state.unit?.serial !== serial));
	}

	async #fault(): Promise<void> {
		this.#faults--;
		const k = this.#below(STATIONS);
		const board = this.#boards[k] as Board;
		const kind = this.#below(7);
		this.log.push(`fault ${kind} at s${k}`);
		if (kind === 0) board.up.shift();
		else if (kind === 1) board.down.shift();
		else if (kind === 2) board.tickets.shift();
		else if (kind === 3) board.tickets.push(...board.tickets.slice(0, 1));
		else if (kind === 4) await this.#startServer();
		else {
			if (kind === 6) board.stored = undefined;
			this.#powerCut(board);
		}
	}

	/** What was on its way to the server may still arrive. */
	#powerCut(board: Board): void {
		board.state = initialState(board.stored);
		board.session = 0;
		board.acknowledged = false;
		board.trial = undefined;
		board.down = [];
	}
}

function unitName({ serial, visit, step }: UnitName): UnitName {
	return { serial, visit, step };
}

describe("handover, random walks", function () {
	this.timeout(60_000);
	const fresh = Math.floor(Math.random() * 2 ** 32);
	for (const seed of [...SEEDS, fresh]) {
		const name = seed === fresh ? `a seed of its own (${fresh})` : `seed ${seed}`;
		it(`starts nothing too early, judges nothing twice, and finishes: ${name}`, async () => {
			const directory = mkdtempSync(join(tmpdir(), "interlock-walk-"));
			const store = await openStore(join(directory, "interlock.db"));
			const walk = new Walk(seed, store);
			try {
				await walk.run();
			} catch (error) {
				if (error instanceof Error)
					error.message += `\nseed ${seed}, last moves:\n${walk.log.slice(-40).join("\n")}`;
				throw error;
			} finally {
				await store.close();
				rmSync(directory, { recursive: true });
			}
		});
	}
});
