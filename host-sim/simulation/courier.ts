/**
 * What a hostile broker does with messages: it loses, repeats, delays, reorders, damages, misdirects and brings back,
 * floods with forgeries of what costs its receiver most, and keeps a message until it is too old.
 */
import { SERVER_TOPIC } from "../../modules/station/topics.js";
import type { Courier, Message } from "./broker.js";
import type { Dice } from "./dice.js";
import type { SimulatedLine } from "./line.js";
import type { Trouble } from "./trouble.js";

const OLD_MESSAGES_MAX = 64;
const DELAY_MEAN_MS = 2000;
/** Copies in a flood, and how long it lasts. */
const FLOOD = 64;
const FLOOD_MS = 1000;
/** What is kept longer than that must not set anything in motion. */
const HOSTAGE_MIN_MS = 10_000;
const HOSTAGE_MEAN_MS = 3000;

export class HostileCourier implements Courier {
	readonly #line: SimulatedLine;
	readonly #dice: Dice;
	readonly #trouble: Trouble;
	readonly #tell: (text: string) => void;
	readonly #old: Message[] = [];
	/** By receiver: the message that is kept, and until when. */
	readonly #hostages = new Map<string, { readonly message: Message; readonly untilMs: number }>();

	/** @param tell - says what was done. */
	constructor(line: SimulatedLine, dice: Dice, trouble: Trouble, tell: (text: string) => void) {
		this.#line = line;
		this.#dice = dice;
		this.#trouble = trouble;
		this.#tell = tell;
	}

	deliveries(message: Message, to: string): readonly number[] {
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

	/** Beside passing it on. */
	#misuse(message: Message): void {
		const { changed, misdirected, replayed } = this.#trouble;
		const dice = this.#dice;
		const line = this.#line;
		if (this.#old.length === OLD_MESSAGES_MAX)
			this.#old.splice(dice.whole(0, OLD_MESSAGES_MAX - 1), 1);
		this.#old.push(message);
		const give = (copy: Message, how: string) => {
			this.#tell(`${how} ${nameOf(message)}`);
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
		const line = this.#line;
		for (let i = 0; i < FLOOD; i++) {
			const copy = this.#damaged(message);
			const delayMs = this.#dice.between(0, FLOOD_MS);
			line.time.after(delayMs, line.operator, () => line.broker.hand(copy));
		}
		return this.#told(`gives ${FLOOD} damaged copies before ${nameOf(message)}`, [FLOOD_MS]);
	}

	/** The receiver cannot reach the broker for so long that the message is too old when it comes, before any other. */
	#keep(message: Message, to: string): readonly number[] {
		const line = this.#line;
		if (this.#hostages.has(to)) return [0];
		const durationMs = HOSTAGE_MIN_MS + this.#dice.waitMs(HOSTAGE_MEAN_MS);
		const untilMs = line.time.nowMs + durationMs;
		this.#hostages.set(to, { message, untilMs });
		line.broker.drop(to, true);
		line.network.link(to).downUntilMs = untilMs;
		return this.#told(`keeps ${nameOf(message)} from ${to} for ${Math.round(durationMs)} ms`, []);
	}

	#free(party: string): void {
		const line = this.#line;
		const hostage = this.#hostages.get(party);
		if (!hostage || line.time.nowMs < hostage.untilMs) return;
		this.#hostages.delete(party);
		line.broker.hand(hostage.message);
	}

	#told<T>(text: string, value: T): T {
		this.#tell(text);
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
