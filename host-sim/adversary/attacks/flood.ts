/** As many messages of every sort as the attacker can send, on every topic, while the line is to go on. */
import { SERVER } from "../../simulation/line.js";
import type { Attack, Finding } from "../attack.js";
import { Flood } from "../flooder.js";
import type { PaperScene } from "../paper-scene.js";
import { Scene, short } from "../scene.js";

const UNITS = 4;
/** How long an attempt takes, so that the flood lasts. */
const SLOW_MS = 500;
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
	const inSession = new Set<string>();
	scene.onSeen((seen) => {
		if (seen.type === "event" && seen.event.event === "session") inSession.add(seen.event.station);
	});
	await begin(scene);
	const { wire, script, line } = scene;
	// A flood can delay a new session, as docs/protocol.md §1 says; one that stands it cannot end.
	await scene.until(() => inSession.size === line.boards.length);
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
		"HELLOs that cost an RSA operation are limited for each station and in total, and a session that stands is not " +
		"touched by them, though a new one can be delayed (§1, §5); nothing is written before it has been opened, and " +
		"every queue has a maximum (§9).",
	onPaper,
	onOurs,
};
