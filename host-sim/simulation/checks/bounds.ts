/** G8 and §9: floods and faults cost a bounded amount of flash, work and bytes. */
import { CREDENTIAL_SIZE_MAX } from "../../../modules/channel/credential.js";
import {
	HANDSHAKE_SIZE_MAX,
	HELLO_LABEL,
	WELCOME_LABEL,
} from "../../../modules/channel/handshake.js";
import { RECORD_SIZE_MAX } from "../../../modules/channel/session.js";
import { blockSizeMax } from "../../../modules/envelope/block.js";
import { BLOCKS_MAX } from "../../../modules/messages/types.js";
import { RETAINED_SIZE_MAX } from "../../../server/files.js";
import { SERVER } from "../line.js";
import type { Checker, CheckerKind, Seen, Surroundings } from "./checker.js";

/** By the end of a topic. */
const SIZES: { readonly [end: string]: number } = {
	up: Math.max(HANDSHAKE_SIZE_MAX, RECORD_SIZE_MAX),
	down: Math.max(HANDSHAKE_SIZE_MAX, RECORD_SIZE_MAX),
	in: RECORD_SIZE_MAX,
	file: blockSizeMax(1),
	log: blockSizeMax(1),
	state: 32,
	server: CREDENTIAL_SIZE_MAX,
};
/** RSA private operations that a station does for one HELLO. */
const UNWRAPS_MAX = 2;
/** The same at the server, of each station: 16 at first and one more each second. */
const HELLOS_A_SECOND_MAX = 16 + 1 + 1;

class Bounds implements Checker {
	readonly #surroundings: Surroundings;
	/** Unwraps of a station since its last HELLO. */
	readonly #unwraps = new Map<string, number>();
	/** When the server did one, in the last second. */
	#serverUnwrapsMs: number[] = [];

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	see(seen: Seen): void {
		const { fail, traitor } = this.#surroundings;
		if (seen.type === "published") {
			const { topic, payload } = seen.message;
			const end = topic.slice(topic.lastIndexOf("/") + 1);
			const most = SIZES[end] ?? RETAINED_SIZE_MAX;
			const isHonest = traitor === undefined || seen.message.from !== traitor;
			if (isHonest && payload.length > most)
				fail(`${payload.length} bytes on ${topic}, more than ${most}`);
			if (end === "up" && payload[0] === 0x88) this.#unwraps.set(seen.message.from, 0);
		} else if (seen.type === "said" && seen.kind === "message" && seen.message.type === "blocks") {
			if (seen.message.count > BLOCKS_MAX * (seen.message.each ?? 1))
				fail(`${seen.by} asks for ${seen.message.count} segments`);
		} else if (seen.type === "said" && seen.kind === "message" && seen.message.type === "pull") {
			if (seen.message.count > BLOCKS_MAX) fail(`it pulls ${seen.message.count} segments`);
		} else if (seen.type === "power" && seen.isOn && seen.party === SERVER) {
			this.#serverUnwrapsMs = [];
		} else if (seen.type === "key" && seen.use.use === "unwrapped")
			this.#unwrapped(seen.by, seen.use.label);
	}

	#unwrapped(by: string, label: string): void {
		const { line, fail } = this.#surroundings;
		if (label === WELCOME_LABEL) {
			const count = (this.#unwraps.get(by) ?? 0) + 1;
			this.#unwraps.set(by, count);
			if (count > UNWRAPS_MAX) fail(`${by} does ${count} RSA operations for one HELLO`);
		} else if (label === HELLO_LABEL) {
			const { nowMs } = line.time;
			const recent = this.#serverUnwrapsMs.filter((atMs) => atMs > nowMs - 1000);
			this.#serverUnwrapsMs = [...recent, nowMs];
			const count = this.#serverUnwrapsMs.length;
			if (count > HELLOS_A_SECOND_MAX * line.boards.length)
				fail(`the server did ${count} RSA operations in a second`);
		}
	}
}

/**
 * Operations of flash that one thing may cost: a fifth more than it does in the worst of hundreds of runs (a start that
 * finds a download unfinished, a compaction of the records now and then). Why each: journal.ts, library-record.ts,
 * download.ts, log-writer.ts (a log is begun with each try of an attempt, and fills its partition at most once).
 */
const COST = { start: 12, attempt: 2, visit: 4, file: 14, credential: 4, log: 5 };
/** Beside that, a log costs an erase and a write of each block that it needs. */
const LOG_BLOCK = 4096;

function costOf(logSize: number): number {
	return COST.log + 2 * (Math.ceil(logSize / LOG_BLOCK) + 1);
}

class Wear implements Checker {
	readonly #surroundings: Surroundings;
	readonly #starts = new Map<string, number>();
	/** What tries may have cost that wrote a log, of a board. */
	readonly #logs = new Map<string, number>();
	#credentials = 1;

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	see(seen: Seen): void {
		if (seen.type === "power" && seen.isOn)
			this.#starts.set(seen.party, (this.#starts.get(seen.party) ?? 0) + 1);
		else if (seen.type === "event" && seen.event.event === "keys") this.#credentials++;
		else if (seen.type === "trial" && seen.logSize > 0)
			this.#logs.set(seen.station, (this.#logs.get(seen.station) ?? 0) + costOf(seen.logSize));
	}

	/** Of one board, what it may have cost. */
	allowed(name: string): number {
		const { line, serials } = this.#surroundings;
		const { attempts, envelopes } = line.tables;
		const starts = this.#starts.get(name) ?? 0;
		const tried = [...attempts.values()].filter(({ station }) => station === name).length;
		const files = envelopes.filter(({ station }) => station === name).length;
		return (
			starts * COST.start +
			tried * COST.attempt +
			serials.length * COST.visit +
			files * COST.file +
			(this.#logs.get(name) ?? 0) +
			this.#credentials * COST.credential
		);
	}

	end(): void {
		const { line, fail } = this.#surroundings;
		for (const { name, flash } of line.boards)
			if (flash.power.operations > this.allowed(name))
				fail(
					`${name} did ${flash.power.operations} operations of flash where ${this.allowed(name)} are allowed`,
				);
	}
}

export const bounds: CheckerKind = {
	name: "bounds",
	property: "§9",
	holds:
		"sizes on the wire, segments asked for, RSA operations for a HELLO and in total keep their limits",
	make: (surroundings) => new Bounds(surroundings),
};

export const wear: CheckerKind = {
	name: "wear",
	property: "G8",
	holds: "a board's flash is written for its starts, attempts, units, files and logs only",
	make: (surroundings) => new Wear(surroundings),
};
