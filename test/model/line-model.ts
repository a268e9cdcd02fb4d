/**
 * A whole line as a model to be explored: real station machines (board.ts), the server's real requests and interlock
 * (server/requests.ts) over a database in memory, and between them a broker that may lose, delay and repeat.
 *
 * Misfortunes are paid from budgets: power cuts of a board or restarts of the server, losses, repeats, boards
 * replaced by empty ones. Free are delays, timers, either outcome of an attempt, and one new version of the recipes.
 *
 * Rules that must hold in every state: a station starts an attempt only at a unit that the station before let go,
 * that the server has there, with the attempt, value set and recipe version due; no unit is tried at two places,
 * judged twice or held; no attempt is made again that was measured, and no result is given up unjudged. See
 * docs/protocol.md §7.
 */
import { isBegun, type StationEvent } from "../../modules/station/state.js";
import { isOpen, releasedUnit, type Unit } from "../../server/core/unit.js";
import {
	answered,
	type Board,
	boardKey,
	downMessages,
	isAlive,
	machines,
	NEW_BOARD,
	react,
	rebooted,
	speak,
	units as storedUnits,
	tickets,
	upMessages,
	withSession,
} from "./board.js";
import { type Model, type Move, Violation } from "./explore.js";
import {
	type Configuration,
	cut,
	forgotten,
	indexOf,
	type LineState,
	letGo,
	measured,
	withBoard,
	without,
	withTicket,
} from "./line-state.js";
import type { Database } from "./memory-store.js";
import { ModelServer, type Served } from "./model-server.js";

/** Adds a move; what `change` throws is the rule it breaks. */
type Go = (label: string, isFault: boolean, change: (state: LineState) => LineState) => void;

export class LineModel implements Model<LineState> {
	readonly initial: LineState;
	readonly #configuration: Configuration;
	readonly #server: ModelServer;
	readonly #boards = new Map<string, number>();
	readonly #boardNumbers = new WeakMap<Board, number>();

	constructor(configuration: Configuration) {
		this.#configuration = configuration;
		this.#server = new ModelServer(configuration);
		const { stations, units, cuts, losses, repeats, swaps } = configuration;
		const released = Array.from({ length: units }, (_, i) => {
			const proof = new Uint8Array(16).fill(i + 1);
			return releasedUnit(`U-${i + 1}`, this.#server.line, proof);
		});
		const database = { units: released, attempts: [], version: 1, proofs: units };
		this.initial = {
			boards: Array.from({ length: stations }, () => NEW_BOARD),
			database: this.#server.databases.of(database),
			letGo: released.map(() => 0),
			measured: released.map(() => 0),
			cuts,
			losses,
			repeats,
			swaps,
		};
	}

	key(state: LineState): string {
		const { boards, database, letGo, measured, cuts, losses, repeats, swaps } = state;
		const places = boards.map((board) => this.#boardNumber(board));
		return [...places, database, ...letGo, ...measured, cuts, losses, repeats, swaps].join(",");
	}

	#boardNumber(board: Board): number {
		let number = this.#boardNumbers.get(board);
		if (number === undefined) {
			const key = boardKey(board);
			number = this.#boards.get(key) ?? this.#boards.size;
			this.#boards.set(key, number);
			this.#boardNumbers.set(board, number);
		}
		return number;
	}

	isGoal(state: LineState): boolean {
		const isEmpty = ({ machine, stored }: Board): boolean =>
			stored === 0 && machines.get(machine).mode === "idle";
		return state.boards.every(isEmpty) && !this.#database(state).units.some(isOpen);
	}

	async moves(state: LineState): Promise<Move<LineState>[]> {
		const moves: Move<LineState>[] = [];
		const go: Go = (label, isFault, change) => {
			try {
				moves.push({ label, isFault, to: change(state) });
			} catch (error) {
				if (!(error instanceof Violation)) throw error;
				moves.push({ label, isFault, to: error });
			}
		};
		for (let k = 0; k < state.boards.length; k++) {
			this.#stationMoves(state, k, go);
			await this.#upMoves(state, k, go);
			this.#downMoves(state, k, go);
			this.#ticketMoves(state, k, go);
			this.#boardFaults(state, k, go);
		}
		await this.#serverMoves(state, go);
		return moves;
	}

	#database(state: LineState): Database {
		return this.#server.databases.get(state.database);
	}

	#stationMoves(state: LineState, k: number, go: Go): void {
		const board = state.boards[k] as Board;
		const name = `station ${k + 1}`;
		if (!isAlive(board)) go(`${name}: new session`, false, (s) => cut(s, k, withSession(board)));
		else if (board.up.length === 0 && board.down.length === 0)
			go(`${name} asks`, false, (s) => withBoard(s, k, speak(board)));
		else if (state.repeats > 0)
			go(`${name} asks again early`, true, (s) =>
				withBoard({ ...s, repeats: s.repeats - 1 }, k, speak(board)),
			);
		if (!board.isTrying) return;
		const { trial } = machines.get(board.machine);
		const set = trial?.set ?? 0;
		const tried: Board = { ...board, isTrying: false };
		if (set >= this.#configuration.sets) {
			go(`${name}: no set left`, false, (s) =>
				this.#event(withBoard(s, k, tried), k, "no-set", () => ({ type: "no-set", trial: 1 })),
			);
			return;
		}
		for (const value of [0, 1])
			go(`${name}: measures ${value === 1 ? "well" : "badly"}`, false, (s) =>
				this.#event(withBoard(s, k, tried), k, `measured/${value}`, () => ({
					type: "measured",
					trial: 1,
					readings: [{ name: "q", value }],
					durationMs: 1,
				})),
			);
	}

	async #upMoves(state: LineState, k: number, go: Go): Promise<void> {
		const board = state.boards[k] as Board;
		for (const [i, { session, message }] of board.up.entries()) {
			const { type } = upMessages.get(message);
			const label = `${type} of station ${k + 1}`;
			const taken: Board = { ...board, up: board.up.slice(i + 1) };
			const opened = this.#server.open(taken, session, type);
			const next = withBoard(state, k, opened ?? taken);
			const served = opened && (await this.#server.answer(next, k, message));
			go(`server gets ${label}`, false, () =>
				served ? this.#answers(next, k, session, served) : next,
			);
			const left: Board = { ...board, up: without(board.up, i) };
			if (state.losses > 0)
				go(`lost: ${label}`, true, (s) => withBoard({ ...s, losses: s.losses - 1 }, k, left));
		}
	}

	#downMoves(state: LineState, k: number, go: Go): void {
		const board = state.boards[k] as Board;
		for (const [i, { message, ticket }] of board.down.entries()) {
			const { type } = downMessages.get(message);
			const heard: Board = { ...board, isOpen: true, down: board.down.slice(i + 1) };
			go(`station ${k + 1} gets ${type}`, false, (s) =>
				this.#hear(withBoard(s, k, heard), k, message, ticket),
			);
			const left: Board = { ...board, down: without(board.down, i) };
			if (state.losses > 0)
				go(`lost: ${type} for station ${k + 1}`, true, (s) =>
					withBoard({ ...s, losses: s.losses - 1 }, k, left),
				);
		}
	}

	#ticketMoves(state: LineState, k: number, go: Go): void {
		const board = state.boards[k] as Board;
		for (const [i, ticket] of board.tickets.entries()) {
			const left: Board = { ...board, tickets: without(board.tickets, i) };
			const take = (s: LineState, after: Board): LineState =>
				ticket === board.retired
					? withBoard(s, k, after)
					: this.#event(
							withBoard(s, k, after),
							k,
							`ticket/${ticket}`,
							() => ({ type: "ticket", ticket: tickets.get(ticket) }),
							ticket,
						);
			go(`station ${k + 1} gets a ticket`, false, (s) => take(s, left));
			if (state.losses > 0)
				go(`lost: ticket for station ${k + 1}`, true, (s) =>
					withBoard({ ...s, losses: s.losses - 1 }, k, left),
				);
			if (state.repeats > 0)
				go(`station ${k + 1} gets a ticket that comes again`, true, (s) =>
					take({ ...s, repeats: s.repeats - 1 }, board),
				);
		}
	}

	#boardFaults(state: LineState, k: number, go: Go): void {
		const board = state.boards[k] as Board;
		const name = `station ${k + 1}`;
		if (state.cuts > 0) {
			const paid = { ...state, cuts: state.cuts - 1 };
			go(`${name} loses power`, true, () => cut(paid, k, rebooted(board)));
			if (board.up.length > 0)
				go(`${name} loses power and what it had not sent`, true, () =>
					cut(paid, k, rebooted({ ...board, up: [] })),
				);
		}
		if (state.swaps > 0)
			go(`${name}: board replaced`, true, (s) =>
				cut(
					// What the board had measured is gone with it.
					{ ...s, swaps: s.swaps - 1, measured: s.measured.map(() => 0) },
					k,
					rebooted({ ...board, stored: 0, floor: 0 }),
				),
			);
	}

	async #serverMoves(state: LineState, go: Go): Promise<void> {
		const first = state.boards[0] as Board;
		const ticket = first.confirmed === 1 ? await this.#server.firstTicket(state) : 0;
		if (ticket !== 0) go("server offers the first unit", false, (s) => withTicket(s, 0, ticket));
		const { isReleasing, hasOutages } = this.#configuration;
		const database = this.#database(state);
		if (isReleasing && database.version === 1)
			go("version 2 of the recipes", false, (s) => ({
				...s,
				database: this.#server.databases.of({ ...database, version: 2 }),
			}));
		if (state.cuts === 0) return;
		const paid: LineState = { ...state, cuts: state.cuts - 1 };
		go("server restarts", true, () => forgotten(paid));
		if (hasOutages)
			go("server is long away", true, () => {
				let next = forgotten(paid);
				for (let k = 0; k < next.boards.length; k++)
					next = this.#event(next, k, "silence", () => ({ type: "silence" }));
				return next;
			});
	}

	/** What was stored stays stored; an answer reaches only the session that the station still has. */
	#answers(before: LineState, k: number, session: 1 | 2 | 3, served: Served): LineState {
		if (served.violation) throw served.violation;
		let state: LineState = { ...before, database: served.database };
		const previous = state.boards[k - 1];
		if (served.freed !== 0 && previous?.confirmed === 1)
			state = withBoard(state, k - 1, answered(previous, served.freed, 0));
		if (session !== 1) return state;
		let next = state;
		for (const message of served.messages) {
			const { type } = downMessages.get(message);
			if (type === "closed" && this.#configuration.mutant === "silent-closed") continue;
			const isReachable = type === "handover" && state.boards[k + 1]?.confirmed === 1;
			const ticket = isReachable ? served.ticket : 0;
			next = withBoard(next, k, answered(next.boards[k] as Board, message, ticket));
		}
		return served.isTicketOwn ? withTicket(next, k, served.ticket) : next;
	}

	#hear(state: LineState, k: number, number: number, ticket: number): LineState {
		const message = downMessages.get(number);
		const { floor } = state.boards[k] as Board;
		const at = (key: string, event: () => StationEvent): LineState =>
			this.#event(state, k, `${key}/${number}`, event, ticket);
		switch (message.type) {
			case "start": {
				const file = message.recipe.version < floor ? "old" : "ready";
				return at(file, () => ({ type: "start", message, fresh: true, file }));
			}
			case "resume":
				return at("", () => ({ type: "resume", fresh: true }));
			case "hold":
				return at("", () => ({ type: "hold" }));
			case "verdict":
			case "handover":
			case "wait":
			case "closed":
			case "reject":
				return at("", () => ({ type: message.type, message }) as StationEvent);
			default:
				return state;
		}
	}

	/** Carries one event through the machine, and what it does about it. */
	#event(state: LineState, k: number, key: string, event: () => StationEvent, ticket = 0) {
		const board = state.boards[k] as Board;
		const outcome = react(board.machine, key, event);
		let next = withBoard(state, k, { ...board, ...outcomeOf(board, outcome.machine, ticket) });
		const { unit, mode } = machines.get(outcome.machine);
		if (mode === "releasing" && unit) next = letGo(next, unit, k + 1);
		if (mode === "judging" && unit?.result) next = measured(next, unit, unit.result.attempt);
		for (const effect of outcome.effects) {
			const now = next.boards[k] as Board;
			if (effect.do === "store") next = this.#store(next, k, outcome.stored);
			else if (effect.do === "ask") next = withBoard(next, k, speak(now));
			else if (effect.do === "stop") next = withBoard(next, k, { ...now, isTrying: false });
			else if (effect.do === "activate")
				next = withBoard(next, k, { ...now, floor: effect.recipe.version });
			else if (effect.do === "run") {
				this.#checkStart(next, k, effect.trial.attempt, effect.trial.set);
				next = withBoard(next, k, { ...now, isTrying: true });
			} else if (effect.do === "publish" && ticket !== 0) next = withTicket(next, k + 1, ticket);
		}
		return next;
	}

	#store(state: LineState, k: number, stored: number): LineState {
		const board = state.boards[k] as Board;
		const result = board.stored === 0 ? undefined : storedUnits.get(board.stored).result;
		const isNew = stored !== 0 && storedUnits.get(stored).result?.attempt !== result?.attempt;
		if (isNew && this.#configuration.mutant === "unstored-result") return state;
		if (result && (stored === 0 || isNew)) {
			const { serial } = storedUnits.get(board.stored);
			const { attempts } = this.#database(state);
			if (!attempts.some((each) => each.serial === serial && each.number === result.attempt))
				throw new Violation(`station ${k + 1} gives up a result that was not judged`);
		}
		return withBoard(state, k, { ...board, stored });
	}

	#checkStart(state: LineState, k: number, attempt: number, set: number): void {
		const { unit: here, trial } = machines.get((state.boards[k] as Board).machine);
		if (!here || !trial) throw new Violation(`station ${k + 1} starts without a unit`);
		// Beyond the last set it only finds that there is none.
		if (set >= this.#configuration.sets) return;
		const index = indexOf(here);
		const unit = this.#database(state).units[index] as Unit;
		const due =
			unit.stage === "working" &&
			unit.step === k &&
			unit.visit === here.visit &&
			unit.attempt + 1 === attempt &&
			unit.nextSet === set &&
			unit.recipe?.version === trial.recipe.version;
		if (!due) throw new Violation(`station ${k + 1} starts attempt ${attempt}, which is not due`);
		if (attempt <= (state.measured[index] ?? 0))
			throw new Violation(`station ${k + 1} makes attempt ${attempt} again`);
		if (state.letGo[index] !== k)
			throw new Violation(`station ${k + 1} starts a unit that station ${k} has not let go`);
		for (const [other, board] of state.boards.entries())
			if (other !== k && board.isTrying && machines.get(board.machine).unit?.serial === here.serial)
				throw new Violation(`stations ${other + 1} and ${k + 1} try the same unit`);
	}
}

/** The machine's new state, and what the conversation keeps of tickets. */
function outcomeOf(board: Board, machine: number, ticket: number): Partial<Board> {
	const before = machines.get(board.machine);
	const after = machines.get(machine);
	if (!before.unit && after.unit) return { machine, taken: ticket };
	if (!before.unit || after.unit) return { machine };
	return isBegun(before) ? { machine, taken: 0, retired: board.taken } : { machine, taken: 0 };
}
