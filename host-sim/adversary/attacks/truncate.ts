/** Messages are cut short and made longer. */
import { concat } from "../../../modules/bytes/bytes.js";
import { topicOf } from "../../suite-0/bus.js";
import { BLOCK_SIZE, HEAD_SIZE } from "../../suite-0/format.js";
import type { Attack, Finding } from "../attack.js";
import { Counts, FirstOfEach } from "../kinds.js";
import type { PaperScene } from "../paper-scene.js";
import type { Scene } from "../scene.js";

const EACH = 2;
/** Bytes put at the end. */
const MORE = [1, 16, 1000];

async function onPaper(scene: PaperScene): Promise<Finding> {
	const { wire, script } = scene;
	const topic = topicOf("station-1", "file");
	await scene.begin(1);
	const file = wire.captured.find((message) => message.topic === topic);
	const text = scene.recipes.get("station-1") ?? "";
	const isOther = () =>
		scene.of("recipe", "station-1").filter((each) => !each.text.startsWith(text));
	let tried = 0;
	for (let size = HEAD_SIZE + BLOCK_SIZE; file && size < file.payload.length; size += BLOCK_SIZE) {
		wire.inject({ topic, payload: file.payload.slice(0, size) });
		tried++;
	}
	await scene.wait(1000);
	const accepted = isOther();
	script.says("server", "station-1", "the file, sealed");
	script.sends("station-1", `the file without its last blocks, in ${tried} lengths`);
	const [first] = accepted;
	if (first) {
		const lines = (whole: string) => whole.split("\n").filter((line) => line.includes("=")).length;
		script.harms(
			"station-1",
			`takes a file of ${lines(first.text)} values for the one of ${lines(text)}`,
		);
	}
	return await scene.finding(
		accepted.length === 0,
		`the sealed file cut after each of its blocks: ${accepted.length} of ${tried} were taken for the file`,
	);
}

async function onOurs(scene: Scene): Promise<Finding> {
	await scene.build();
	const { wire, script, line } = scene;
	const given = new Counts();
	const first = new FirstOfEach(EACH);
	wire.onMessage((message) => {
		const kind = first.take(message);
		if (!kind) return true;
		const { topic, payload } = message;
		for (let size = 1; size < payload.length; size++)
			wire.inject({ topic, payload: payload.slice(0, size) });
		given.add(`shorter ${kind}`, payload.length - 1);
		for (const more of MORE) {
			wire.inject({ topic, payload: concat(payload, new Uint8Array(more)) });
			given.add(`longer ${kind}`);
		}
		return true;
	});
	await line.start();
	await scene.finish();
	script
		.says("server", "station-1", "record")
		.sends("station-1", "its first 1, 2, 3 … bytes; the record with 1, 16, 1,000 bytes more")
		.notes("station-1", "size or tag do not fit: none opens")
		.says("server", "station-1", "file, block by block")
		.sends("station-1", "blocks cut short")
		.notes("station-1", "complete only when every segment's tag and the signed digest fit");
	return await scene.conclude(`${given}, delivered with the genuine message`);
}

export const truncate: Attack = {
	name: "truncate",
	title: "Cut short, make longer",
	goal: "Have part of a file taken for the whole, or something added to a message.",
	properties: ["G3", "G6"],
	defence:
		"A record's tag covers all of it; a file's last segment carries a flag under its seal and the digest of all " +
		"segments is signed (§6, §8); CBOR with anything behind it is refused (§2).",
	onPaper,
	onOurs,
};
