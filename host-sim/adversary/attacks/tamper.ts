/** Every byte of every kind of message is changed on its way. */
import { topicOf } from "../../suite-0/bus.js";
import type { Attack, Finding } from "../attack.js";
import { Counts, FirstOfEach } from "../kinds.js";
import type { PaperScene } from "../paper-scene.js";
import type { Scene } from "../scene.js";

/** Messages of one kind and topic whose every byte is changed. */
const EACH = 2;
/** The first byte of the initialisation vector in a message of suite 0. */
const IV_AT = 256;

async function onPaper(scene: PaperScene): Promise<Finding> {
	const { wire, script } = scene;
	await scene.begin(0);
	let changed = 0;
	// CBC: what is flipped in the vector is flipped in the first block. "fail" becomes "pass".
	wire.onMessage(({ topic, payload }) => {
		if (topic !== topicOf("station-1", "verdict") || changed > 0) return true;
		changed++;
		const copy = payload.slice();
		for (const [i, from] of [..."fail"].entries())
			copy[IV_AT + i] = (copy[IV_AT + i] as number) ^ from.charCodeAt(0) ^ "pass".charCodeAt(i);
		wire.inject({ topic, payload: copy });
		return false;
	});
	scene.bringPart();
	await scene.until(() =>
		wire.captured.some(({ topic }) => topic === topicOf("station-1", "done")),
	);
	const dones = wire.captured.filter(({ topic }) => topic === topicOf("station-1", "done")).length;
	const failed = scene.of("verdict", "station-1").filter(({ passed }) => !passed).length;
	script
		.says("station-1", "server", "result, sealed")
		.loses("server", "station-1", "verdict: fail, sealed")
		.sends("station-1", "the same with four bytes of the IV flipped");
	if (dones > 0)
		script.harms("station-1", "reads “pass”, and says that it is done with a bad part");
	return await scene.finding(
		dones === 0,
		`the server judged ${failed} results bad and none good; four bytes were flipped, and station-1 said done ${dones} times`,
	);
}

async function onOurs(scene: Scene): Promise<Finding> {
	await scene.build();
	const { wire, script, line } = scene;
	const seen = new Counts();
	const tampered = new Counts();
	const first = new FirstOfEach(EACH);
	wire.onMessage((message) => {
		const kind = first.take(message);
		if (!kind) return true;
		const { topic, payload } = message;
		seen.add(kind);
		for (let at = 0; at < payload.length; at++) {
			const copy = payload.slice();
			copy[at] = (copy[at] as number) ^ (1 << (at % 8));
			wire.inject({ topic, payload: copy });
			tampered.add(kind);
		}
		return true;
	});
	await line.start();
	await scene.finish();
	const records = [...scene.refusals].map(([why, count]) => `${why} ${count}`).join(", ");
	script
		.says("station-1", "server", "record")
		.sends("server", "the record with one bit changed, for each byte")
		.notes("server", "no tag fits: none opens, the session goes on")
		.says("server", "station-1", "segment of the file")
		.sends("station-1", "the segment with one bit changed, for each byte")
		.notes("station-1", "tag checked before flash is written: only the genuine one is kept");
	return await scene.conclude(
		`each byte of ${seen} changed in turn and delivered with the genuine message: ${tampered}; refusals told: ${records}`,
	);
}

export const tamper: Attack = {
	name: "tamper",
	title: "Change bytes on the way",
	goal: "Turn a fail into a pass, or a recipe into another, by changing bytes of a sealed message.",
	properties: ["G3"],
	defence:
		"Everything is sealed with AES-256-GCM over header and content, or signed; nothing of a message is used before " +
		"its tag has been checked (§5, §6, §8).",
	onPaper,
	onOurs,
};
