/** G1: nothing that is secret can be read at the broker, and lengths are those of the protocol. */

import { RECORD_HEADER_SIZE, RECORD_KIND, TICKET_KIND } from "../../../modules/channel/session.js";
import { TAG_SIZE } from "../../../modules/ports/crypto.js";
import type { Checker, CheckerKind, Seen, Surroundings } from "./checker.js";

/** Shorter ones turn up by chance. */
const NEEDLE_SIZE_MIN = 5;
/** What is looked for of a log: so many bytes every so many. */
const LOG_NEEDLE_SIZE = 12;
const LOG_PART = 4096;
/** Of plaintexts, by docs/protocol.md §6; not read from the code, which may be wrong about them. */
const PADDED_SIZES = [64, 256, 1024, 4000];
const SIZES = new Set(PADDED_SIZES.map((size) => RECORD_HEADER_SIZE + size + TAG_SIZE));
/** What anybody may know of a station: that it is away, or PackML's states where a pass and a fail look the same. */
const STATES = new Set([
	"offline",
	...["Resetting", "Idle", "Starting", "Execute", "Suspended", "Completing"],
	...["Held", "Aborted", "Stopped"],
]);

class Secrecy implements Checker {
	readonly #surroundings: Surroundings;
	readonly #captured: Uint8Array[] = [];
	readonly #readings = new Set<number>();
	readonly #logged: Uint8Array[] = [];

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	see(seen: Seen): void {
		if (seen.type === "measured") this.#measured(seen);
		if (seen.type !== "published" || seen.message.from === this.#surroundings.traitor) return;
		const { payload, topic } = seen.message;
		this.#captured.push(payload);
		const isSealed = payload[0] === RECORD_KIND || payload[0] === TICKET_KIND;
		if (isSealed && /\/(up|down|in)$/.test(topic) && !SIZES.has(payload.length))
			this.#surroundings.fail(`a record of ${payload.length} bytes on ${topic}: not a padded size`);
		const state = topic.endsWith("/state") ? Buffer.from(payload).toString() : "offline";
		if (!STATES.has(state))
			this.#surroundings.fail(`everybody can read that a station is ${state}`);
	}

	#measured({ readings, log }: Extract<Seen, { type: "measured" }>): void {
		for (const { value } of readings) this.#readings.add(value);
		// Of each part that may be sealed as one.
		for (let at = 0; log && at < log.bytes.length; at += LOG_PART)
			this.#logged.push(log.bytes.subarray(at, at + LOG_NEEDLE_SIZE));
	}

	end(): void {
		const { serials, recipes, fail } = this.#surroundings;
		const captured = Buffer.concat(this.#captured);
		const look = (what: string, needle: Buffer): void => {
			if (needle.length >= NEEDLE_SIZE_MIN && captured.includes(needle))
				fail(`${what} can be read`);
		};
		for (const serial of serials) look(`serial ${serial}`, Buffer.from(serial));
		for (const { text } of recipes)
			for (const line of new Set(text.split("\n")))
				look(`recipe line "${line}"`, Buffer.from(line));
		for (const bytes of this.#logged) look("part of a log", Buffer.from(bytes));
		for (const value of this.#readings) {
			const double = Buffer.alloc(8);
			double.writeDoubleBE(value);
			look(`reading ${value}`, double);
		}
	}
}

export const secrecy: CheckerKind = {
	name: "secrecy",
	property: "G1",
	holds:
		"serials, recipes, readings and logs cannot be read at the broker; records have padded sizes, states tell no verdict",
	make: (surroundings) => new Secrecy(surroundings),
};
