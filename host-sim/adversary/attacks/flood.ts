/** As many messages of every sort as the attacker can send, on every topic, while the line is to go on. */
import {
	encodeHello,
	HELLO_LABEL,
	HELLO_NONCE_SIZE,
	SUITE,
} from "../../../modules/channel/handshake.js";
import { RANDOM_SIZE_MAX, X25519_SIZE } from "../../../modules/ports/crypto.js";
import { PACKET_SIZE_MAX } from "../../../modules/station/conversation.js";
import { SERVER_TOPIC, stationTopics } from "../../../modules/station/topics.js";
import { Dice } from "../../simulation/dice.js";
import { SERVER } from "../../simulation/line.js";
import type { Attack, Finding } from "../attack.js";
import { Counts, kindOf } from "../kinds.js";
import type { PaperScene } from "../paper-scene.js";
import { Scene, short } from "../scene.js";

const UNITS = 4;
/** How long an attempt takes, so that the flood lasts. */
const SLOW_MS = 500;
/** So many messages each time, so often: 1,500 a second. */
const BURST = 30;
const BURST_EVERY_MS = 20;
/** A flood of whatever length is of one kind with one of this. */
const MESSAGES_MAX = 20_000;
/** A packet's topic and lengths. */
const PACKET_OVERHEAD = 64;
/** Larger than a station or the server takes: it ends the connection. Once in so many. */
const TOO_LARGE_SIZE = 20_000;
const TOO_LARGE_EVERY = 3000;
/** Writes beyond those of the undisturbed line that a board may make, for reconnections and the like. */
const WRITES_MORE_MAX = 20;
const FORGED_PARTS = 50;

async function onPaper(scene: PaperScene): Promise<Finding> {
	await scene.begin();
	for (let i = 0; i < FORGED_PARTS; i++) scene.forge("station-2", "arrival", "station-2", "done");
	await scene.until(() => scene.of("started", "station-2").length >= FORGED_PARTS, 60_000);
	const started = scene.of("started", "station-2").length;
	const tried = scene.of("tried", "station-2").length;
	const passed = scene.of("finished", "station-1").length;
	scene.script.sends("station-2", `done, ${FORGED_PARTS} times, sealed with its public key`);
	if (started > passed)
		scene.script.harms("station-2", `works on ${started} parts that are not there`);
	return await scene.finding(
		started <= passed,
		`${FORGED_PARTS} forged arrivals: station-2 began ${started} parts and tried ${tried} value sets, ` +
			`while station-1 passed ${passed}`,
	);
}

class Flood {
	readonly #scene: Scene;
	readonly #dice: Dice;
	readonly sent = new Counts();

	constructor(scene: Scene) {
		this.#scene = scene;
		this.#dice = new Dice(scene.seed, "flood");
	}

	/** Goes on until the line is done. */
	run(): void {
		const { line } = this.#scene;
		for (let i = 0; i < BURST; i++) this.#send();
		if (this.#scene.isDone || this.sent.total >= MESSAGES_MAX) return;
		line.time.after(BURST_EVERY_MS, line.operator, () => this.run());
	}

	#send(): void {
		const { wire, topics, line } = this.#scene;
		const [kind, payload] = this.#make();
		const named = line.plant.stations.map((name) => `${stationTopics(name).up}`);
		const all = /HELLO/.test(kind) ? named : [...topics, SERVER_TOPIC];
		this.sent.add(kind);
		wire.inject({ topic: this.#dice.pick(all) ?? SERVER_TOPIC, payload });
	}

	#make(): readonly [string, Uint8Array] {
		const { crypto } = this.#scene;
		const dice = this.#dice;
		if ((this.sent.total + 1) % TOO_LARGE_EVERY === 0)
			return ["too large a packet", new Uint8Array(TOO_LARGE_SIZE)];
		const makers: readonly (() => readonly [string, Uint8Array])[] = [
			() => ["captured HELLO", this.#captured("HELLO")],
			() => ["changed HELLO", this.#changed("HELLO")],
			() => ["fresh HELLO", this.#hello()],
			() => ["captured ticket", this.#captured("ticket")],
			() => ["changed ticket", this.#changed("ticket")],
			() => ["changed record", this.#changed("record")],
			() => ["garbage", crypto.random(dice.whole(0, RANDOM_SIZE_MAX))],
			() => ["largest packet", new Uint8Array(PACKET_SIZE_MAX - PACKET_OVERHEAD).fill(0x10)],
		];
		const made = dice.pick(makers);
		return made?.() ?? ["nothing", new Uint8Array()];
	}

	#captured(kind: string): Uint8Array {
		const all = this.#scene.wire.captured.filter(({ payload }) => kindOf(payload) === kind);
		return all.length > 0 ? (this.#dice.pick(all)?.payload as Uint8Array) : new Uint8Array();
	}

	#changed(kind: string): Uint8Array {
		const copy = this.#captured(kind).slice();
		const at = this.#dice.whole(1, Math.max(1, copy.length - 1));
		copy[at] = (copy[at] ?? 0) ^ 1;
		return copy;
	}

	/** As anybody makes it who has read the credentials. */
	#hello(): Uint8Array {
		const { crypto, line } = this.#scene;
		const { credential, stations } = line.plant.serverKeys();
		const name = this.#dice.pick(line.plant.stations) ?? "";
		return encodeHello({
			suite: SUITE,
			name,
			stationEpoch: stations.get(name)?.epoch ?? 0,
			serverEpoch: credential.epoch,
			nonce: crypto.random(HELLO_NONCE_SIZE),
			share: crypto.random(X25519_SIZE),
			wrapped: crypto.wrap(crypto.publicKey(credential.kem, "wrap"), crypto.secret(), HELLO_LABEL),
		});
	}
}

/** RSA private operations of the server, writes of each board, simulated time to the end. */
class Cost {
	rsa = 0;
	#scene: Scene;

	constructor(scene: Scene) {
		this.#scene = scene;
		scene.onSeen((seen) => {
			if (seen.type === "key" && seen.by === SERVER && seen.use.use === "unwrapped") this.rsa++;
		});
	}

	get writes(): readonly number[] {
		return this.#scene.line.boards.map(({ flash }) => flash.power.operations);
	}

	get seconds(): string {
		return (this.#scene.line.time.nowMs / 1000).toFixed(1);
	}
}

async function begin(scene: Scene): Promise<void> {
	await scene.build({ units: UNITS });
	for (const board of scene.line.boards) board.settleMs = SLOW_MS;
	await scene.line.start();
}

async function onOurs(scene: Scene): Promise<Finding> {
	const twin = new Scene({ seed: scene.seed });
	const before = new Cost(twin);
	await begin(twin);
	await twin.finish();
	const cost = new Cost(scene);
	let isMoving = false;
	scene.onSeen(({ type }) => {
		isMoving ||= type === "trial";
	});
	await begin(scene);
	const { wire, script, line } = scene;
	await scene.until(() => isMoving);
	const flood = new Flood(scene);
	flood.run();
	const isFinished = await scene.finish();
	const writes = cost.writes.map((count, i) => [count, before.writes[i] ?? 0] as const);
	const isWorn = writes.some(([count, usual]) => count > usual + WRITES_MORE_MAX);
	const told = writes.map(
		([count, usual], i) => `${short(line.boards[i]?.name ?? "")} ${count} (${usual})`,
	);
	script
		.sends("server", `HELLOs, records, garbage: ${wire.injected} messages in all`)
		.notes("server", `does ${cost.rsa} RSA operations (${before.rsa} without)`)
		.sends("station-2", "tickets, records, garbage, too large packets")
		.notes("station-2", `writes its flash ${cost.writes[1]} times (${before.writes[1]} without)`)
		.says("station-1", "server", "result, in a record")
		.says("server", "station-1", "verdict, in a record");
	return await scene.conclude(
		`${wire.injected} messages while the line worked: ${flood.sent}; RSA operations at the server ${cost.rsa} ` +
			`(${before.rsa} undisturbed), flash operations ${told.join(", ")}, ${cost.seconds} s to the end (${before.seconds})`,
		isWorn || !isFinished,
	);
}

export const flood: Attack = {
	name: "flood",
	title: "Flood",
	goal: "Bring the line to a stop, wear out flash or fill memory with masses of messages.",
	properties: ["G8"],
	defence:
		"HELLOs that cost an RSA operation are limited for each station and in total, a running session is not touched by " +
		"them (§5); nothing is written before it has been opened, and every queue has a maximum (§9).",
	onPaper,
	onOurs,
};
