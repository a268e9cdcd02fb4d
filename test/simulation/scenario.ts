/** A simulated line that a test leads by hand: no faults but those it makes. */
import assert from "node:assert/strict";
import { SimulatedLine } from "../../host-sim/simulation/line.js";
import type { Observation } from "../../host-sim/simulation/observation.js";
import type { UnitRecord } from "../../server/store/store.js";

const SEED = 1;
const EVENTS_MAX = 100_000;
const RECIPE = "# Section 0\nv= 1.5\n";

type Console = Extract<Observation, { type: "console" }>;
type Published = Extract<Observation, { type: "published" }>;

export class Scenario {
	readonly seen: Observation[] = [];
	readonly line: SimulatedLine;

	constructor(stations = 1) {
		this.line = new SimulatedLine({
			seed: SEED,
			stations,
			// Everything passes.
			yield: 1,
			courier: { deliveries: () => [0] },
			observe: (observation) => this.seen.push(observation),
			onFailure: (party, error) => {
				throw new Error(`${party} failed`, { cause: error });
			},
		});
	}

	async pass(durationMs: number): Promise<void> {
		const { time } = this.line;
		const isInTime = await time.run(time.nowMs + durationMs, () => false, EVENTS_MAX);
		assert.ok(isInTime, "nothing runs in a circle");
	}

	async releaseRecipes(): Promise<void> {
		for (const station of this.line.plant.stations) await this.line.releaseRecipe(station, RECIPE);
	}

	unit(serial: string): UnitRecord | undefined {
		return this.line.tables.units.get(serial);
	}

	consoleLines(): string[] {
		const lines = this.seen.filter((each): each is Console => each.type === "console");
		return lines.map(({ line }) => line);
	}

	/** What was published by a party on a topic that ends so. */
	published(from: string, end: string): Uint8Array[] {
		const messages = this.seen.filter((each): each is Published => each.type === "published");
		const own = messages.map(({ message }) => message);
		return own
			.filter((message) => message.from === from && message.topic.endsWith(end))
			.map(({ payload }) => payload);
	}

	/** Versions of recipes that were sealed so far. */
	sealed(): number[] {
		return this.line.tables.envelopes.map(({ version }) => version);
	}
}
