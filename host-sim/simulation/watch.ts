/** Holds everything that is seen of a line against every checker, until the first violation. */
import { hex } from "../../modules/bytes/bytes.js";
import { SESSION_ID_SIZE } from "../../modules/channel/handshake.js";
import { RECORD_KIND, TICKET_KIND } from "../../modules/channel/session.js";
import { decodeMessage, decodeTicket, MessageError, unpad } from "../../modules/messages/codec.js";
import type { Checker, CheckerKind, Seen, Surroundings, Talk } from "./checks/checker.js";
import { SOUND } from "./checks/index.js";
import type { KeyUse } from "./crypto.js";
import { SERVER, type SimulatedLine } from "./line.js";
import type { Observation } from "./observation.js";

export interface Violation {
	readonly checker: string;
	readonly why: string;
	/** In simulated time. */
	readonly atMs: number;
}

export type OnSeen = (atMs: number, seen: Seen) => void;

export class Watch {
	readonly #onSeen: OnSeen;
	#line: SimulatedLine | undefined;
	#checkers: readonly Checker[] = [];
	#violation: Violation | undefined;

	/** @param onSeen - gets everything that is seen, and when. */
	constructor(onSeen: OnSeen = () => undefined) {
		this.#onSeen = onSeen;
	}

	get violation(): Violation | undefined {
		return this.#violation;
	}

	/** Begins to check. */
	begin(kinds: readonly CheckerKind[], surroundings: Omit<Surroundings, "fail">): void {
		this.#line = surroundings.line;
		this.#checkers = kinds.map(({ name, make }) =>
			make({ ...surroundings, fail: (why) => this.fail(name, why) }),
		);
	}

	see(observation: Observation): void {
		this.#pass(observation);
		if (observation.type !== "key") return;
		const talk = talkOf(observation.by, observation.use);
		if (talk) this.#pass(talk);
	}

	fail(checker: string, why: string): void {
		this.#violation ??= { checker, why, atMs: Math.round(this.#line?.time.nowMs ?? 0) };
	}

	/** A party threw, or ended by itself. */
	unsound(party: string, error: unknown): void {
		this.fail(SOUND.name, `${party}: ${error instanceof Error ? error.stack : String(error)}`);
	}

	/** The line has come to rest: what can only be said then. */
	end(): void {
		for (const checker of this.#checkers) checker.end?.();
	}

	#pass(seen: Seen): void {
		this.#onSeen(this.#line?.time.nowMs ?? 0, seen);
		for (const checker of this.#checkers) checker.see?.(seen);
	}
}

/** What a record or ticket says; `undefined` for other uses of a key. */
function talkOf(by: string, use: KeyUse): Talk | undefined {
	if (use.use !== "sealed" && use.use !== "opened") return undefined;
	const { aad, plaintext } = use;
	const kind = aad[0];
	if (kind !== RECORD_KIND && kind !== TICKET_KIND) return undefined;
	const type = use.use === "sealed" ? "said" : "heard";
	const session = hex(aad.subarray(1, 1 + SESSION_ID_SIZE));
	const seq = Number.parseInt(hex(aad.subarray(1 + SESSION_ID_SIZE)), 16);
	try {
		const content = unpad(plaintext);
		if (kind === TICKET_KIND)
			return { type, by, session, seq, kind: "ticket", message: decodeTicket(content) };
		const from = (by === SERVER) === (type === "said") ? "server" : "station";
		return { type, by, session, seq, kind: "message", message: decodeMessage(content, from) };
	} catch (error) {
		// Whoever has the keys of a session may seal what is no message.
		if (error instanceof MessageError) return undefined;
		throw error;
	}
}
