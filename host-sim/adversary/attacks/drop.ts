/** Messages are lost: every third one, and then whole kinds of them for a minute. */
import { isOpen } from "../../../server/core/unit.js";
import { topicOf } from "../../suite-0/bus.js";
import type { Attack, Finding } from "../attack.js";
import { Insight } from "../insight.js";
import { Counts } from "../kinds.js";
import type { PaperScene } from "../paper-scene.js";
import type { Scene } from "../scene.js";

/** Of each kind every so many-th is lost, until the first unit is through. */
const EACH = 3;
/** Then no message of one kind arrives for so long, one kind after the other. */
const OUTAGE_MS = 60_000;
const REAL_OUTAGE_MS = 1000;
/** Between two outages. */
const PAUSE_MS = 500;
const UNITS = 24;
const REAL_UNITS = 12;
/** An attempt then takes so long: units enough are left for every kind. */
const SLOW_MS = 5000;
const REAL_SLOW_MS = 400;
const FINISH_MS = 3600_000;
const REAL_FINISH_MS = 150_000;
/** How long the paper's line is given to go on. */
const PATIENCE_MS = 3600_000;
const REAL_PATIENCE_MS = 10_000;

async function onPaper(scene: PaperScene): Promise<Finding> {
	await scene.begin(1);
	const { wire, script } = scene;
	let lost = 0;
	wire.onMessage(({ topic }) => {
		if (topic !== topicOf("station-1", "verdict") || lost > 0) return true;
		lost++;
		return false;
	});
	for (let i = 0; i < 2; i++) scene.bringPart();
	const patienceMs = wire.isReal ? REAL_PATIENCE_MS : PATIENCE_MS;
	const isOn = await scene.until(() => scene.of("finished", "station-1").length > 0, patienceMs);
	const started = scene.of("started", "station-1").length;
	script
		.says("station-1", "server", "result, sealed")
		.loses("server", "station-1", "verdict: pass");
	if (!isOn) script.harms("station-1", "waits for good: nobody repeats anything");
	return await scene.finding(
		isOn,
		`${lost} verdict lost that the broker had acknowledged: after ${patienceMs / 1000} s station-1 has begun ` +
			`${started} of 2 parts and finished ${scene.of("finished", "station-1").length}`,
	);
}

async function onOurs(scene: Scene): Promise<Finding> {
	const insight = new Insight(scene);
	const { wire, script } = scene;
	await scene.build({ units: wire.isReal ? REAL_UNITS : UNITS });
	const { line } = scene;
	const outageMs = wire.isReal ? REAL_OUTAGE_MS : OUTAGE_MS;
	const seen = new Counts();
	const lost = new Counts();
	const outages = new Map<string, number>();
	let outage: string | undefined;
	let isThrough = false;
	wire.onMessage((message) => {
		const kind = insight.of(message);
		if (!kind) return true;
		seen.add(kind);
		isThrough ||= [...line.tables.units.values()].some((unit) => !isOpen(unit));
		if (!isThrough) {
			if (seen.of(kind) % EACH !== 0) return true;
			lost.add(kind);
			return false;
		}
		if (outage === undefined && !outages.has(kind)) {
			outage = kind;
			line.time.after(outageMs, line.operator, () => {
				outage = "none";
				line.time.after(PAUSE_MS, line.operator, () => {
					outage = undefined;
				});
			});
		}
		if (kind !== outage) return true;
		outages.set(kind, (outages.get(kind) ?? 0) + 1);
		return false;
	});
	await line.start();
	await scene.until(() => isThrough);
	for (const board of line.boards) board.settleMs = wire.isReal ? REAL_SLOW_MS : SLOW_MS;
	await scene.until(() => scene.isDone, wire.isReal ? REAL_FINISH_MS : FINISH_MS);
	const minutes = (line.time.nowMs / 60_000).toFixed(1);
	const { attempts } = line.tables;
	const losses = [
		["result", "station-1", "server"],
		["verdict", "server", "station-1"],
		["ticket", "station-1", "station-2"],
	] as const;
	for (const [kind, from, to] of losses) {
		const count = lost.of(kind) + (outages.get(kind) ?? 0);
		script.loses(from, to, `${kind}: ${count} of ${seen.of(kind)}`);
	}
	script
		.says("station-1", "server", `result, until it is answered: ${seen.of("result")} in all`)
		.says("station-1", "server", `HELLO, where nothing is: ${seen.of("HELLO")} in all`)
		.notes("server", `${attempts.size} attempts judged`);
	return await scene.conclude(
		`every ${EACH}rd of each kind lost (${lost}); then ${outages.size} kinds, each wholly for ${outageMs / 1000} s ` +
			`(${[...outages].map(([kind, count]) => `${kind} ${count}`).join(", ")}); the line came to its end after ` +
			`${minutes} minutes with ${attempts.size} attempts judged`,
	);
}

export const drop: Attack = {
	name: "drop",
	title: "Lose messages",
	goal: "Bring the line to a stop for good, or lose a result, by losing messages that the broker has acknowledged.",
	properties: ["G8"],
	defence:
		"Every message is sealed again until it is answered, a result is in flash before it is sent, and a session without " +
		"answers is replaced (§6); done and ticket are repeated until closed (§7).",
	onPaper,
	onOurs,
};
