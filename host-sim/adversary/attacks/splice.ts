/** Parts of different messages are put together. */
import { concat } from "../../../modules/bytes/bytes.js";
import { decodeHello, encodeHello } from "../../../modules/channel/handshake.js";
import { topicOf } from "../../suite-0/bus.js";
import { HEAD_SIZE } from "../../suite-0/format.js";
import type { Attack, Finding } from "../attack.js";
import { Counts, FirstOfEach, kindOf } from "../kinds.js";
import type { PaperScene } from "../paper-scene.js";
import type { Scene } from "../scene.js";
import type { Message } from "../wire.js";

/** Bytes of what stands before the sealed content, by kind. */
const HEADS: { readonly [kind: string]: number } = {
	record: 17,
	ticket: 17,
	"head of a file": 33,
	"segment of a file": 37,
};
/** Earlier messages that a new one is put together with, and new ones of each kind and topic that are. */
const PARTNERS = 12;
const EACH = 6;

async function onPaper(scene: PaperScene): Promise<Finding> {
	const { wire, script } = scene;
	await scene.begin(1);
	scene.bringPart();
	await scene.until(() => scene.of("finished", "station-2").length === 1);
	const before = scene.of("recipe").length;
	const files = wire.captured.filter(({ topic }) => topic.endsWith("/file"));
	const topic = topicOf("station-1", "file");
	let tried = 0;
	for (const head of wire.captured)
		for (const body of files) {
			const bytes = concat(head.payload.slice(0, HEAD_SIZE), body.payload.slice(HEAD_SIZE));
			if (head === body) continue;
			wire.inject({ topic, payload: bytes });
			tried++;
		}
	await scene.wait(1000);
	const accepted = scene.of("recipe").length - before;
	script
		.sends("station-1", "key and IV of one message, text of another")
		.notes("station-1", "decrypts to noise, which is no text: by luck of the encoding");
	return await scene.finding(
		accepted === 0,
		`${tried} combinations: ${accepted} were taken for a file; nothing checks that the parts belong together, ` +
			"noise is merely no valid text",
	);
}

async function onOurs(scene: Scene): Promise<Finding> {
	await scene.build();
	const { wire, script, line } = scene;
	const given = new Counts();
	const before: Message[] = [];
	const first = new FirstOfEach(EACH);
	wire.onMessage((message) => {
		const kind = first.take(message);
		if (!kind) return true;
		for (const other of before.filter(({ payload }) => kindOf(payload) === kind).slice(-PARTNERS))
			for (const [a, b] of [
				[message, other],
				[other, message],
			] as const)
				for (const payload of spliced(kind, a.payload, b.payload)) {
					wire.inject({ topic: message.topic, payload });
					given.add(kind);
				}
		before.push(message);
		return true;
	});
	await line.start();
	await scene.finish();
	script
		.says("station-1", "server", "two records")
		.sends("server", "the header of one, the content of the other")
		.notes("server", "the header is under the seal: does not open")
		.says("station-1", "server", "two HELLOs")
		.sends("server", "one with the other's key share")
		.notes("server", "gives other keys: no ready will ever open");
	return await scene.conclude(`spliced and delivered with the genuine message: ${given}`);
}

/** The ways to put one message's beginning to another's end. */
function spliced(kind: string, a: Uint8Array, b: Uint8Array): Uint8Array[] {
	const size = HEADS[kind];
	if (size !== undefined) return [concat(a.slice(0, size), b.slice(size))];
	if (kind === "HELLO") {
		const [one, two] = [decodeHello(a), decodeHello(b)];
		if (!one || !two) return [];
		const { share, wrapped, nonce } = two;
		return [
			{ ...one, share },
			{ ...one, wrapped },
			{ ...one, nonce },
		].map(encodeHello);
	}
	const half = Math.floor(Math.min(a.length, b.length) / 2);
	return [concat(a.slice(0, half), b.slice(half))];
}

export const splice: Attack = {
	name: "splice",
	title: "Splice messages",
	goal: "Make a new message that is accepted out of parts of genuine ones.",
	properties: ["G3"],
	defence:
		"Headers are additional data of the seal, segments are bound to their file and place by key and nonce, and the " +
		"whole handshake goes into the session's keys (§5, §6, §8).",
	onPaper,
	onOurs,
};
