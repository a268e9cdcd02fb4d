/** G7: each station acts only as itself: what the journal says of a unit was said by the station where it is. */
import { isBlockOf } from "../../../modules/envelope/block.js";
import type { StationMessage } from "../../../modules/messages/types.js";
import { stationTopics } from "../../../modules/station/topics.js";
import type { Attempt, Unit } from "../../../server/core/unit.js";
import type { Message } from "../broker.js";
import type { Checker, CheckerKind, Seen, Surroundings } from "./checker.js";

class Identity implements Checker {
	readonly #surroundings: Surroundings;
	/** What was said about units: station, message, serial, and for an attempt its number and readings. */
	readonly #said = new Set<string>();

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	see(seen: Seen): void {
		if (seen.type === "said" && seen.kind === "message")
			this.#said.add(claimOf(seen.by, seen.message as StationMessage));
		else if (seen.type === "published" && seen.message.topic.endsWith("/file"))
			this.#file(seen.message);
		else if (seen.type === "committed")
			for (const change of seen.changes)
				if (change.kind === "attempt") this.#attempt(change.attempt);
				else this.#unit(change.before, change.unit);
	}

	#attempt({ serial, number, station, readings }: Attempt): void {
		this.#expect(`${station}/result/${serial}/${number}/${JSON.stringify(readings)}`);
	}

	/** A file goes to the station that it is sealed for, whoever asks. */
	#file({ topic, payload }: Message): void {
		const { line, fail } = this.#surroundings;
		const envelope = line.tables.envelopes.find(({ digest }) => isBlockOf(digest, payload));
		if (envelope && stationTopics(envelope.station).file !== topic)
			fail(`the file of ${envelope.station} is given out on ${topic}`);
	}

	#unit(before: Unit | undefined, unit: Unit): void {
		if (before?.stage === unit.stage && before.step === unit.step) return;
		const { line, fail, traitor } = this.#surroundings;
		const station = line.plant.stations[unit.step];
		if (unit.stage === "working") this.#expect(`${station}/arrived/${unit.serial}`);
		if (unit.stage === "finished") this.#expect(`${station}/done/${unit.serial}`);
		// One that knows of no set left says so; to one that asks for a set after the last the server says it.
		if (unit.reason === "exhausted" && !this.#said.has(`${station}/arrived/${unit.serial}`))
			this.#expect(`${station}/exhausted/${unit.serial}`);
		if (unit.stage === "held" && station !== traitor)
			fail(`${unit.serial} is held: ${unit.reason}`);
	}

	#expect(claim: string): void {
		if (!this.#said.has(claim))
			this.#surroundings.fail(`nobody said ${claim}, and it is in the journal`);
	}
}

function claimOf(by: string, message: StationMessage): string {
	const claim = `${by}/${message.type}/${"serial" in message ? message.serial : ""}`;
	if (message.type !== "result") return claim;
	return `${claim}/${message.attempt}/${JSON.stringify(message.readings)}`;
}

export const identity: CheckerKind = {
	name: "identity",
	property: "G7",
	holds:
		"every attempt and every move in the journal was reported by the station where the unit is; files go to their own station; no unit is held",
	make: (surroundings) => new Identity(surroundings),
};
