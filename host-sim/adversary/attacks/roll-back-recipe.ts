/** A recipe was replaced by a newer version: the old one is brought back. */
import { recipeTopic, stationTopics } from "../../../modules/station/topics.js";
import { Dice } from "../../simulation/dice.js";
import { drawRecipe } from "../../simulation/recipe-text.js";
import { topicOf } from "../../suite-0/bus.js";
import type { Attack, Finding } from "../attack.js";
import { restartBoards } from "../false-server.js";
import { kindOf } from "../kinds.js";
import { OldFiles } from "../old-files.js";
import type { PaperScene } from "../paper-scene.js";
import type { Scene } from "../scene.js";

/** The numbers that stand in a recipe. */
function valuesOf(text: string): Set<number> {
	return new Set([...text.matchAll(/= ?([\d.]+)/g)].map(([, number]) => Number(number)));
}

function nextRecipes(seed: number, stations: readonly string[]): Map<string, string> {
	const dice = new Dice(seed, "next recipes");
	return new Map(stations.map((station) => [station, drawRecipe(dice)]));
}

async function onPaper(scene: PaperScene): Promise<Finding> {
	await scene.begin(1);
	const { wire, script, seed, stations } = scene;
	const [station = ""] = stations;
	const text = nextRecipes(seed, stations).get(station) ?? "";
	const part = async (count: number) => {
		scene.bringPart();
		await scene.until(() => scene.of("finished", station).length === count);
		return scene.of("tried", station).at(-1)?.values ?? [];
	};
	await part(1);
	const old = wire.captured.find(({ topic }) => topic === topicOf(station, "file"));
	scene.line.server.release(station, text);
	await scene.until(() => scene.of("recipe", station).some((each) => each.text === text));
	const newest = valuesOf(text);
	const isUsed = (await part(2)).every(({ value }) => newest.has(value));
	if (old) wire.inject({ ...old, retain: true });
	await scene.wait(1000);
	const tried = (await part(3)).filter(({ value }) => !newest.has(value)).length;
	script
		.says("server", station, "file, version 1")
		.says("server", station, "file, version 2")
		.notes(station, isUsed ? "tries values of version 2" : "has not tried version 2")
		.sends(station, "version 1, the same bytes as before");
	if (tried > 0) script.harms(station, `tries ${tried} values of version 1`);
	return await scene.finding(
		tried === 0,
		`version 2 was ${isUsed ? "in use" : "not in use"} at ${station}; then version 1 as captured: ${tried} values of the ` +
			"next attempt were not in version 2",
	);
}

/** What the plant does: units with version 1, version 2 of every recipe, units with that, a restart, one more. */
async function replaceRecipes(
	scene: Scene,
	onRelease: () => void = () => undefined,
	onRestart: () => void = () => undefined,
): Promise<void> {
	await scene.finish();
	onRelease();
	for (const [station, text] of nextRecipes(scene.seed, scene.line.plant.stations))
		await scene.release(station, text);
	await scene.bringUnits(2);
	await scene.finish();
	restartBoards(scene);
	onRestart();
	await scene.bringUnits(1);
}

async function onOurs(scene: Scene): Promise<Finding> {
	const newest = new Map<string, Set<number>>();
	const using = new Set<string>();
	let rolledBack = 0;
	await scene.build();
	const { wire, script, line } = scene;
	for (const [station, text] of nextRecipes(scene.seed, line.plant.stations))
		newest.set(station, valuesOf(text));
	scene.onSeen((seen) => {
		if (seen.type !== "trial") return;
		const { station, trial } = seen;
		const isNew = trial.values.every(({ value }) => newest.get(station)?.has(value));
		if (isNew) using.add(station);
		else if (using.has(station)) rolledBack++;
	});
	const [first = ""] = line.plant.stations;
	let old: OldFiles | undefined;
	wire.onMessage(({ topic, payload }) => {
		const isEnvelope = kindOf(payload) === "envelope";
		// The first station has to ask for its files in blocks.
		if (!old) return !(isEnvelope && topic === recipeTopic(first, 0));
		old.some();
		if (topic === stationTopics(first).file) old.rename(topic, payload);
		if (!isEnvelope) return true;
		old.retain();
		return false;
	});
	await line.start();
	await replaceRecipes(
		scene,
		() => {
			old = new OldFiles(scene);
			old.retain();
		},
		() => old?.retain(),
	);
	await scene.finish();
	script
		.says("server", "station-1", "head and segments of version 2")
		.sends("station-1", "those of version 1, under their own name and the new one")
		.notes("station-1", "another digest than was offered: not written")
		.sends("station-1", "version 1 as a retained envelope")
		.notes("station-1", "not newer than what has run: not looked at")
		.notes("station-1", "restarts; the version floor is in its flash")
		.sends("station-1", "start for version 1, as captured")
		.notes("station-1", "of a session that is over: does not open");
	return await scene.conclude(
		`version 1 brought back after the release of version 2: ${old?.given}; ${using.size} stations went over to ` +
			`version 2, attempts with version 1 after that: ${rolledBack}`,
		rolledBack > 0 || using.size < line.plant.stations.length,
		replaceRecipes,
	);
}

export const rollBackRecipe: Attack = {
	name: "roll-back-recipe",
	title: "Bring an old recipe back",
	goal: "Have a station work by an older version of a recipe than the one it has gone over to.",
	properties: ["G6"],
	defence:
		"A version becomes active, and the floor for that recipe rises, in one write when a session names it; a file below " +
		"the floor is refused, and blocks are taken only for the digest that was offered (§6, §8).",
	onPaper,
	onOurs,
};
