/** Everything that was captured, again, to everybody, whatever they are doing. */
import { stationTopics } from "../../../modules/station/topics.js";
import type { Talk } from "../../simulation/checks/checker.js";
import { SERVER } from "../../simulation/line.js";
import { topicOf } from "../../suite-0/bus.js";
import type { Attack, Finding } from "../attack.js";
import type { PaperScene } from "../paper-scene.js";
import type { Scene } from "../scene.js";

/** The newest messages that are brought back each time. */
const REPLAYED_MAX = 120;

async function onPaper(scene: PaperScene): Promise<Finding> {
	await scene.begin(1);
	scene.bringPart();
	await scene.until(() => scene.of("finished", "station-2").length === 1);
	const [arrival] = scene.wire.captured.filter(
		({ topic }) => topic === topicOf("station-2", "arrival"),
	);
	const passed = scene.of("finished", "station-1").length;
	if (arrival) for (let i = 0; i < 3; i++) scene.wire.inject(arrival);
	await scene.until(() => scene.of("started", "station-2").length > passed);
	const started = scene.of("started", "station-2").length;
	scene.script
		.says("station-1", "station-2", "done, sealed for station-2")
		.notes("station-2", "starts part 1")
		.sends("station-2", "the same bytes, again")
		.harms("station-2", `starts part ${started}: station-1 has passed ${passed}`);
	return await scene.finding(
		started <= passed,
		`one captured done, sent again three times: station-2 started ${started} parts, station-1 passed ${passed}`,
	);
}

async function onOurs(scene: Scene): Promise<Finding> {
	await scene.begin();
	const { line, wire, script } = scene;
	const topics = line.plant.stations.flatMap((name) => {
		const { up, down, in: tickets, file } = stationTopics(name);
		return [up, down, tickets, file];
	});
	const states = new Set<string>();
	scene.onSeen((seen) => {
		if (seen.type !== "console" || !seen.line.startsWith("state ")) return;
		const state = `${seen.station} ${seen.line}`;
		if (states.has(state)) return;
		states.add(state);
		line.time.after(1, line.operator, () => {
			for (const { payload } of wire.captured.slice(-REPLAYED_MAX))
				for (const topic of topics) wire.inject({ topic, payload });
		});
	});
	await scene.finish();
	const records = wire.captured.filter(({ payload }) => payload[0] === 0x10).length;
	const opened = scene.talks.filter(
		({ type, kind }) => type === "heard" && kind === "message",
	).length;
	const last = (kind: Talk["kind"], by: string) =>
		scene.talks.findLast((talk) => talk.type === "heard" && talk.kind === kind && talk.by === by);
	const record = last("message", SERVER);
	const ticket = last("ticket", line.plant.stations[1] ?? "");
	script
		.says("station-1", "server", `record, seq ${record?.seq}`)
		.sends("server", "the same record")
		.notes("server", `${record?.seq} is not above ${record?.seq}: dropped before anything is done`)
		.says("station-1", "station-2", `ticket, n = ${ticket?.seq}`)
		.sends("station-2", "the same ticket")
		.notes("station-2", `${ticket?.seq} is not above the last one: dropped, nothing written`);
	return await scene.conclude(
		`${wire.injected} replays in ${states.size} states of the stations, each message to every topic; ` +
			`of ${records} genuine records ${opened} were opened, none twice`,
	);
}

export const replay: Attack = {
	name: "replay",
	title: "Replay",
	goal: "Repeat a captured message so that a station starts, stops or passes a unit once more.",
	properties: ["G3", "G5"],
	defence:
		"Records carry a sequence number under the seal, and a receiver accepts only a larger one (§6); a ticket " +
		"brings its unit once (§7); a HELLO again gets the same answer and changes nothing (§5).",
	onPaper,
	onOurs,
};
