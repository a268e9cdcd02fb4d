/**
 * Claim: sealing adds little to what goes over the network.
 *
 * Messages: a unit is played through two stations with the real channel, and a listener at the broker counts every
 * payload; what it hears must be what was sealed. Files: a station on Node fetches one, and every payload of its topics
 * is counted, session and requests included, against the file's own bytes.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { encodeMessage, encodeTicket } from "../modules/messages/codec.js";
import type { Message, ServerMessage } from "../modules/messages/types.js";
import { PREFIX } from "../modules/station/topics.js";
import { check } from "./measure.js";
import { LINE, stationName, within } from "./plant.js";
import { type Carried, Player } from "./player.js";
import {
	type BenchRun,
	type BenchSize,
	binary,
	type Curve,
	exact,
	type Figure,
	type Report,
} from "./report.js";
import { type Measure, measure } from "./targets.js";
import { Rig } from "./transfer/rig.js";
import { packetSize, Wire } from "./wire.js";
import { Work, workplace } from "./work.js";

const KIB = 1024;
const MIB = 1024 * 1024;
/** The size that the target is about. */
const TARGET_SIZE = MIB;
const SIZES: Readonly<Record<BenchSize, readonly number[]>> = {
	full: [16 * KIB, 64 * KIB, 256 * KIB, TARGET_SIZE, 4 * MIB, 16 * MIB],
	quick: [64 * KIB, TARGET_SIZE],
	smoke: [64 * KIB],
};
const PATIENCE_MS = 5000;
const RECORD_ENDINGS = ["/up", "/down", "/in"];
const ENDINGS = [...RECORD_ENDINGS, "/file"];

interface FileCount {
	readonly size: number;
	/** All payloads of its station's topics. */
	readonly payloads: number;
	/** Those of the topic `file` alone. */
	readonly blocks: number;
	readonly packets: number;
}

export async function bytes({ size, progress }: BenchRun): Promise<Report> {
	const sizes = within(SIZES[size]);
	const stations = [workplace("one", 4), workplace("two", 4)];
	// The line's route begins with the two that a unit goes through.
	const rig = await Rig.open({ sizes, first: stations, units: ["U-1"] });
	try {
		progress("one unit through two stations");
		const { figures, verdict } = await messages(rig);
		const files: FileCount[] = [];
		for (const each of sizes) {
			progress(`a file of ${binary(each)}`);
			files.push(await countFile(rig, each));
		}
		return {
			bench: "bytes",
			claim: "sealing adds little to what goes over the network",
			figures: [...figures, ...files.flatMap(figuresOf)],
			curves: [overheadCurve(files)],
			measures: [measure("bytes-message", exact(verdict)), ...files.flatMap(measuresOf)],
			conditions: { topics: ENDINGS.join(" "), "name of a station": stationName("one") },
		};
	} finally {
		await rig.close();
	}
}

/** What was sealed, in order, and what a listener at the broker heard. */
async function messages(rig: Rig): Promise<{ figures: Figure[]; verdict: number }> {
	const wire = await Wire.listen(rig.url, `${PREFIX}/${LINE}/#`);
	const carried: Carried[] = [];
	const connect = (id: string) =>
		Player.connect(rig.keys, stationName(id), rig.url, (one) => carried.push(one));
	const [one, two] = [await connect("one"), await connect("two")];
	await two.greet();
	const welcome = await one.greet();
	await playThrough(one, two, welcome);
	await sleepUntil(() => heardOf(wire).length >= carried.length);
	await one.close();
	await two.close();
	await wire.close();
	const sealed = carried.map(({ topic, size }) => `${topic} ${size}`).sort();
	const heard = heardOf(wire).sort();
	check(sealed.join() === heard.join(), "the broker carried something else than was sealed");
	const verdicts = carried.filter(({ message }) => message.type === "verdict");
	const sizes = new Set(verdicts.map(({ size }) => size));
	check(verdicts.length === 3 && sizes.size === 1, "verdicts of different sizes");
	return { figures: messageFigures(carried), verdict: verdicts[0]?.size ?? 0 };
}

function heardOf(wire: Wire): string[] {
	return wire.heard
		.filter(({ topic }) => RECORD_ENDINGS.some((ending) => topic.endsWith(ending)))
		.map(({ topic, size }) => `${topic} ${size}`);
}

/** Each kind of message that a unit's way has, at least once. */
async function playThrough(one: Player, two: Player, welcome: ServerMessage): Promise<void> {
	check(welcome.type === "welcome-back", `${welcome.type} instead of welcome-back`);
	const digest = welcome.recipes[0]?.digest;
	check(digest !== undefined, "no file is offered");
	one.tell({ type: "blocks", digest, head: true, first: 0, count: 1 });
	const work = await Work.begin(one);
	await work.attempt();
	const next = await work.passTo(two);
	await next.attempt();
	await two.ask({ type: "alarm", code: "bench", text: "so that there is one" });
}

/** Content without its seal: what the message itself needs. */
function contentSize({ message }: Carried): number | undefined {
	if (message.type === "HELLO" || message.type === "WELCOME") return undefined;
	if ("ticket" in message && message.type === "ticket") return encodeTicket(message.ticket).length;
	return encodeMessage(message as Message).length;
}

function messageFigures(carried: readonly Carried[]): Figure[] {
	const seen = new Set<string>();
	return carried.flatMap((each) => {
		const name = each.message.type;
		if (seen.has(name)) return [];
		seen.add(name);
		const content = contentSize(each);
		const packet = packetSize(each.topic, each.size, 1);
		return [
			{
				figure: `${name}, payload; MQTT packet ${packet} B`,
				ours: exact(each.size),
				unit: "B",
				...(content !== undefined && { against: "its content, plain", rival: exact(content) }),
			},
		];
	});
}

async function countFile(rig: Rig, size: number): Promise<FileCount> {
	const wire = await Wire.listen(rig.url, `${PREFIX}/${LINE}/s${size}/#`);
	await rig.receive("sealed", size);
	await sleepUntil(() => wire.bytes("/file") >= size);
	await wire.close();
	check(wire.bytes("/file") >= size, "the listener missed some of the file");
	return {
		size,
		payloads: wire.bytes(...ENDINGS),
		blocks: wire.bytes("/file"),
		packets: wire.packetBytes(...ENDINGS),
	};
}

async function sleepUntil(condition: () => boolean): Promise<void> {
	const endMs = performance.now() + PATIENCE_MS;
	while (!condition() && performance.now() < endMs) await sleep(10);
}

function figuresOf({ size, payloads, blocks, packets }: FileCount): Figure[] {
	const plain = { unit: "B", against: "the file itself", rival: exact(size) };
	const name = binary(size);
	return [
		{ figure: `${name}, blocks of the file`, ours: exact(blocks), ...plain },
		{
			figure: `${name}, all payloads, session and requests included`,
			ours: exact(payloads),
			...plain,
		},
		{ figure: `${name}, all MQTT packets`, ours: exact(packets), ...plain },
	];
}

function percent(bytesCarried: number, size: number): number {
	return (100 * (bytesCarried - size)) / size;
}

function overheadCurve(files: readonly FileCount[]): Curve {
	const series = (name: string, key: "payloads" | "blocks" | "packets") => ({
		name,
		isOurs: true,
		points: files.map((file) => ({ x: file.size, y: exact(percent(file[key], file.size)) })),
	});
	return {
		title: "What sealing and MQTT add to a file",
		x: { label: "size of the file", unit: "B", isLogarithmic: true },
		y: { label: "beyond the plain bytes", unit: "%", isLogarithmic: false },
		series: [
			series("blocks alone", "blocks"),
			series("all payloads, with session and requests", "payloads"),
			series("all MQTT packets", "packets"),
		],
	};
}

function measuresOf({ size, payloads }: FileCount): Measure[] {
	return size === TARGET_SIZE ? [measure("bytes-file", exact(percent(payloads, size)))] : [];
}
