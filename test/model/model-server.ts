/**
 * The model's server: the real requests (server/requests.ts) and interlock over a database that is a plain value. What
 * it makes of a message depends on nothing but that value, on who has a session, and on the message: it is worked
 * out once for each.
 */
import type {
	ServerMessage,
	StationMessage,
	Ticket,
	UnitName,
} from "../../modules/messages/types.js";
import type { RecipeFacts } from "../../server/core/decision.js";
import type { Unit } from "../../server/core/unit.js";
import { NodeCrypto } from "../../server/crypto.js";
import { Requests } from "../../server/requests.js";
import { type Board, confirmedBy, downMessages, tickets, upMessages } from "./board.js";
import { Violation } from "./explore.js";
import { Interned } from "./intern.js";
import { type Database, MemoryStore } from "./memory-store.js";

/** What the server does about one message. */
export interface Served {
	/** The database afterwards. */
	readonly database: number;
	readonly messages: readonly number[];
	/** The ticket it makes, 0 for none: the next station's, or the asking one's own. */
	readonly ticket: number;
	readonly isTicketOwn: boolean;
	/** A `closed` for the station before, which is rid of the unit now; 0 for none. See server/stations.ts. */
	readonly freed: number;
	/** The rule that answering breaks. */
	readonly violation?: Violation;
}

/** What the server goes by: its database, and which stations have a session. */
export interface Seen {
	readonly database: number;
	readonly boards: readonly Board[];
}

export interface ModelServerOptions {
	readonly stations: number;
	readonly sets: number;
	readonly mutant?: string | undefined;
}

/** The proofs come from a counter, so that the same way always leads to the same state. */
class CountingCrypto extends NodeCrypto {
	next: () => number = () => 0;
	override random(size: number): Uint8Array {
		return new Uint8Array(size).fill(this.next());
	}
}

export class ModelServer {
	readonly line = "line";
	readonly databases = new Interned<Database>();
	readonly #route: readonly string[];
	readonly #sets: number;
	readonly #isEager: boolean;
	readonly #served = new Map<string, Served>();
	readonly #first = new Map<string, number>();
	readonly #store = new MemoryStore({ units: [], attempts: [], version: 1, proofs: 0 });
	readonly #requests: Requests;
	#sessions: readonly boolean[] = [];

	constructor({ stations, sets, mutant }: ModelServerOptions) {
		this.#sets = sets;
		this.#isEager = mutant === "eager-ticket";
		this.#route = Array.from({ length: stations }, (_, k) => `${this.line}.s${k + 1}`);
		const crypto = new CountingCrypto();
		crypto.next = () => {
			const proofs = this.#store.database.proofs + 1;
			this.#store.database = { ...this.#store.database, proofs };
			return proofs;
		};
		this.#requests = new Requests({
			store: this.#store.asStore(),
			fence: 1,
			crypto,
			line: this.line,
			route: this.#route,
			timeMs: () => 0,
			hasSession: (station) => this.#sessions[this.#route.indexOf(station)] ?? false,
			files: {
				facts: async (_tx, _station, unit) =>
					this.#facts(unit?.recipe?.version ?? this.#store.database.version),
				offers: async () => [],
			},
		});
	}

	/** @returns the board, confirmed where this was its `ready`; `undefined` where the record opens in no session. */
	open(board: Board, session: 1 | 2 | 3, type: StationMessage["type"]): Board | undefined {
		const isPending = session === 1 ? board.isPending : session === 3 && board.isOldPending;
		if (isPending && session !== 2)
			return type === "ready" ? confirmedBy(board, session) : undefined;
		return session === board.confirmed ? board : undefined;
	}

	/** Answers what opened from station `k`. */
	async answer(seen: Seen, k: number, message: number): Promise<Served> {
		const key = `${nameOfSeen(seen)}/${k}/${message}`;
		let served = this.#served.get(key);
		if (!served) {
			this.#enter(seen);
			served = await this.#serve(seen, k, upMessages.get(message));
			this.#served.set(key, served);
		}
		return served;
	}

	/** The ticket for the first station, 0 where there is none to give. */
	async firstTicket(seen: Seen): Promise<number> {
		const key = nameOfSeen(seen);
		let ticket = this.#first.get(key);
		if (ticket === undefined) {
			this.#enter(seen);
			const offer = await this.#requests.firstTicket();
			ticket = offer ? this.#ticket(offer.unit, offer.unit.step, offer.proof) : 0;
			this.#first.set(key, ticket);
		}
		return ticket;
	}

	async #serve({ database }: Seen, k: number, message: StationMessage): Promise<Served> {
		try {
			return await (message.type === "ready" ? this.#ready(k, message) : this.#unit(k, message));
		} catch (error) {
			if (!(error instanceof Violation)) throw error;
			return { database, messages: [], ticket: 0, isTicketOwn: false, freed: 0, violation: error };
		}
	}

	#enter({ database, boards }: Seen): void {
		this.#store.database = this.databases.get(database);
		this.#sessions = boards.map(({ confirmed }) => confirmed !== 0);
	}

	#facts(version: number): RecipeFacts {
		const digest = new Uint8Array(32).fill(version);
		return {
			name: { id: "r", version, digest },
			digests: [digest],
			sets: this.#sets,
			attemptsMax: undefined,
			judge: (readings) => readings[0]?.value === 1,
		};
	}

	async #ready(k: number, message: Extract<StationMessage, { type: "ready" }>): Promise<Served> {
		const outcome = await this.#requests.ready(this.#route[k] as string, message);
		const { journal, ticket, answer } = outcome;
		const messages: ServerMessage[] = [{ type: "welcome-back", journal, timeS: 0, recipes: [] }];
		const { also } = answer;
		if (also === "hold") throw new Violation(`station ${k + 1} is held`);
		if (also === "resume") messages.push({ type: "resume", replyTo: 0 });
		if ((also === "closed" || also === "reject") && message.unit)
			messages.push({ type: also, ...nameOf(message.unit), journal });
		const offer = ticket ?? (this.#isEager && !message.unit ? this.#next(k) : undefined);
		return this.#result(messages, offer && this.#ticket(offer.unit, k, offer.proof), true);
	}

	/** Of the eager mutant: the unit that passed at the station before. */
	#next(k: number): { readonly unit: Unit; readonly proof: Uint8Array } | undefined {
		const { units } = this.#store.database;
		const unit = units.find(({ stage, step }) => stage === "passed" && step === k - 1);
		return unit?.proof && { unit, proof: unit.proof };
	}

	async #unit(k: number, request: StationMessage): Promise<Served> {
		switch (request.type) {
			case "ready":
			case "blocks":
			case "alarm":
			case "log":
				throw new Error(`${request.type} asks nothing about a unit`);
		}
		const outcome = await this.#requests.unit(this.#route[k] as string, request);
		const { journal, decision } = outcome;
		const { reply, refusal } = decision;
		const name = nameOf(request);
		switch (reply.type) {
			case "hold":
				throw new Violation(`${request.type} of station ${k + 1} is a contradiction: ${refusal}`);
			case "start": {
				const started = this.#result([{ ...reply, ...name, journal, replyTo: 0 }]);
				const { before } = outcome;
				if (before?.stage !== "passed" || decision.unit?.stage !== "working") return started;
				const freed: ServerMessage = { type: "closed", ...nameOf(before), journal };
				return { ...started, freed: downMessages.of(freed) };
			}
			case "verdict":
				return this.#result([{ ...reply, ...name, journal }]);
			case "wait":
				return this.#result([{ type: "wait", ...name }]);
			case "handover": {
				const to = this.#route[k + 1] as string;
				const ticket = this.#ticket(name, k + 1, reply.proof);
				return this.#result([{ type: "handover", ...name, to, ticket: NO_BYTES }], ticket);
			}
			case "closed":
			case "reject":
				return this.#result([{ type: reply.type, ...name, journal }]);
		}
	}

	#ticket({ serial, visit }: UnitName, step: number, proof: Uint8Array): number {
		const to = this.#route[step] as string;
		const ticket: Ticket = { serial, visit, step, from: this.#route[step - 1] ?? "", to, proof };
		return tickets.of(ticket);
	}

	#result(messages: readonly ServerMessage[], ticket = 0, isTicketOwn = false): Served {
		const database = this.databases.of(this.#store.database);
		const numbers = messages.map((message) => downMessages.of(message));
		const isOwn = isTicketOwn && ticket !== 0;
		return { database, messages: numbers, ticket, isTicketOwn: isOwn, freed: 0 };
	}
}

function nameOfSeen({ database, boards }: Seen): string {
	let sessions = "";
	for (const { confirmed } of boards) sessions += confirmed === 0 ? "0" : "1";
	return `${database}/${sessions}`;
}

const NO_BYTES = new Uint8Array(0);

function nameOf({ serial, visit, step }: UnitName): UnitName {
	return { serial, visit, step };
}
