/** G2: both ends of a session are the genuine ones, and what sets a machine in motion is fresh. */
import { FRESH_MS } from "../../../modules/station/link.js";
import { SERVER } from "../line.js";
import type { Checker, CheckerKind, Seen, Surroundings, Talk } from "./checker.js";

/** For the station's clock, which may run a little slow. */
const CLOCK_TOLERANCE = 1.05;

class Genuine implements Checker {
	readonly #surroundings: Surroundings;
	/** By key, who has derived it. */
	readonly #holders = new Map<string, Set<string>>();
	/** Which station speaks in a session. */
	readonly #speakers = new Map<string, string>();
	/** Sessions in which the server has heard `ready`. */
	readonly #confirmed = new Set<string>();

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	see(seen: Seen): void {
		if (
			seen.type === "key" &&
			seen.use.use === "derived" &&
			/(up|down|ticket)$/.test(seen.use.info)
		)
			for (const key of seen.use.keys) this.#derived(seen.by, key);
		else if (seen.type === "key" && seen.use.use === "sealed") this.#sealed(seen.by, seen.use.key);
		else if (seen.type === "heard") this.#heard(seen);
		else if (seen.type === "said") this.#said(seen);
	}

	#derived(by: string, key: string): void {
		const holders = this.#holders.get(key) ?? new Set();
		this.#holders.set(key, holders.add(by));
		const stations = [...holders].filter((name) => name !== SERVER);
		if (stations.length > 1)
			this.#surroundings.fail(`one session's key was derived by ${stations.join(", ")}`);
	}

	/** A station has let itself be convinced by somebody else, if the server has no such key. */
	#sealed(by: string, key: string): void {
		const holders = this.#holders.get(key);
		if (holders && !holders.has(SERVER))
			this.#surroundings.fail(`${by} speaks in a session that the server does not have`);
	}

	#said({ by, session }: Talk): void {
		if (by !== SERVER) this.#speakers.set(session, by);
		else if (!this.#confirmed.has(session))
			this.#surroundings.fail("the server seals in a session before its station has spoken in it");
	}

	#heard({ by, session, kind, message }: Talk): void {
		if (by !== SERVER || kind !== "message" || this.#confirmed.has(session)) return;
		const { fail, traitor } = this.#surroundings;
		if (message.type === "ready") this.#confirmed.add(session);
		else if (this.#speakers.get(session) !== traitor)
			fail(`the server heard ${message.type} before ready in a session`);
	}
}

/** What a station may do, by what it has been told since its start. */
interface Permit {
	readonly serial: string;
	attempt: number;
	readonly ageMs: number;
}

class Fresh implements Checker {
	readonly #surroundings: Surroundings;
	/** When a station asked, by station, session and `seq`. */
	readonly #askedMs = new Map<string, number>();
	readonly #permits = new Map<string, Permit>();
	/** Stations at an attempt, stations that hold, and those among them that the server told to. */
	readonly #trying = new Set<string>();
	readonly #held = new Set<string>();
	readonly #stopped = new Set<string>();

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	see(seen: Seen): void {
		if (seen.type === "said") this.#askedMs.set(this.#name(seen, seen.seq), this.#nowMs);
		else if (seen.type === "heard") this.#heard(seen);
		else if (seen.type === "console") this.#told(seen.station, seen.line);
		else if (seen.type === "measured") this.#measured(seen.station);
		else if (seen.type === "stopped") this.#trying.delete(seen.station);
		else if (seen.type === "trial") this.#trial(seen.station, seen.trial);
		else if (seen.type === "power") {
			this.#permits.delete(seen.party);
			this.#trying.delete(seen.party);
			this.#held.delete(seen.party);
			this.#stopped.delete(seen.party);
		}
	}

	/** In the server's silence an attempt under way may end. */
	#told(station: string, line: string): void {
		if (line === "state Held") this.#held.add(station);
	}

	#measured(station: string): void {
		this.#trying.delete(station);
		if (this.#stopped.has(station))
			this.#surroundings.fail(`${station} was told to hold and went on moving`);
	}

	get #nowMs(): number {
		return this.#surroundings.line.time.nowMs;
	}

	#name({ by, session }: Talk, seq: number): string {
		return `${by}/${session}/${seq}`;
	}

	#heard(talk: Talk): void {
		if (talk.kind !== "message") return;
		const { by, message } = talk;
		if (message.type === "resume") {
			if (this.#ageMs(talk, message.replyTo) > FRESH_MS * CLOCK_TOLERANCE) return;
			this.#held.delete(by);
			this.#stopped.delete(by);
		} else if (message.type === "hold") this.#stopped.add(by);
		else if (message.type === "start") {
			const ageMs = this.#ageMs(talk, message.replyTo);
			// A stale one is heard, too, and changes nothing.
			if (ageMs > FRESH_MS * CLOCK_TOLERANCE && this.#permits.has(by)) return;
			this.#permits.set(by, { serial: message.serial, attempt: message.attempt, ageMs });
		} else if (message.type === "verdict" && !message.pass) {
			const permit = this.#permits.get(by);
			if (permit?.serial === message.serial && permit.attempt === message.attempt) permit.attempt++;
		}
	}

	/** Of the question that is answered. */
	#ageMs(talk: Talk, replyTo: number): number {
		return this.#nowMs - (this.#askedMs.get(this.#name(talk, replyTo)) ?? -Infinity);
	}

	#trial(station: string, { serial, attempt }: { serial: string; attempt: number }): void {
		const { fail } = this.#surroundings;
		this.#trying.add(station);
		if (this.#held.has(station)) fail(`${station} makes attempt ${attempt} while it must hold`);
		const permit = this.#permits.get(station);
		if (permit?.serial !== serial || permit.attempt !== attempt)
			fail(`${station} makes attempt ${attempt} of ${serial}, which it was not told to`);
		else if (permit.ageMs > FRESH_MS * CLOCK_TOLERANCE)
			fail(
				`${station} is set in motion by an answer ${Math.round(permit.ageMs)} ms after its question`,
			);
	}
}

export const genuine: CheckerKind = {
	name: "genuine",
	property: "G2",
	holds:
		"a session that is used has one station and one server, and nothing is sealed by the server before ready",
	make: (surroundings) => new Genuine(surroundings),
};

export const fresh: CheckerKind = {
	name: "fresh",
	property: "G2",
	holds:
		"a station moves only as the server told it since its start, in answer to a question at most 10 s old, and not while it holds",
	make: (surroundings) => new Fresh(surroundings),
};
