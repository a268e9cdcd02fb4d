/** Genuine messages are given to somebody else than they are for. */
import { stationTopics } from "../../../modules/station/topics.js";
import { topicOf } from "../../suite-0/bus.js";
import type { Attack, Finding } from "../attack.js";
import { Counts, kindOf } from "../kinds.js";
import type { PaperScene } from "../paper-scene.js";
import { Scene } from "../scene.js";

/** Messages of the other line that are delivered with each of this one's. */
const FOREIGN_EACH = 2;

async function onPaper(scene: PaperScene): Promise<Finding> {
	await scene.begin(1);
	const { wire, script } = scene;
	wire.onMessage(({ topic, payload }) => {
		if (topic === topicOf("station-1", "result"))
			wire.inject({ topic: topicOf("station-2", "result"), payload });
		return true;
	});
	scene.bringPart();
	await scene.until(() => scene.of("finished", "station-1").length === 1);
	await scene.wait(1000);
	const first = (event: "tried" | "verdict", station: string) =>
		scene.events.findIndex(
			(each) => each.event === event && "station" in each && each.station === station,
		);
	const judged = first("verdict", "station-2");
	const tried = first("tried", "station-2");
	const isJudged = judged >= 0 && (tried < 0 || judged < tried);
	script
		.says("station-1", "server", "result of a good part, sealed for the server")
		.sends("server", "the same bytes, on station-2's topic");
	if (isJudged) script.harms("server", "judges that station-2 passed, which has tried nothing");
	return await scene.finding(
		!isJudged,
		`station-1's result on station-2's topic: the server gave station-2 ${scene.of("verdict", "station-2").length} verdicts, ` +
			`${isJudged ? "the first before" : "none before"} it had tried anything`,
	);
}

async function onOurs(scene: Scene): Promise<Finding> {
	// Another plant, whose line and stations have the same names.
	const other = new Scene({ seed: scene.seed + 1 });
	await other.begin();
	await other.finish();
	const foreign = other.wire.captured.filter(({ payload }) => kindOf(payload));
	const given = new Counts();
	const owners = new Map<string, string>();
	const wrong: string[] = [];
	scene.onSeen((seen) => {
		if (seen.type === "said" && seen.by.includes(".")) owners.set(seen.session, seen.by);
		if (seen.type !== "heard") return;
		const owner = owners.get(seen.session);
		const isTheirs = seen.by.includes(".") ? !owner || owner === seen.by : owner !== undefined;
		if (!isTheirs) wrong.push(`${seen.by} ${seen.session}`);
	});
	await scene.build();
	const { wire, script, line, topics } = scene;
	let next = 0;
	wire.onMessage(({ topic, payload }) => {
		const kind = kindOf(payload);
		if (!kind) return true;
		const own = topic.slice(0, topic.lastIndexOf("/"));
		for (const to of topics)
			if (!to.startsWith(`${own}/`)) {
				wire.inject({ topic: to, payload });
				given.add(kind);
			}
		for (let i = 0; i < FOREIGN_EACH; i++) {
			const message = foreign[next++ % foreign.length];
			if (!message) break;
			wire.inject({ topic: message.topic, payload: message.payload });
			given.add("of another line");
		}
		return true;
	});
	await line.start();
	await scene.finish();
	const [first = ""] = line.plant.stations;
	script
		.says("station-1", "server", "result, in a record")
		.sends("server", "the same record, on station-2's topic")
		.notes("server", "no session of station-2 has its id: does not open")
		.says("server", "station-1", `start, on ${stationTopics(first).down}`)
		.sends("station-3", "the same record")
		.notes("station-3", "not its session: does not open")
		.sends("server", "HELLO of another plant, under the same name")
		.notes("server", "its k_c is not wrapped for this server");
	return await scene.conclude(
		`every message to every topic of the other stations before its own receiver had it: ${given}; ` +
			`opened in a session that was another's: ${wrong.length}`,
		wrong.length > 0,
	);
}

export const redirect: Attack = {
	name: "redirect",
	title: "Give messages to others",
	goal: "Have one station's result, start or ticket count for another station, or another line's for this one.",
	properties: ["G3", "G5"],
	defence:
		"The station's name is in the handshake, the session's keys come from both credentials, and a record opens only in a " +
		"session of the station on whose topic it came (§3, §5).",
	onPaper,
	onOurs,
};
