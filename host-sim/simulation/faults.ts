/**
 * What goes wrong in one run, all of it drawn from the seed. Which kinds of trouble there are, and how much of each, is
 * drawn first: runs with one kind alone find what a mixture hides.
 *
 * While {@link Faults} is on it is also the broker's {@link Courier}, and a hostile one: it loses, repeats, delays,
 * reorders, changes, misdirects and brings back messages.
 */
import { SERVER_TOPIC } from "../../modules/station/topics.js";
import type { Courier, Message } from "./broker.js";
import type { Dice } from "./dice.js";
import { SERVER, type SimulatedLine } from "./line.js";

/** Kinds of trouble. A rate is in occurrences a minute, a share a probability for each message. */
export interface Trouble {
	/** Shares of the messages that are lost, come twice, are late. */
	readonly loss: number;
	readonly repeats: number;
	readonly delay: number;
	/** Shares of the messages of which a damaged copy, one on another topic, or an old one comes as well. */
	readonly changed: number;
	readonly misdirected: number;
	readonly replayed: number;
	/** Share of the handshakes' messages that come after many damaged copies. */
	readonly floods: number;
	/** Share of the messages that are kept while their receiver is cut off. */
	readonly hostages: number;
	readonly partitions: number;
	readonly resets: number;
	readonly brokerRestarts: number;
	readonly powerCuts: number;
	readonly serverCrashes: number;
	readonly clockJumps: number;
	readonly slowness: number;
	/** Not faults, but what makes them hurt: recipe versions and keys that change meanwhile. */
	readonly releases: number;
	readonly keyChanges: number;
}

/** Of each kind, the most there is. */
const MOST: Trouble = {
	loss: 0.3,
	repeats: 0.3,
	delay: 0.3,
	changed: 0.2,
	misdirected: 0.1,
	replayed: 0.1,
	floods: 1,
	hostages: 0.05,
	partitions: 6,
	resets: 10,
	brokerRestarts: 4,
	powerCuts: 12,
	serverCrashes: 6,
	clockJumps: 4,
	slowness: 4,
	releases: 4,
	keyChanges: 2,
};

const OLD_MESSAGES_MAX = 64;
/** Copies in a flood, and how long it lasts. */
const FLOOD = 64;
const FLOOD_MS = 1000;
/** What is kept longer than that must not set anything in motion. */
const HOSTAGE_MIN_MS = 10_000;
const HOSTAGE_MEAN_MS = 3000;
const OFF_MEAN_MS = 3000;
const DELAY_MEAN_MS = 2000;
/** Some are so long that a station holds. */
const PARTITION_MEANS_MS = [8000, 8000, 8000, 30_000] as const;
/** How long attempts take: some lines are at work as long as the faults last. */
const SETTLE_MEANS_MS = [20, 500, 3000, 20_000] as const;
/** The server's time of day stays inside the credentials' time, most of the time. */
const JUMP_S_MAX = 30 * 24 * 3600;
const JUMP_FAR_S = 200 * 24 * 3600;

export function drawTrouble(dice: Dice): Trouble {
	const share = dice.pick([0.2, 0.5, 1]);
	const drawn: Record<string, number> = {};
	for (const [kind, most] of Object.entries(MOST))
		drawn[kind] = dice.chance(share) ? most * dice.fraction() * dice.fraction() : 0;
	return drawn as unknown as Trouble;
}

export class Faults implements Courier {
	readonly #dice: Dice;
	readonly #trouble: Trouble;
	readonly #newRecipe: (station: string) => Promise<void>;
	readonly #tell: (text: string) => void;
	readonly #old: Message[] = [];
	/** By receiver: the message that is kept, and until when. */
	readonly #hostages = new Map<string, { readonly message: Message; readonly untilMs: number }>();
	#line: SimulatedLine | undefined;
	#isOn = false;

	/** @param newRecipe - releases another version. @param tell - says what was done. */
	constructor(
		dice: Dice,
		trouble: Trouble,
		newRecipe: (station: string) => Promise<void>,
		tell: (text: string) => void,
	) {
		this.#dice = dice;
		this.#trouble = trouble;
		this.#newRecipe = newRecipe;
		this.#tell = tell;
	}

	deliveries(message: Message, to: string): readonly number[] {
		if (!this.#isOn) return [0];
		const { loss, repeats, delay, floods, hostages } = this.#trouble;
		const dice = this.#dice;
		this.#free(to);
		this.#misuse(message);
		if (dice.chance(loss)) return this.#told(`loses ${nameOf(message)} for ${to}`, []);
		if (dice.chance(hostages)) return this.#keep(message, to);
		if (isHandshake(message) && dice.chance(floods)) return this.#flood(message);
		const times = [dice.chance(delay) ? dice.waitMs(DELAY_MEAN_MS) : 0];
		if (dice.chance(repeats)) times.push(dice.waitMs(DELAY_MEAN_MS));
		return times;
	}

	/** What a hostile broker does with a message beside passing it on. */
	#misuse(message: Message): void {
		const { changed, misdirected, replayed } = this.#trouble;
		const dice = this.#dice;
		const line = this.#line as SimulatedLine;
		if (this.#old.length === OLD_MESSAGES_MAX)
			this.#old.splice(dice.whole(0, OLD_MESSAGES_MAX - 1), 1);
		this.#old.push(message);
		const give = (copy: Message, how: string) => {
			this.#tell(`broker ${how} ${nameOf(message)}`);
			line.time.after(dice.waitMs(500), line.operator, () => line.broker.hand(copy));
		};
		if (dice.chance(changed)) give(this.#damaged(message), "damages");
		if (dice.chance(misdirected)) {
			const { name } = dice.pick(line.boards) ?? { name: "" };
			const end = dice.pick(["up", "down", "in", "file"]);
			const topic = `interlock/1/${name.replace(".", "/")}/${end}`;
			give({ ...message, topic }, `gives to ${topic}`);
		}
		if (dice.chance(replayed)) give(dice.pick(this.#old) ?? message, "brings back an old one at");
	}

	/** A bit is another, or it ends early, or goes on. */
	#damaged(message: Message): Message {
		const dice = this.#dice;
		const { length } = message.payload;
		const how = dice.pick(["bit", "bit", "bit", "short", "long"]);
		if (how === "short" || length === 0)
			return {
				...message,
				payload: message.payload.slice(0, dice.whole(0, dice.pick([length, 32]))),
			};
		const payload = new Uint8Array(length + (how === "long" ? dice.whole(1, 32) : 0));
		payload.set(message.payload);
		const at = dice.whole(0, length - 1);
		if (how === "bit") payload[at] = (payload[at] as number) ^ (1 << dice.whole(0, 7));
		return { ...message, payload };
	}

	#flood(message: Message): readonly number[] {
		const line = this.#line as SimulatedLine;
		for (let i = 0; i < FLOOD; i++) {
			const copy = this.#damaged(message);
			const delayMs = this.#dice.between(0, FLOOD_MS);
			line.time.after(delayMs, line.operator, () => line.broker.hand(copy));
		}
		return this.#told(`gives ${FLOOD} damaged copies before ${nameOf(message)}`, [FLOOD_MS]);
	}

	/** The receiver cannot reach the broker for so long that the message is too old when it comes, before any other. */
	#keep(message: Message, to: string): readonly number[] {
		const line = this.#line as SimulatedLine;
		if (this.#hostages.has(to)) return [0];
		const durationMs = HOSTAGE_MIN_MS + this.#dice.waitMs(HOSTAGE_MEAN_MS);
		const untilMs = line.time.nowMs + durationMs;
		this.#hostages.set(to, { message, untilMs });
		line.broker.drop(to, true);
		line.network.link(to).downUntilMs = untilMs;
		return this.#told(`keeps ${nameOf(message)} from ${to} for ${Math.round(durationMs)} ms`, []);
	}

	#free(party: string): void {
		const line = this.#line as SimulatedLine;
		const hostage = this.#hostages.get(party);
		if (!hostage || line.time.nowMs < hostage.untilMs) return;
		this.#hostages.delete(party);
		line.broker.hand(hostage.message);
	}

	/** @param line - to which it is done from now on. */
	begin(line: SimulatedLine): void {
		this.#line = line;
		this.#isOn = true;
		const trouble = this.#trouble;
		line.onDeath = (party) => this.#died(line, party);
		for (const board of line.boards) {
			board.clockRate = this.#dice.between(0.97, 1.03);
			board.settleMs = this.#dice.waitMs(this.#dice.pick(SETTLE_MEANS_MS));
		}
		this.#often(line, trouble.partitions, () => this.#partition(line));
		this.#often(line, trouble.resets, () => this.#reset(line));
		this.#often(line, trouble.brokerRestarts, () => this.#restartBroker(line));
		this.#often(line, trouble.powerCuts, () => this.#cutPower(line));
		this.#often(line, trouble.serverCrashes, () => this.#crashServer(line));
		this.#often(line, trouble.clockJumps, () => this.#jump(line));
		this.#often(line, trouble.slowness, () => this.#slow(line));
		this.#often(line, trouble.releases, () => this.#release(line));
		this.#often(line, trouble.keyChanges, () => this.#changeKeys(line));
	}

	/** Everything is put right; what is under way arrives. */
	async end(line: SimulatedLine): Promise<void> {
		this.#isOn = false;
		this.#tell("no more faults");
		line.timeOffMs = 0;
		line.commitMs = 0;
		line.rsaMs = 1;
		line.crash = undefined;
		for (const party of [SERVER, ...line.plant.stations]) {
			const link = line.network.link(party);
			Object.assign(link, { latencyMs: 1, jitterMs: 0, downUntilMs: 0, splitting: 0 });
		}
		if (!line.broker.isUp) line.broker.start(true);
		await line.startServer();
		for (const board of line.boards) {
			board.settleMs = 20;
			board.flash.power.operationsLeft = Number.POSITIVE_INFINITY;
			board.powerOn();
		}
	}

	#often(line: SimulatedLine, perMinute: number, work: () => void | Promise<void>): void {
		if (perMinute <= 0) return;
		const next = (): void => {
			line.time.after(this.#dice.waitMs(60_000 / perMinute), line.operator, () => {
				if (!this.#isOn) return;
				void work();
				next();
			});
		};
		next();
	}

	#later(line: SimulatedLine, meanMs: number, work: () => void | Promise<void>): void {
		line.time.after(this.#dice.waitMs(meanMs), line.operator, () => {
			if (this.#isOn) void work();
		});
	}

	#partition(line: SimulatedLine): void {
		const party = this.#dice.pick([SERVER, ...line.plant.stations]) as string;
		const durationMs = this.#dice.waitMs(this.#dice.pick(PARTITION_MEANS_MS));
		const link = line.network.link(party);
		link.downUntilMs = Math.max(link.downUntilMs, line.time.nowMs + durationMs);
		this.#tell(`${party} is cut off for ${Math.round(durationMs)} ms`);
	}

	#reset(line: SimulatedLine): void {
		const party = this.#dice.pick([SERVER, ...line.plant.stations]) as string;
		this.#tell(`the connection of ${party} breaks`);
		line.broker.drop(party, this.#dice.chance(0.7));
	}

	#restartBroker(line: SimulatedLine): void {
		if (!line.broker.isUp) return;
		const keepsQueued = this.#dice.chance(0.5);
		const keepsRetained = this.#dice.chance(0.5);
		this.#tell(
			`the broker stops, ${keepsQueued ? "with" : "without"} its queue, ` +
				`${keepsRetained ? "with" : "without"} what it retained`,
		);
		line.broker.stop(() => this.#dice.chance(0.7), keepsQueued);
		this.#later(line, OFF_MEAN_MS, () => {
			if (line.broker.isUp) return;
			this.#tell("the broker starts");
			line.broker.start(keepsRetained);
		});
	}

	#cutPower(line: SimulatedLine): void {
		const board = this.#dice.pick(line.boards);
		if (!board?.isOn) return;
		const { power } = board.flash;
		if (this.#dice.chance(0.7)) {
			power.operationsLeft = this.#dice.whole(0, 12);
			power.part = this.#dice.pick([0, 1, this.#dice.fraction()]);
			return;
		}
		this.#died(line, board.name);
	}

	#crashServer(line: SimulatedLine): void {
		if (!line.isServerOn) return;
		if (this.#dice.chance(0.7))
			line.crash = { commits: this.#dice.whole(0, 8), isBefore: this.#dice.chance(0.5) };
		else this.#died(line, SERVER);
	}

	/** A party is dead; after a while it is switched on again. */
	#died(line: SimulatedLine, party: string): void {
		if (party === SERVER) line.killServer(this.#dice.chance(0.7));
		else {
			line.boards.find(({ name }) => name === party)?.cut();
			if (this.#dice.chance(0.3)) line.broker.drop(party, false);
		}
		this.#later(line, OFF_MEAN_MS, async () => {
			if (party === SERVER) await line.startServer();
			else line.boards.find(({ name }) => name === party)?.powerOn();
		});
	}

	#jump(line: SimulatedLine): void {
		const dice = this.#dice;
		const isFar = dice.chance(0.2);
		const offS = isFar ? JUMP_FAR_S : dice.between(-3600, JUMP_S_MAX);
		line.timeOffMs = offS * 1000;
		this.#tell(`the server's time of day jumps to ${Math.round(offS)} s off`);
		// Nobody goes on by a credential that is over.
		if (isFar)
			this.#later(line, OFF_MEAN_MS, () => {
				line.timeOffMs = 0;
				this.#tell("the server's time of day is right again");
			});
	}

	#slow(line: SimulatedLine): void {
		const dice = this.#dice;
		const party = dice.pick([SERVER, ...line.plant.stations]) as string;
		const link = line.network.link(party);
		link.latencyMs = dice.waitMs(100);
		link.jitterMs = dice.waitMs(300);
		link.splitting = dice.fraction();
		this.#tell(`${party} is slow: ${Math.round(link.latencyMs)} ms and more`);
		if (party === SERVER) {
			line.commitMs = dice.waitMs(100);
			line.rsaMs = dice.waitMs(300);
		} else {
			const board = line.boards.find(({ name }) => name === party);
			if (board) board.settleMs = dice.waitMs(3000);
		}
	}

	async #release(line: SimulatedLine): Promise<void> {
		const station = this.#dice.pick(line.plant.stations) as string;
		this.#tell(`a new version of the recipe of ${station}`);
		await this.#newRecipe(station);
	}

	#changeKeys(line: SimulatedLine): void {
		const station = this.#dice.pick(["", ...line.plant.stations]) as string;
		this.#tell(`new ${station === "" ? "keys for the server" : `credential for ${station}`}`);
		if (station === "") line.plant.rotateServer();
		else line.plant.renewStation(station);
		line.announceKeys();
	}

	#told<T>(text: string, value: T): T {
		this.#tell(`broker ${text}`);
		return value;
	}
}

/** HELLO or WELCOME: what costs its receiver an RSA operation. */
function isHandshake({ topic, payload }: Message): boolean {
	return /\/(up|down)$/.test(topic) && (payload[0] === 0x88 || payload[0] === 0x83);
}

function nameOf({ topic, payload }: Message): string {
	const end = topic === SERVER_TOPIC ? "server" : topic.split("/").slice(3).join("/");
	return `${end} (${payload.length} bytes)`;
}
