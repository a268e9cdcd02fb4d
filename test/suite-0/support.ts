/**
 * A line of the paper's system in virtual time: a broker in memory, a clock moved by hand, the
 * physical model.
 */
import { createPublicKey, type KeyObject } from "node:crypto";
import { readRecipes } from "../../host-sim/line/prepare.js";
import { PlantFixture } from "../../host-sim/plant/fixture.js";
import { measure } from "../../host-sim/plant/rlc.js";
import { type Bus, QOS } from "../../host-sim/suite-0/bus.js";
import type { PartyEvent } from "../../host-sim/suite-0/events.js";
import { seal } from "../../host-sim/suite-0/format.js";
import {
	generateKeys,
	type Line,
	makeLine,
	type PrivateKeys,
} from "../../host-sim/suite-0/line.js";
import type { Clock } from "../../modules/ports/clock.js";
import { RecipeSummary, SetPicker } from "../../modules/recipe/sets.js";
import { judge, parseLimits } from "../../server/core/limits.js";
import { ManualClock } from "../station/clock.js";

export const STATIONS = ["station-1", "station-2", "station-3"];
export const SEED = 7;
const SETTLE_MS = 10;
const DELIVERY_MS = 1;
/** Longer than any line here works. */
const LONG_MS = 3_600_000;

export type Recipes = ReturnType<typeof readRecipes>;
export type EventOf<Name extends PartyEvent["event"]> = Extract<PartyEvent, { event: Name }>;

export const recipes: Recipes = readRecipes(
	new URL("../../../recipes", import.meta.url).pathname,
	STATIONS,
);

let made: Promise<PrivateKeys> | undefined;

/** The same keys for every test of a process: making them takes a while. */
export function testKeys(): Promise<PrivateKeys> {
	made ??= generateKeys(STATIONS);
	return made;
}

export interface Published {
	readonly topic: string;
	readonly payload: Uint8Array;
	readonly retain: boolean;
	readonly qos: number;
}

/** Delivers each message a little later, in order, and keeps what is retained. */
export class MemoryBroker implements Bus {
	readonly published: Published[] = [];
	readonly #clock: Clock;
	readonly #retained = new Map<string, Uint8Array>();
	readonly #receivers = new Map<string, ((payload: Uint8Array) => void)[]>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	publish(topic: string, payload: Uint8Array, options: { qos: 0 | 1 | 2; retain: boolean }): void {
		this.published.push({ topic, payload, ...options });
		if (options.retain) this.#retained.set(topic, payload);
		for (const receive of this.#receivers.get(topic) ?? [])
			this.#clock.set(DELIVERY_MS, () => receive(payload.slice()));
	}

	subscribe(topic: string, _qos: 0 | 1 | 2, receive: (payload: Uint8Array) => void): void {
		this.#receivers.set(topic, [...(this.#receivers.get(topic) ?? []), receive]);
		const kept = this.#retained.get(topic);
		if (kept !== undefined) this.#clock.set(DELIVERY_MS, () => receive(kept.slice()));
	}
}

export class TestLine {
	readonly clock = new ManualClock();
	readonly broker = new MemoryBroker(this.clock);
	readonly events: PartyEvent[] = [];
	readonly line: Line;
	readonly #keys: PrivateKeys;

	private constructor(keys: PrivateKeys, withRecipes: Recipes) {
		this.#keys = keys;
		this.line = makeLine({
			recipes: withRecipes,
			keys,
			bus: () => this.broker,
			fixture: (station) => fixtureOf(this.clock, station),
			onEvent: (event) => this.events.push(event),
		});
	}

	/** Parties that are not yet started. @param change - of the recipes of single stations. */
	static async make(change: Partial<Record<string, { limits: string }>> = {}): Promise<TestLine> {
		const changed = [...recipes].map(
			([name, files]) => [name, { ...files, ...change[name] }] as const,
		);
		return new TestLine(await testKeys(), new Map(changed));
	}

	/** Everybody is started and has a file. */
	static async started(change: Parameters<typeof TestLine.make>[0] = {}): Promise<TestLine> {
		const test = await TestLine.make(change);
		test.line.server.start();
		for (const station of test.line.stations) station.start();
		test.run();
		return test;
	}

	/** Until nothing is left to happen. */
	run(): void {
		this.clock.advance(LONG_MS);
	}

	publicKey(party: string): KeyObject {
		return createPublicKey(this.#keys.get(party) as KeyObject);
	}

	/** As somebody who knows the public keys. @param topic - after `suite-0/`. */
	say(topic: string, to: string, text: string): void {
		const payload = seal(this.publicKey(to), text);
		this.broker.publish(`suite-0/${topic}`, payload, { qos: QOS, retain: false });
		this.run();
	}

	of<Name extends PartyEvent["event"]>(name: Name): EventOf<Name>[] {
		return this.events.filter((event): event is EventOf<Name> => event.event === name);
	}

	/** Topics of all messages from number `first` on, without their beginning. */
	topics(first = 0): string[] {
		return this.broker.published.slice(first).map(({ topic }) => topic.slice("suite-0/".length));
	}
}

export function fixtureOf(clock: Clock, station: string): PlantFixture {
	return new PlantFixture({ clock, station, seed: SEED, settleMs: SETTLE_MS });
}

/**
 * What the physical model and the limits say of a part: the value set that passes first, or how
 * many fail.
 */
export function expected(station: string, part: number): { passed: boolean; tries: number } {
	const files = recipes.get(station);
	if (files === undefined) throw new Error(`no station ${station}`);
	const { text, limits } = files;
	const counter = new RecipeSummary();
	counter.write(text);
	const summary = counter.end();
	for (let set = 0; set < summary.sets; set++) {
		const picker = new SetPicker(summary, set);
		picker.write(text);
		const trial = { serial: `part-${part}`, attempt: set + 1, values: picker.end() };
		const outcome = measure(SEED, station, trial);
		if ("readings" in outcome && judge(parseLimits(limits), outcome.readings))
			return { passed: true, tries: set + 1 };
	}
	return { passed: false, tries: summary.sets };
}
