/**
 * A station's request as one transaction: what the decision rests on is read, the interlock decides
 * (core/interlock.ts), what changes is appended to the journal and stored, all of it durable before the promise
 * resolves. Only then may an answer leave. Left out: sessions, sending.
 */
import { hex } from "../modules/bytes/bytes.js";
import type { Ready, RecipeOffer } from "../modules/messages/types.js";
import type { Crypto } from "../modules/ports/crypto.js";
import type { Decision, RecipeFacts, Situation, UnitRequest } from "./core/decision.js";
import { decide } from "./core/interlock.js";
import { answerReady, type ReadyAnswer } from "./core/line.js";
import { isOpen, type Unit } from "./core/unit.js";
import type { EntryKind, Store, StoreReader, StoreWriter } from "./store/store.js";

const PROOF_SIZE = 16;

/** What a line and its files look like to a request. */
export interface RequestContext {
	readonly store: Store;
	readonly fence: number;
	readonly crypto: Crypto;
	readonly line: string;
	/** Full names of the stations, in order. */
	readonly route: readonly string[];
	/** Milliseconds since 1970-01-01. */
	readonly timeMs: () => number;
	readonly hasSession: (station: string) => boolean;
	/** See files.ts. */
	readonly files: {
		facts(
			tx: StoreReader,
			station: string,
			unit: Unit | undefined,
		): Promise<RecipeFacts | undefined>;
		offers(tx: StoreReader, station: string, unit: Unit | undefined): Promise<RecipeOffer[]>;
	};
}

export interface UnitOutcome {
	readonly decision: Decision;
	/** The unit before the request. */
	readonly before: Unit | undefined;
	/** The journal's highest number, this request's entry included. */
	readonly journal: number;
}

export interface ReadyOutcome {
	readonly answer: ReadyAnswer;
	readonly journal: number;
	readonly offers: readonly RecipeOffer[];
	/** The unit whose ticket the station is to be sent, with that ticket's proof. */
	readonly ticket: { readonly unit: Unit; readonly proof: Uint8Array } | undefined;
}

export class Requests {
	readonly #context: RequestContext;

	constructor(context: RequestContext) {
		this.#context = context;
	}

	/** Decides a request about a unit. @throws StoreError; nothing is stored and no answer may be given. */
	async unit(station: string, request: UnitRequest): Promise<UnitOutcome> {
		const { store, fence, line, route } = this.#context;
		return await store.write(async (tx) => {
			if (await tx.meta(`behind/${line}`)) {
				const decision: Decision = { reply: { type: "hold" }, refusal: "held" };
				return { decision, before: undefined, journal: await tx.journalNumber() };
			}
			const here = await tx.unitAt(line, route.indexOf(station));
			const found = here?.serial === request.serial ? here : await tx.unit(request.serial);
			const before = found?.line === line ? found : undefined;
			const decision = decide(request, await this.#situation(tx, station, request, before, here));
			const journal = (await this.#keep(tx, station, decision)) ?? (await tx.journalNumber());
			return { decision, before, journal };
		}, fence);
	}

	async #situation(
		tx: StoreReader,
		station: string,
		request: UnitRequest,
		unit: Unit | undefined,
		here: Unit | undefined,
	): Promise<Situation> {
		const { route, crypto, files } = this.#context;
		const step = route.indexOf(station);
		const isHere = here !== undefined && here.serial === unit?.serial;
		// Numbers only grow in a unit's life: one above its last is not stored yet.
		const isRepeated = request.type === "result" && request.attempt <= (unit?.attempt ?? 0);
		const stored = isRepeated ? await tx.attempt(request.serial, request.attempt) : undefined;
		return {
			unit,
			station,
			step,
			steps: route.length,
			occupied: here !== undefined && !isHere,
			nextReady: request.type === "done" && (await this.#isReady(tx, step + 1)),
			recipe: await files.facts(tx, station, isHere ? unit : undefined),
			stored,
			newProof: () => crypto.random(PROOF_SIZE),
			equal: (a, b) => crypto.equal(a, b),
		};
	}

	/** Can the station at `step` take a unit? */
	async #isReady(tx: StoreReader, step: number): Promise<boolean> {
		const { line, route, files, hasSession } = this.#context;
		const station = route[step];
		return (
			station !== undefined &&
			hasSession(station) &&
			(await tx.unitAt(line, step)) === undefined &&
			(await files.facts(tx, station, undefined)) !== undefined
		);
	}

	/** @returns the number of the last entry; `undefined` where nothing changed. */
	async #keep(
		tx: StoreWriter,
		station: string,
		{ unit, attempt }: Decision,
	): Promise<number | undefined> {
		if (unit === undefined) return undefined;
		const atMs = this.#context.timeMs();
		const data = {
			unit: unitData(unit),
			...(attempt && { attempt: attempt.number, pass: attempt.pass }),
		};
		const { serial } = unit;
		let journal: number | undefined;
		if (attempt) journal = await tx.append({ atMs, kind: "attempt", station, serial, data });
		const kind = entryKind(unit);
		if (!attempt || kind === "rejected")
			journal = await tx.append({ atMs, kind, station, serial, data });
		await tx.putUnit(unit, isOpen(unit) ? undefined : atMs);
		if (attempt) await tx.addAttempt(attempt, atMs);
		return journal;
	}

	/** Answers a station that reports itself. @throws StoreError. */
	async ready(station: string, ready: Ready): Promise<ReadyOutcome> {
		const { store, line, route, files } = this.#context;
		const step = route.indexOf(station);
		const outcome = await store.read(async (tx) => {
			const journal = await tx.journalNumber();
			const unitHere = await tx.unitAt(line, step);
			const named = ready.unit && (await tx.unit(ready.unit.serial));
			const answer = answerReady(ready, {
				journal,
				lineHeld: (await tx.meta(`behind/${line}`)) !== undefined,
				step,
				unitHere,
				unitNamed: named?.line === line ? named : undefined,
			});
			const offers = await files.offers(tx, station, unitHere);
			return { answer, journal, offers, ticket: await this.#ticket(tx, answer, unitHere) };
		});
		if (outcome.answer.behind) await this.#holdLine(station, ready.journal);
		return outcome;
	}

	/** What a station should hold, and the journal's highest number. @throws StoreError. */
	async present(station: string): Promise<{ journal: number; offers: readonly RecipeOffer[] }> {
		const { store, line, route, files } = this.#context;
		return await store.read(async (tx) => {
			const unit = await tx.unitAt(line, route.indexOf(station));
			const offers = await files.offers(tx, station, unit);
			return { journal: await tx.journalNumber(), offers };
		});
	}

	async #ticket(
		tx: StoreReader,
		answer: ReadyAnswer,
		unitHere: Unit | undefined,
	): Promise<ReadyOutcome["ticket"]> {
		if (answer.ticket === "first") return await this.#first(tx);
		const proof = answer.ticket && unitHere?.arrivalProof;
		return unitHere && proof ? { unit: unitHere, proof } : undefined;
	}

	/** The unit that the first station is to be sent, if it can take one. @throws StoreError. */
	async firstTicket(): Promise<ReadyOutcome["ticket"]> {
		const { store, line } = this.#context;
		return await store.read(async (tx) => {
			if ((await tx.meta(`behind/${line}`)) !== undefined) return undefined;
			return await this.#first(tx);
		});
	}

	async #first(tx: StoreReader): Promise<ReadyOutcome["ticket"]> {
		if (!(await this.#isReady(tx, 0))) return undefined;
		const unit = await tx.firstReleased(this.#context.line);
		return unit?.proof && { unit, proof: unit.proof };
	}

	/** The journal was restored from a backup: nothing moves until a person accepts what is missing. */
	async #holdLine(station: string, journal: number): Promise<void> {
		const { store, fence, line, timeMs } = this.#context;
		await store.write(async (tx) => {
			const key = `behind/${line}` as const;
			const known = Number((await tx.meta(key)) ?? 0);
			if (known >= journal) return;
			await tx.append({ atMs: timeMs(), kind: "behind", station, data: { journal } });
			await tx.setMeta(key, String(journal));
		}, fence);
	}
}

function entryKind(unit: Unit): EntryKind {
	switch (unit.stage) {
		case "finished":
		case "rejected":
		case "held":
		case "released":
			return unit.stage;
		default:
			return "arrived";
	}
}

/** A unit's row as JSON values: bytes in hexadecimal. */
export function unitData(unit: Unit): { [key: string]: unknown } {
	const { proof, arrivalProof, recipe, ...rest } = unit;
	return {
		...rest,
		...(proof && { proof: hex(proof) }),
		...(arrivalProof && { arrivalProof: hex(arrivalProof) }),
		...(recipe && { recipe: { ...recipe, digest: hex(recipe.digest) } }),
	};
}
