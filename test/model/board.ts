/**
 * A station of the model: the real machine (modules/station/machine.ts), what its flash keeps, its session and the
 * wires to and from it. Messages, tickets and machine states are numbers ({@link Interned}).
 *
 * Sessions are named as the station's present one sees them: 1 is the present one, 2 an older one that the server
 * still has as confirmed, 3 an older one that it has as pending; what no one can open any more is left out.
 *
 * A wire is a list. Taking an item drops those before it: a record opens only under a larger number than the last.
 */
import type { ServerMessage, StationMessage, Ticket } from "../../modules/messages/types.js";
import { step } from "../../modules/station/machine.js";
import {
	type Effect,
	initialState,
	packml,
	question,
	type StationEvent,
	type StationState,
	type StoredUnit,
} from "../../modules/station/state.js";
import { Interned } from "./intern.js";

/** Records on a wire: more would say nothing new, since a question is sent again until it is answered. */
const WIRE_MAX = 2;

export interface Up {
	readonly session: 1 | 2 | 3;
	readonly message: number;
}

/** Always of session 1: no other opens at the station. */
export interface Down {
	readonly message: number;
	/** The ticket in a `handover`, 0 where its session has ended. */
	readonly ticket: number;
}

export interface Board {
	readonly machine: number;
	/** In flash: the unit, 0 for none; the recipe's version floor. */
	readonly stored: number;
	readonly floor: number;
	/** An attempt is under way at the fixture. */
	readonly isTrying: boolean;
	/** The ticket of the unit that is here; that of the one that was tried and left last in this session. 0: none. */
	readonly taken: number;
	readonly retired: number;
	readonly hasSession: boolean;
	/** The server has answered in it. */
	readonly isOpen: boolean;
	/** What the server has: a confirmed session, and pending ones. */
	readonly confirmed: 0 | 1 | 2;
	readonly isPending: boolean;
	readonly isOldPending: boolean;
	readonly up: readonly Up[];
	readonly down: readonly Down[];
	readonly tickets: readonly number[];
}

export const machines = new Interned<StationState>();
export const units = new Interned<StoredUnit>();
export const upMessages = new Interned<StationMessage>();
export const downMessages = new Interned<ServerMessage>();
export const tickets = new Interned<Ticket>();

export const NEW_BOARD: Board = {
	machine: machines.of(initialState(undefined)),
	stored: 0,
	floor: 0,
	isTrying: false,
	taken: 0,
	retired: 0,
	hasSession: false,
	isOpen: false,
	confirmed: 0,
	isPending: false,
	isOldPending: false,
	up: [],
	down: [],
	tickets: [],
};

export function boardKey(board: Board): string {
	const { machine, stored, floor, isTrying, hasSession, isOpen, confirmed } = board;
	const flags = [isTrying, hasSession, isOpen, board.isPending, board.isOldPending].map(Number);
	const up = board.up.map(({ session, message }) => `${session}:${message}`);
	const down = board.down.map(({ message, ticket }) => `${message}:${ticket}`);
	const { taken, retired } = board;
	const parts = [machine, stored, floor, taken, retired, confirmed, flags.join("")];
	return [...parts, up, down, board.tickets].join("|");
}

/** Does the server know the station's session? */
export function isAlive(board: Board): boolean {
	return board.hasSession && (board.confirmed === 1 || board.isPending);
}

/** What the machine makes of an event, worked out once. */
interface Outcome {
	readonly machine: number;
	readonly stored: number;
	readonly effects: readonly Effect[];
	/** What the station says now, were it asked: in an open session, and before. */
	readonly says: number;
	readonly greets: number;
}

const outcomes = new Map<string, Outcome>();
const sayings = new Map<number, { readonly says: number; readonly greets: number }>();

/**
 * @param key - tells this event from every other one.
 * @param event - made only where the outcome is not known.
 */
export function react(machine: number, key: string, event: () => StationEvent): Outcome {
	const name = `${machine}/${key}`;
	let outcome = outcomes.get(name);
	if (!outcome) {
		const { state, effects } = step(machines.get(machine), event());
		const next = machines.of(numbered(state));
		const stored = state.unit ? units.of(state.unit) : 0;
		outcome = { machine: next, stored, effects, ...saying(next) };
		outcomes.set(name, outcome);
	}
	return outcome;
}

/** Orders are told apart only from those before: the one under way is always number 1, an outcome of an older one cannot come. */
function numbered(state: StationState): StationState {
	return {
		...state,
		orders: 0,
		trial: state.trial && { ...state.trial, number: Math.min(state.trial.number, 1) },
	};
}

/** What a station in this state says in an open session, and as its first word. */
export function saying(machine: number): { readonly says: number; readonly greets: number } {
	let known = sayings.get(machine);
	if (!known) {
		const state = machines.get(machine);
		const greets = upMessages.of(readyOf(state));
		const asked = question(state);
		known = { greets, says: asked ? upMessages.of(asked) : greets };
		sayings.set(machine, known);
	}
	return known;
}

function readyOf(state: StationState): StationMessage {
	const common = { type: "ready", boot: 1, journal: 0, recipes: [], state: packml(state) } as const;
	if (!state.unit) return common;
	const { serial, visit, step, result } = state.unit;
	return { ...common, unit: { serial, visit, step, attempt: result?.attempt ?? 0 } };
}

/** Sends the question of the moment, unless it was the last thing said. */
export function speak(board: Board): Board {
	if (!board.hasSession) return board;
	const { says, greets } = saying(board.machine);
	const message = board.isOpen ? says : greets;
	const last = board.up.at(-1);
	if (last?.session === 1 && last.message === message) return board;
	return { ...board, up: [...board.up, { session: 1, message } as const].slice(-WIRE_MAX) };
}

/** Puts a record on the wire to the station. */
export function answered(board: Board, message: number, ticket: number): Board {
	const last = board.down.at(-1);
	if (last?.message === message && last.ticket === ticket) return board;
	return { ...board, down: [...board.down, { message, ticket }].slice(-WIRE_MAX) };
}

/** The station forgets its session; the server has noticed nothing. */
export function withoutSession(board: Board): Board {
	if (!board.hasSession) return board;
	const confirmed = board.confirmed === 0 ? 0 : 2;
	const isOldPending = board.isOldPending || board.isPending;
	const present = board.confirmed === 1 ? 2 : board.isPending ? 3 : undefined;
	const up = board.up.flatMap(({ session, message }): Up[] => {
		// Of the pending ones that were given up only the last is kept in mind.
		if (session === 3 && present === 3) return [];
		const now = session === 1 ? present : session;
		return now ? [{ session: now, message }] : [];
	});
	return {
		...board,
		confirmed,
		isOldPending,
		isPending: false,
		taken: 0,
		retired: 0,
		hasSession: false,
		isOpen: false,
		up,
		down: [],
		tickets: [],
	};
}

/** HELLO, WELCOME and the first `ready`. */
export function withSession(board: Board): Board {
	return speak({ ...withoutSession(board), hasSession: true, isPending: true });
}

/** The server opened `ready` in this session: it is the confirmed one now. */
export function confirmedBy(board: Board, session: 1 | 3): Board {
	const isPending = session === 3 && board.isPending;
	const up = board.up.flatMap((item): Up[] => {
		if (item.session === 1) return [item];
		return item.session === session ? [{ ...item, session: 2 }] : [];
	});
	const confirmed = session === 1 ? 1 : 2;
	return { ...board, confirmed, isPending, isOldPending: false, up };
}

/** The server lost every session. */
export function serverForgot(board: Board): Board {
	return { ...board, confirmed: 0, isPending: false, isOldPending: false, up: [] };
}

/** Power off and on: only flash survives. */
export function rebooted(board: Board): Board {
	const unit = board.stored === 0 ? undefined : units.get(board.stored);
	const machine = machines.of(initialState(unit));
	return { ...withoutSession(board), machine, isTrying: false };
}
