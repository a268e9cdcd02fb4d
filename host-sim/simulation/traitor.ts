/**
 * One station in other hands: its private key and credential are the attacker's, who makes genuine sessions, hears
 * everything at the broker, and says whatever comes to mind: claims about every unit, requests for others' files, its
 * records on others' topics, tickets given to the wrong station. What must hold of the honest parties holds all the same.
 * It names no journal number ahead of the server's: that it could hold the line so is a known limit (docs/protocol.md §1).
 */
import { Initiator } from "../../modules/channel/initiator.js";
import { RECORD_KIND, type StationSession } from "../../modules/channel/session.js";
import { parseBlock } from "../../modules/envelope/block.js";
import type { StationMessage, Ticket } from "../../modules/messages/types.js";
import { MqttClient, type MqttMessage } from "../../modules/mqtt/client.js";
import { type Crypto, DIGEST_SIZE } from "../../modules/ports/crypto.js";
import { PREFIX, stationTopics } from "../../modules/station/topics.js";
import type { Dice } from "./dice.js";
import type { SimulatedLine } from "./line.js";
import { mapKey } from "./map-key.js";
import { Process } from "./time.js";

/** Between two things that it does, on average. */
const ACT_MEAN_MS = 120;
/** Before it makes another session. */
const HELLO_MS = 3000;
const SETS_MAX = 4;
const ATTEMPTS_MAX = 6;

/** Units that have not come yet are what it is after most. */
const CLAIMS = [
	"arrived",
	"arrived",
	"arrived",
	"result",
	"result",
	"exhausted",
	"done",
	"blocks",
	"ready",
] as const;

export class Traitor {
	readonly name: string;
	readonly #line: SimulatedLine;
	readonly #dice: Dice;
	readonly #serials: readonly string[];
	readonly #process: Process;
	readonly #initiator: Initiator;
	readonly #mqtt: MqttClient;
	#session: StationSession | undefined;
	#helloMs = Number.NEGATIVE_INFINITY;
	readonly #tickets: Ticket[] = [];
	/** Tickets of everybody, unopened. */
	readonly #sealed: Uint8Array[] = [];
	readonly #crypto: Crypto;
	readonly #digests = new Map<string, Uint8Array>();

	/**
	 * @param name - of the station that it has; its board is not switched on.
	 * @param onFailure - it, too, uses the firmware's modules, which must throw nothing.
	 */
	constructor(
		line: SimulatedLine,
		name: string,
		serials: readonly string[],
		dice: Dice,
		onFailure: (error: unknown) => void,
	) {
		this.name = name;
		this.#line = line;
		this.#dice = dice;
		this.#serials = serials;
		this.#process = new Process({ name, isAsync: false, onDeath: () => undefined, onFailure });
		const { privateKey } = line.plant.enrolment(name);
		const { credential: server, stations } = line.plant.serverKeys();
		const credential = stations.get(name);
		if (!credential) throw new Error(`no station ${name}`);
		const crypto = line.crypto(name);
		this.#crypto = crypto;
		this.#initiator = new Initiator({ crypto, name, credential, server, unwrap: privateKey });
		this.#mqtt = new MqttClient({
			transport: line.network.transport(this.#process),
			clock: line.time.clock(this.#process, 1),
			random: dice,
			host: "broker",
			port: 1883,
			clientId: name,
			protocol: 4,
			cleanStart: true,
			keepAliveS: 20,
			queueMax: 64,
			onOnline: () => undefined,
			onOffline: () => undefined,
			onMessage: (message) => this.#hear(message),
		});
	}

	start(): void {
		for (const board of this.#line.boards) if (board.name === this.name) board.isStolen = true;
		this.#mqtt.subscribe([{ filter: `${PREFIX}/#`, qos: 1 }]);
		this.#mqtt.start();
		this.#later();
	}

	/** Is not heard of again. */
	stop(): void {
		this.#process.kill();
		this.#session?.close();
		this.#initiator.close();
	}

	#later(): void {
		this.#line.time.after(this.#dice.waitMs(ACT_MEAN_MS), this.#process, () => {
			this.#act();
			this.#later();
		});
	}

	#hear({ topic, payload }: MqttMessage): void {
		const { down, in: tickets } = stationTopics(this.name);
		if (topic.endsWith("/file")) {
			const block = parseBlock(payload);
			const digest = block?.kind === "head" && this.#crypto.sha256(block.head);
			if (digest) this.#digests.set(mapKey(digest), digest);
		} else if (topic.endsWith("/in")) {
			this.#sealed.push(payload);
			const ticket = topic === tickets && this.#session?.openTicket(payload);
			if (ticket) this.#tickets.push(ticket);
		} else if (topic === down && payload[0] === RECORD_KIND) this.#session?.open(payload);
		else if (topic === down) {
			const session = this.#initiator.welcome(payload, this.#line.time.nowMs);
			if (!session) return;
			this.#session?.close();
			this.#session = session;
			this.#say({ type: "ready", boot: 1, journal: 0, recipes: [], state: "Idle" });
		}
	}

	#act(): void {
		const dice = this.#dice;
		const { nowMs } = this.#line.time;
		const isDue = nowMs - this.#helloMs > HELLO_MS;
		if (isDue && (!this.#session || dice.chance(0.05))) {
			this.#helloMs = nowMs;
			this.#publish(stationTopics(this.name).up, this.#initiator.hello());
		} else if (dice.chance(0.1)) {
			const ticket = dice.pick(this.#sealed);
			if (ticket) this.#publish(stationTopics(this.#somebody()).in, ticket);
		} else this.#say(this.#claim(), dice.chance(0.2) ? this.#somebody() : this.name);
	}

	#somebody(): string {
		return this.#dice.pick(this.#line.plant.stations) as string;
	}

	/** @param on - whose `up` it says it on. */
	#say(message: StationMessage, on = this.name): void {
		const { nowMs } = this.#line.time;
		if (!this.#session || this.#session.expired(nowMs)) return;
		this.#publish(stationTopics(on).up, this.#session.seal(message).bytes);
	}

	#publish(topic: string, payload: Uint8Array): void {
		this.#mqtt.publish(topic, payload, { qos: 1 });
	}

	#claim(): StationMessage {
		const dice = this.#dice;
		const serial = dice.pick(this.#serials) as string;
		const { stations } = this.#line.plant;
		const own = stations.indexOf(this.name);
		const step = dice.chance(0.5) ? own : dice.whole(0, stations.length - 1);
		const unit = { serial, visit: 1, step };
		const ticket = dice.pick(this.#tickets);
		const digest = dice.pick([...this.#digests.values()]) ?? dice.bytes(DIGEST_SIZE);
		const attempt = dice.whole(1, ATTEMPTS_MAX);
		switch (dice.pick(CLAIMS)) {
			case "arrived": {
				if (!ticket || dice.chance(0.5)) return { type: "arrived", ...unit, proof: dice.bytes(16) };
				const { visit, proof } = ticket;
				return { type: "arrived", serial: ticket.serial, visit, step: ticket.step, proof };
			}
			case "result": {
				const readings = [{ name: "q", value: dice.pick([0, 1]) }];
				const set = dice.whole(0, SETS_MAX);
				return { type: "result", ...unit, attempt, digest, set, readings, durationMs: 1 };
			}
			case "exhausted":
				return { type: "exhausted", ...unit, attempt, digest };
			case "done":
				return { type: "done", ...unit };
			case "blocks":
				return { type: "blocks", digest, head: true, first: 0, count: 1 };
			case "ready":
				return { type: "ready", boot: 1, journal: 0, recipes: [], state: "Idle" };
		}
	}
}
