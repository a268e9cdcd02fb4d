/** A line of the model as a plain value, and the ways in which it changes: the moves are in line-model.ts. */
import type { UnitName } from "../../modules/messages/types.js";
import { type Board, serverForgot } from "./board.js";

export interface Configuration {
	readonly stations: number;
	readonly units: number;
	/** Value sets of every recipe. */
	readonly sets: number;
	readonly cuts: number;
	readonly losses: number;
	readonly repeats: number;
	readonly swaps: number;
	/** A second version of the recipes is released at some time. */
	readonly isReleasing: boolean;
	/** The server is away for so long, once in a while, that running stations hold. */
	readonly hasOutages: boolean;
	/**
	 * A fault built in on purpose, to see that exploring finds it: the server refuses in silence; a station does not
	 * store its result; the server makes a ticket at the receiver's wish, not at `done`.
	 */
	readonly mutant?: "silent-closed" | "unstored-result" | "eager-ticket";
}

/**
 * Everything there is. For each unit, `letGo`: the last station that let it go, from 1; `measured`: the last attempt
 * that was measured.
 */
export interface LineState {
	readonly boards: readonly Board[];
	readonly database: number;
	readonly letGo: readonly number[];
	readonly measured: readonly number[];
	readonly cuts: number;
	readonly losses: number;
	readonly repeats: number;
	readonly swaps: number;
}

export function withBoard(state: LineState, k: number, board: Board): LineState {
	return { ...state, boards: state.boards.map((old, i) => (i === k ? board : old)) };
}

/** The station's session ends with its power: what was sealed for it never opens. */
export function cut(state: LineState, k: number, board: Board): LineState {
	return withDeadTickets(withBoard(state, k, board), k);
}

function withDeadTickets(state: LineState, k: number): LineState {
	const before = state.boards[k - 1];
	if (!before) return state;
	const down = before.down.map((item) => ({ ...item, ticket: 0 }));
	return withBoard(state, k - 1, { ...before, down });
}

export function withTicket(state: LineState, k: number, ticket: number): LineState {
	const board = state.boards[k];
	if (!board?.hasSession || board.tickets.includes(ticket)) return state;
	return withBoard(state, k, { ...board, tickets: [...board.tickets, ticket] });
}

export function forgotten(state: LineState): LineState {
	return { ...state, boards: state.boards.map(serverForgot) };
}

export function indexOf({ serial }: UnitName): number {
	return Number(serial.slice(2)) - 1;
}

export function letGo(state: LineState, unit: UnitName, station: number): LineState {
	const index = indexOf(unit);
	const highest = Math.max(station, state.letGo[index] ?? 0);
	return { ...state, letGo: state.letGo.map((old, i) => (i === index ? highest : old)) };
}

export function measured(state: LineState, unit: UnitName, attempt: number): LineState {
	const index = indexOf(unit);
	const highest = Math.max(attempt, state.measured[index] ?? 0);
	return { ...state, measured: state.measured.map((old, i) => (i === index ? highest : old)) };
}

export function without<T>(items: readonly T[], index: number): T[] {
	return items.filter((_, i) => i !== index);
}
