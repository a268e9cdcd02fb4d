/** The attacker has one station, its private key included, and acts as it. */

import { Initiator } from "../../../modules/channel/initiator.js";
import type { StationSession } from "../../../modules/channel/session.js";
import { isBlockOf } from "../../../modules/envelope/block.js";
import type { ServerMessage, StationMessage } from "../../../modules/messages/types.js";
import { stationTopics } from "../../../modules/station/topics.js";
import { interlock } from "../../simulation/checks/interlock.js";
import { authentic, nonces } from "../../simulation/checks/records.js";
import { secrecy } from "../../simulation/checks/secrecy.js";
import { genuine } from "../../simulation/checks/sessions.js";
import { versions } from "../../simulation/checks/versions.js";
import { encodeResult } from "../../suite-0/result.js";
import type { Attack, Finding } from "../attack.js";
import { Counts } from "../kinds.js";
import type { PaperScene } from "../paper-scene.js";
import type { Scene } from "../scene.js";

const READINGS = [{ name: "q", value: 0 }];
const GUESS = new Uint8Array(16).fill(7);

async function onPaper(scene: PaperScene): Promise<Finding> {
	const { script } = scene;
	await scene.begin(0.5);
	// Station 2's key opens what is for station 2; to speak for station 1 no key is needed at all.
	const values = [{ section: "Section 0", name: "v00", value: 1 }];
	scene.forge("station-1", "result", "server", encodeResult({ values, readings: READINGS }));
	await scene.until(() => scene.of("verdict", "station-1").length > 0);
	scene.forge("station-3", "arrival", "station-3", "done");
	await scene.until(() => scene.of("started", "station-3").length > 0, 5000);
	const passed = scene.of("verdict", "station-1").filter((each) => each.passed).length;
	const started = scene.of("started", "station-3").length;
	script.sends("server", "from station-2: a good result in station-1's name");
	if (passed > 0) script.harms("server", "passes station-1's part");
	script.sends("station-3", "from station-2: done");
	if (started > 0) script.harms("station-3", "starts a part that nobody passed");
	return await scene.finding(
		passed === 0 && started === 0,
		`acting for the others with station-2: ${passed} passes for station-1, ${started} starts at station-3`,
	);
}

/** A genuine session of the stolen station, and what the server answers in it. */
class Thief {
	readonly replies: ServerMessage[] = [];
	session: StationSession | undefined;
	readonly #scene: Scene;
	readonly #name: string;
	readonly #initiator: Initiator;

	constructor(scene: Scene, name: string) {
		const { config, privateKey } = scene.line.plant.enrolment(name);
		const { credential, stations } = scene.line.plant.serverKeys();
		const own = stations.get(name);
		if (!own || config.station !== name) throw new Error(`no station ${name}`);
		const crypto = scene.line.crypto(name);
		this.#scene = scene;
		this.#name = name;
		this.#initiator = new Initiator({
			crypto,
			name,
			credential: own,
			server: credential,
			unwrap: privateKey,
		});
		const { down } = stationTopics(name);
		scene.wire.onMessage(({ topic, payload }) => {
			if (topic === down) this.#hear(payload);
			return true;
		});
	}

	#hear(payload: Uint8Array): void {
		const opened = this.session?.open(payload);
		if (opened) this.replies.push(opened.message);
		else this.session ??= this.#initiator.welcome(payload, this.#scene.line.time.nowMs);
	}

	async connect(): Promise<void> {
		const { wire } = this.#scene;
		const hello = this.#initiator.hello();
		for (let i = 0; i < 20 && !this.session; i++) {
			wire.inject({ topic: stationTopics(this.#name).up, payload: hello });
			await this.#scene.until(() => this.session !== undefined, 1000);
		}
		await this.ask({ type: "ready", boot: 1, journal: 0, recipes: [], state: "Idle" });
	}

	/** @param topic - its own `up`, or another's. @returns the answer, if there is one within a second. */
	async ask(
		message: StationMessage,
		topic = stationTopics(this.#name).up,
	): Promise<ServerMessage | undefined> {
		if (!this.session) throw new Error("the stolen station has no session");
		const before = this.replies.length;
		this.#scene.wire.inject({ topic, payload: this.session.seal(message).bytes });
		await this.#scene.until(() => this.replies.length > before, 1000);
		return this.replies[before];
	}
}

async function onOurs(scene: Scene): Promise<Finding> {
	await scene.build({ checkers: [secrecy, genuine, authentic, nonces, interlock, versions] });
	const { wire, script, line } = scene;
	const [first = "", stolen = "", third = ""] = line.plant.stations;
	const thief = new Thief(scene, stolen);
	await line.startServer();
	for (const board of line.boards) if (board.name !== stolen) board.powerOn();
	await thief.connect();
	const answers = new Counts();
	const say = async (message: StationMessage, topic?: string) =>
		answers.add((await thief.ask(message, topic))?.type ?? "nothing");
	const digest = line.tables.envelopes.find(({ station }) => station === first)?.digest ?? GUESS;
	for (let round = 0; round < 2; round++) {
		for (const serial of scene.serials)
			for (const step of [0, 1, 2]) {
				const unit = { serial, visit: 1, step };
				const result = { attempt: 1, digest, set: 0, readings: READINGS, durationMs: 1 };
				await say({ type: "arrived", ...unit, proof: GUESS });
				await say({ type: "result", ...unit, ...result });
				await say({ type: "done", ...unit });
				await say({ type: "exhausted", ...unit, attempt: 0, digest });
			}
		await say({ type: "blocks", digest, head: true, first: 0, count: 1 });
		await say(
			{ type: "done", serial: scene.serials[0] ?? "", visit: 1, step: 0 },
			stationTopics(first).up,
		);
		for (const { payload } of wire.on("in"))
			wire.inject({ topic: stationTopics(third).in, payload });
		await scene.wait(2000);
	}
	const trials = [...line.tables.attempts.values()].filter(
		({ station }) => station !== first,
	).length;
	const files = wire.on("file").filter(({ topic }) => topic === stationTopics(stolen).file);
	const foreign = files.filter(({ payload }) => isBlockOf(digest, payload)).length;
	const [unit] = line.tables.units.values();
	script
		.sends("server", "result, done, arrived for units that are elsewhere", "attacker")
		.notes("server", `answers ${answers}; the journal does not change`)
		.sends("server", "asks for station-1's file")
		.notes("server", "no such file for this station")
		.sends("server", "its record on station-1's topic")
		.notes("server", "opens only in a session of the station whose topic it came on")
		.sends("station-3", "the tickets it got for itself")
		.notes("station-3", "do not open");
	const { violation } = scene;
	return await scene.finding(
		!violation && trials === 0 && foreign === 0,
		`in a genuine session of station-2: ${answers.total} claims about units elsewhere, answered with ${answers}; ` +
			`${foreign} blocks of station-1's file; ${trials} attempts beyond station-1; ${unit?.serial} is ${unit?.stage} at ` +
			`station ${(unit?.step ?? 0) + 1}${violation ? `; ${violation}` : ""}`,
	);
}

export const stolenStation: Attack = {
	name: "stolen-station",
	title: "Act with a stolen station",
	goal: "With one station's private key, read another's recipe, move another's unit, or start the next station.",
	properties: ["G7", "G5"],
	defence:
		"A record counts only for the station of its session and topic; each request is held against where the journal " +
		"has the unit; files are given only to the station they are sealed for (§3, §6).",
	onPaper,
	onOurs,
};
