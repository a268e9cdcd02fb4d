/**
 * Suite 0 under attack: the paper's stations and server (host-sim/suite-0) in the same surroundings, the same attacker
 * on the wire. The attacker knows all public keys, as the paper supposes.
 */
import { createPublicKey, type KeyObject } from "node:crypto";
import type { Fixture, Trial } from "../../modules/ports/fixture.js";
import { hash32 } from "../plant/random.js";
import { SimulatedBroker } from "../simulation/broker.js";
import { Dice } from "../simulation/dice.js";
import { Network } from "../simulation/network.js";
import { drawRecipe } from "../simulation/recipe-text.js";
import { Process, settled, VirtualTime } from "../simulation/time.js";
import { type Kind, topicOf } from "../suite-0/bus.js";
import type { PartyEvent } from "../suite-0/events.js";
import { seal } from "../suite-0/format.js";
import { generateKeys, type Line, makeLine, type PrivateKeys } from "../suite-0/line.js";
import { MqttBus } from "../suite-0/mqtt-bus.js";
import type { Finding } from "./attack.js";
import { LEAVE_MS, type SceneOptions } from "./scene.js";
import { Script } from "./script.js";
import { ATTACKER, Wire } from "./wire.js";

const STATIONS = 3;
const SETTLE_MS = 20;
const EVENTS_MAX = 5_000_000;
const PART_MS = 2 * 60_000;

export class PaperScene {
	readonly seed: number;
	readonly wire: Wire;
	readonly script = new Script();
	readonly events: PartyEvent[] = [];
	readonly stations: readonly string[] = Array.from(
		{ length: STATIONS },
		(_, i) => `station-${i + 1}`,
	);
	/** By station. */
	readonly recipes = new Map<string, string>();
	/** Private keys, which are stolen only where an attack says so. */
	keys!: PrivateKeys;
	line!: Line;
	time!: VirtualTime;
	readonly #buses: MqttBus[] = [];

	constructor(options: SceneOptions) {
		this.seed = options.seed;
		this.wire = new Wire(options.real);
	}

	/** @param yields - part of all attempts that pass, about. */
	async begin(yields = 0.5): Promise<void> {
		const { wire, seed } = this;
		const real = wire.real;
		const time = new VirtualTime(real?.pace);
		const network = new Network(time, new Dice(seed, "network"));
		const onPublish = wire.pass.bind(wire);
		const broker = new SimulatedBroker({ time, courier: { deliveries: () => [0] }, onPublish });
		network.listener = real?.listener({ time, onPublish }) ?? broker;
		wire.connect(broker);
		this.time = time;
		this.keys = await generateKeys(this.stations);
		const dice = new Dice(seed, "recipes");
		for (const station of this.stations) this.recipes.set(station, drawRecipe(dice));
		this.line = makeLine({
			keys: this.keys,
			recipes: new Map(
				[...this.recipes].map(([station, text]) => [
					station,
					{ text: Buffer.from(text), limits: `# q\nmax= ${yields}\n` },
				]),
			),
			bus: (party) => this.#bus(party, time, network),
			fixture: (station) => this.#fixture(station, time),
			onEvent: (event) => this.events.push(event),
		});
		this.line.server.start();
		for (const station of this.line.stations) station.start();
		let started = 0;
		for (const bus of this.#buses) void bus.start().then(() => started++);
		await this.until(() => started === this.#buses.length);
		// The files are published when the server starts and asked for once more.
		await this.until(() => this.of("recipe").length === 2 * this.stations.length, 2000);
	}

	#process(name: string): Process {
		return new Process({
			name,
			isAsync: true,
			onDeath: () => undefined,
			onFailure: (error) => {
				throw error;
			},
		});
	}

	#bus(party: string, time: VirtualTime, network: Network): MqttBus {
		const process = this.#process(party);
		const bus = new MqttBus({
			transport: network.transport(process),
			clock: time.clock(process, 1),
			random: new Dice(this.seed, party),
			host: "broker",
			port: 1883,
			clientId: party,
		});
		this.#buses.push(bus);
		return bus;
	}

	#fixture(station: string, time: VirtualTime): Fixture {
		const clock = time.clock(this.#process(`${station} fixture`), 1);
		return {
			run: ({ serial, values }: Trial, done) => {
				const set = values.map(({ name, value }) => `${name}=${value}`).join();
				const value = hash32(`${this.seed}/${station}/${serial}/${set}`) / 2 ** 32;
				clock.set(SETTLE_MS, () => done({ readings: [{ name: "q", value }] }));
			},
			stop: () => undefined,
		};
	}

	get parties(): readonly string[] {
		return ["server", ATTACKER, ...this.stations];
	}

	/** What everybody knows. */
	publicKey(party: string): KeyObject {
		return createPublicKey(this.keys.get(party) as KeyObject);
	}

	/** Seals a text as anybody can who has the public key, and publishes it. */
	forge(station: string, kind: Kind, to: string, text: string): void {
		this.wire.inject({ topic: topicOf(station, kind), payload: seal(this.publicKey(to), text) });
	}

	/** A part is put before the first station, by hand. */
	bringPart(): void {
		this.line.stations[0]?.bringPart();
	}

	async until(isSo: () => boolean, limitMs = PART_MS): Promise<boolean> {
		await settled();
		await this.time.run(this.time.nowMs + limitMs, isSo, EVENTS_MAX);
		return isSo();
	}

	async wait(durationMs: number): Promise<void> {
		await this.until(() => false, durationMs);
	}

	/** Events of one kind at one station. */
	of<E extends PartyEvent["event"]>(
		event: E,
		station?: string,
	): readonly Extract<PartyEvent, { event: E }>[] {
		return this.events.filter(
			(each): each is Extract<PartyEvent, { event: E }> =>
				each.event === event &&
				(station === undefined || ("station" in each ? each.station : each.party) === station),
		);
	}

	/** @param isStopped - did the attacker not get what it wanted? @param evidence - what proves that. */
	async finding(isStopped: boolean, evidence: string): Promise<Finding> {
		const { wire } = this;
		for (const topic of wire.retained)
			wire.inject({ topic, payload: new Uint8Array(), retain: true });
		if (wire.retained.length > 0) await this.wait(LEAVE_MS);
		for (const station of this.line.stations) station.close();
		this.line.server.close();
		wire.close();
		return {
			outcome: isStopped ? "stopped" : "succeeded",
			evidence,
			parties: this.script.parties(this.parties),
			steps: this.script.steps,
		};
	}
}
