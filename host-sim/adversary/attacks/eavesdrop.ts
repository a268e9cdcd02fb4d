/** Only listening: everything that was published is searched for what must not be read, and counted. */
import { headSize } from "../../../modules/envelope/head.js";
import { TAG_SIZE } from "../../../modules/ports/crypto.js";
import { SEGMENT_SIZE } from "../../simulation/line.js";
import { topicOf } from "../../suite-0/bus.js";
import { HEAD_SIZE } from "../../suite-0/format.js";
import type { Attack, Finding } from "../attack.js";
import { kindOf } from "../kinds.js";
import { listen } from "../listening.js";
import type { PaperScene } from "../paper-scene.js";
import type { Scene } from "../scene.js";
import { distinct } from "../statistics.js";
import type { Message } from "../wire.js";

/** Where the sealed content of each kind begins. */
const SEALED_AT: { readonly [kind: string]: number } = {
	record: 17,
	ticket: 17,
	"segment of a file": 37,
};
const WORDS = ["pass", "fail", "passed", "failed", "verdict", "request", "result", "handover"];
/** Lengths in ascending order. */
function lengths(payloads: readonly Uint8Array[]): string {
	return [...new Set(payloads.map(({ length }) => length))].sort((a, b) => a - b).join(", ");
}

/** Verdicts of the paper's server that the topic of what a station says next gives away. */
function toldByTopics(scene: PaperScene): number {
	const { wire, stations } = scene;
	let told = 0;
	for (const station of stations) {
		const topics = wire.captured
			.map(({ topic }) => topic)
			.filter((topic) => topic.startsWith(topicOf(station, "verdict").replace(/verdict$/, "")));
		const guesses = topics.flatMap((topic, i) =>
			topic === topicOf(station, "verdict") ? [topics[i + 1] === topicOf(station, "done")] : [],
		);
		const verdicts = scene.of("verdict", station);
		told += verdicts.filter(({ passed }, i) => passed === guesses[i]).length;
	}
	return told;
}

async function onPaper(scene: PaperScene): Promise<Finding> {
	await scene.begin();
	const { wire, script, recipes } = scene;
	for (let i = 0; i < 3; i++) scene.bringPart();
	await scene.until(() => scene.of("finished", "station-1").length === 3);
	await scene.wait(1000);
	const results = scene.of("result");
	const numbers = results.flatMap(({ values, readings }) =>
		[...values, ...readings].map(({ value }) => value),
	);
	const secrets = { recipes: [...recipes.values()], words: WORDS, numbers, bytes: [] };
	// Topics name the kind of message: those words are there for everybody to see.
	const hidden = wire.captured.map((message) => ({ ...message, topic: "" }));
	const sealed = wire.captured.map(({ payload }) => payload.subarray(HEAD_SIZE));
	const { isSecret, text } = listen(hidden, secrets, sealed);
	const files = wire.on("file").map(({ payload }) => payload);
	const size = (kind: string) => lengths(wire.on(kind).map(({ payload }) => payload));
	script
		.says("station-1", "server", "result, sealed")
		.says("server", "station-1", "verdict, sealed");
	if (isSecret) script.notes("attacker", "sees topics and lengths, and reads nothing");
	else script.harms("attacker", "finds what should be secret");
	return await scene.finding(
		isSecret,
		`${text}; lengths tell the size of a text to 16 bytes: files ${size("file")}, results ${size("result")}, ` +
			`verdicts ${size("verdict")}, pass or fail; ${distinct(files).length} of ${files.length} sealings of a file differ; ` +
			`what comes on which topic next tells ${toldByTopics(scene)} of ${scene.of("verdict").length} verdicts`,
	);
}

async function onOurs(scene: Scene): Promise<Finding> {
	const bytes: Uint8Array[] = [];
	const numbers = new Set<number>();
	const verdicts = { pass: new Set<string>(), fail: new Set<string>() };
	scene.onSeen((seen) => {
		if (seen.type === "key" && seen.use.use === "sealed") bytes.push(seen.use.plaintext);
		if (seen.type === "measured") for (const { value } of seen.readings) numbers.add(value);
		if (seen.type === "said" && seen.kind === "message" && seen.message.type === "verdict")
			verdicts[seen.message.pass ? "pass" : "fail"].add(name(seen.session, seen.seq));
	});
	await scene.begin({ units: 3 });
	await scene.finish();
	const { wire, script, recipes, serials } = scene;
	const secrets = {
		recipes: recipes.map(({ text }) => text),
		words: [...WORDS, ...serials],
		numbers: [...numbers],
		bytes,
	};
	const { isSecret, text } = listen(wire.captured, secrets, wire.captured.flatMap(sealedParts));
	const down = wire.on("down").map(({ payload }) => payload);
	const of = (names: ReadonlySet<string>) =>
		lengths(down.filter((payload) => names.has(nameOf(payload))));
	const [pass, fail] = [of(verdicts.pass), of(verdicts.fail)];
	const isTold = verdicts.pass.size > 0 && verdicts.fail.size > 0 && pass !== fail;
	script
		.says("station-1", "server", "result, in a record")
		.says("server", "station-1", `verdict, in a record: ${pass || fail} bytes`)
		.notes("attacker", "sees who speaks and when, four lengths, and reads nothing");
	return await scene.conclude(
		`${text}; ${verdicts.pass.size} records that say pass have ${pass} bytes, ${verdicts.fail.size} that say fail ${fail}`,
		!isSecret || isTold,
	);
}

function name(session: string, seq: number): string {
	return `${session}/${seq}`;
}

function nameOf(record: Uint8Array): string {
	const bytes = Buffer.from(record);
	return name(bytes.toString("hex", 1, 9), bytes.length < 17 ? -1 : bytes.readUIntBE(11, 6));
}

function sealedParts({ payload }: Message): Uint8Array[] {
	const kind = kindOf(payload) ?? "";
	if (kind !== "envelope") return SEALED_AT[kind] ? [payload.subarray(SEALED_AT[kind])] : [];
	const parts: Uint8Array[] = [];
	const step = SEGMENT_SIZE + TAG_SIZE;
	for (let at = headSize(payload) ?? payload.length; at < payload.length; at += step)
		parts.push(payload.subarray(at, at + step));
	return parts;
}

export const eavesdrop: Attack = {
	name: "eavesdrop",
	title: "Eavesdrop",
	goal: "Read a recipe, a reading, a serial number or a verdict out of what passes the broker.",
	properties: ["G1"],
	defence:
		"Everything that is secret is sealed with AES-256-GCM for the one that it is for, and records are padded to four " +
		"lengths, so that an answer's length does not tell pass from fail (§6, §8). Who speaks, when, how many attempts there " +
		"are and that a unit moved can be seen (§1).",
	onPaper,
	onOurs,
};
