/** What sets a machine in motion is kept back, and delivered long after. */
import { stationTopics } from "../../../modules/station/topics.js";
import { topicOf } from "../../suite-0/bus.js";
import type { Attack, Finding } from "../attack.js";
import { Insight } from "../insight.js";
import type { PaperScene } from "../paper-scene.js";
import { type Scene, short } from "../scene.js";
import type { Message } from "../wire.js";

const HOUR_MS = 3600_000;
/** How long with a real broker: a little more than an answer stays fresh. */
const REAL_MS = 12_000;
/** For what comes late to do its harm, before anything genuine comes. */
const EFFECT_MS = 300;
/** For a message of a kind to come up. */
const OCCUR_MS = 2 * 60_000;
const UNITS = 6;

interface Round {
	readonly kind: "start" | "verdict" | "resume";
	readonly keptMs: number;
	/** The station is also cut off, and so keeps its session and its question; otherwise it begins anew. */
	readonly isCut: boolean;
}

/** An answer is fresh for 10 s; a station holds by itself after 30 s of silence and then needs `resume`. */
const ROUNDS: readonly Round[] = [
	{ kind: "start", keptMs: 11_000, isCut: true },
	{ kind: "start", keptMs: 11_000, isCut: false },
	{ kind: "verdict", keptMs: 60_000, isCut: true },
	{ kind: "resume", keptMs: 11_000, isCut: true },
	{ kind: "start", keptMs: 60_000, isCut: false },
	{ kind: "resume", keptMs: 60_000, isCut: true },
	{ kind: "start", keptMs: HOUR_MS, isCut: true },
	{ kind: "verdict", keptMs: 60_000, isCut: false },
];
const REAL_ROUNDS: readonly Round[] = [
	{ kind: "start", keptMs: REAL_MS, isCut: true },
	{ kind: "verdict", keptMs: REAL_MS, isCut: false },
];

async function onPaper(scene: PaperScene): Promise<Finding> {
	await scene.begin(0);
	const { wire, script } = scene;
	const keptMs = wire.isReal ? REAL_MS : HOUR_MS;
	// Whichever station has more than one value set to try.
	const sets = [...scene.recipes.values()].map((text) => text.split("=").length);
	const at = sets.indexOf(Math.max(...sets));
	const station = scene.stations[at] ?? "";
	let kept: Message | undefined;
	wire.onMessage((message) => {
		if (kept || message.topic !== topicOf(station, "verdict")) return true;
		kept = message;
		return false;
	});
	scene.line.stations[at]?.bringPart();
	await scene.until(() => kept !== undefined);
	await scene.wait(keptMs);
	const before = scene.of("tried", station).length;
	if (kept) wire.inject(kept);
	await scene.wait(EFFECT_MS);
	const moved = scene.of("tried", station).length - before;
	script
		.says(station, "server", "result, sealed")
		.loses("server", station, "verdict: fail")
		.notes("attacker", `waits ${keptMs / 1000} s`)
		.sends(station, "the same bytes");
	if (moved > 0) script.harms(station, "moves its actuators at once, whoever stands there by now");
	return await scene.finding(
		moved === 0,
		`a verdict delivered ${keptMs / 1000} s late: ${station} then tried ${moved} value sets`,
	);
}

/** Keeps back everything for one station from a message of a kind on, and delivers it late. */
async function keepBack(scene: Scene, insight: Insight, { kind, keptMs, isCut }: Round) {
	const { wire, line } = scene;
	const kept: Message[] = [];
	let station: string | undefined;
	let isBack = false;
	wire.onMessage((message) => {
		const { topic, from } = message;
		station ??= line.plant.stations.find(
			(name) => topic === stationTopics(name).down && insight.of(message) === kind,
		);
		if (station && from === station) isBack = true;
		const { down, in: tickets, file } = stationTopics(station ?? line.plant.stations[0] ?? "");
		if (!station || ![down, tickets, file].includes(topic)) return true;
		kept.push(message);
		return false;
	});
	await scene.until(() => station !== undefined, OCCUR_MS);
	if (!station) return undefined;
	if (isCut) scene.cutOff(station, keptMs);
	await scene.wait(keptMs);
	isBack = false;
	await scene.until(() => isBack);
	const board = line.boards.find(({ name }) => name === station);
	const before = board?.state;
	let trials = 0;
	let isWatching = true;
	scene.onSeen((seen) => {
		if (isWatching && seen.type === "trial" && seen.station === station) trials++;
	});
	const late = [...kept];
	for (const message of late) wire.inject(message);
	await scene.wait(EFFECT_MS);
	isWatching = false;
	const isReleased = before === "Held" && board?.state !== "Held";
	wire.onMessage(() => true);
	return { station: short(station), kept: late.length, isMoved: trials > 0 || isReleased };
}

async function onOurs(scene: Scene): Promise<Finding> {
	const insight = new Insight(scene);
	await scene.begin({ units: UNITS });
	const { wire, script } = scene;
	const tried: string[] = [];
	let moved = 0;
	for (const round of wire.isReal ? REAL_ROUNDS : ROUNDS) {
		const what = await keepBack(scene, insight, round);
		if (!what) continue;
		const { station, kept, isMoved } = what;
		const late = `${round.keptMs / 1000} s`;
		tried.push(`${round.kind} ${late} (${kept} messages${round.isCut ? ", station cut off" : ""})`);
		if (isMoved) moved++;
		if (tried.length > 3 && !isMoved) continue;
		script.loses("server", station, `${round.kind}, in a record`);
		script.sends(station, `the record, ${late} later`);
		if (isMoved) script.harms(station, "is set in motion");
		else script.notes(station, "stays where it is and asks again");
	}
	return await scene.conclude(
		`delivered late: ${tried.join(", ")}; stations set in motion by it: ${moved}`,
		moved > 0 || tried.length === 0,
	);
}

export const holdBack: Attack = {
	name: "hold-back",
	title: "Hold messages back",
	goal: "Set a machine in motion when nobody expects it, by delivering an answer minutes or hours late.",
	properties: ["G2", "G3"],
	defence:
		"start and resume name the request that they answer, which must be less than 10 s old by the station's own timer; " +
		"after silence a station holds, and gives a session up that is not answered (§6).",
	onPaper,
	onOurs,
};
