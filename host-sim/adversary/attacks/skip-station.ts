/** A unit is to reach a station without having passed the one before. */
import { stationTopics } from "../../../modules/station/topics.js";
import type { Attack, Finding } from "../attack.js";
import { Counts } from "../kinds.js";
import type { PaperScene } from "../paper-scene.js";
import { Scene } from "../scene.js";
import type { Message } from "../wire.js";

/** Tickets for the second station that are kept back before the line goes on. */
const KEPT = 6;
/** Bytes of a ticket's header: kind, session id, n. */
const HEADER_SIZE = 17;

async function onPaper(scene: PaperScene): Promise<Finding> {
	await scene.begin();
	scene.forge("station-3", "arrival", "station-3", "done");
	await scene.until(() => scene.of("started", "station-3").length > 0, 10_000);
	const started = scene.of("started", "station-3").length;
	const passed = scene.of("finished", "station-2").length;
	scene.script.sends("station-3", "done, sealed with station-3's public key");
	if (started > passed) scene.script.harms("station-3", "starts a part that no station has had");
	return await scene.finding(
		started <= passed,
		`one invented done: station-3 started ${started} parts, station-2 passed ${passed}`,
	);
}

/** Tickets of another plant whose line and stations have the same names. */
async function foreignTickets(seed: number): Promise<readonly Message[]> {
	const scene = new Scene({ seed: seed + 1 });
	await scene.begin();
	await scene.finish();
	return scene.wire.on("in");
}

async function onOurs(scene: Scene): Promise<Finding> {
	const foreign = await foreignTickets(scene.seed);
	await scene.begin();
	const { line, wire, script } = scene;
	const [, second = "", third = ""] = line.plant.stations;
	const to = stationTopics(third).in;
	const given = new Counts();
	const give = (how: string, payload: Uint8Array) => {
		given.add(how);
		wire.inject({ topic: to, payload });
	};
	let kept = 0;
	wire.onMessage(({ topic, payload }) => {
		if (topic !== stationTopics(second).in || kept >= KEPT) return true;
		kept++;
		give("stolen", payload);
		return false;
	});
	await scene.until(() => kept >= KEPT);
	for (const { payload } of foreign) give("foreign", payload);
	// With the session that the third station has now, which anybody can see, and a number that is due.
	const record = wire.on("up").find((each) => each.from === third && each.payload[0] === 0x10);
	const { crypto } = scene;
	for (let n = 0; n < 64 && record; n++) {
		const invented = crypto.random(HEADER_SIZE + 80 + n);
		invented.set(record.payload.subarray(0, HEADER_SIZE));
		invented[0] = 0x20;
		give("invented", invented);
	}
	await scene.finish();
	for (const { payload } of wire.on("in")) give("old", payload);
	await scene.wait(2000);
	const opened = scene.talks.filter(
		({ type, by, kind, message }) =>
			type === "heard" && by === third && kind === "ticket" && message.to !== third,
	).length;
	script
		.says("server", "station-1", "handover: a ticket only station-2 can open")
		.loses("station-1", "station-2", "the ticket")
		.sends("station-3", "the same ticket")
		.notes("station-3", "sealed for another session: does not open")
		.sends("station-3", "tickets of another line, invented ones")
		.notes("station-3", `opened none of ${given.total}`)
		.says("station-1", "server", "done, again")
		.notes("server", "makes another ticket for station-2 and no other");
	return await scene.conclude(
		`tickets given to station-3: ${given}; it opened ${opened} that were not its own`,
		opened > 0,
	);
}

export const skipStation: Attack = {
	name: "skip-station",
	title: "Skip a station",
	goal: "Have station 3 start a unit that station 2 has not passed, with stolen, old, foreign or invented tickets.",
	properties: ["G5"],
	defence:
		"A ticket is sealed for the next station's session of that moment, and a station starts only when the server " +
		"says so after it has compared the ticket's proof with its journal (§7).",
	onPaper,
	onOurs,
};
