/** The server's keys were replaced because somebody has the old ones: they are used all the same. */
import { concat, utf8 } from "../../../modules/bytes/bytes.js";
import { recipeTopic, SERVER_TOPIC, stationTopics } from "../../../modules/station/topics.js";
import { sealRecipe } from "../../../server/seal.js";
import { RECIPE } from "../../simulation/line.js";
import { open } from "../../suite-0/format.js";
import type { Attack, Finding } from "../attack.js";
import { changeKeys, FalseServer, restartBoards } from "../false-server.js";
import { kindOf } from "../kinds.js";
import type { PaperScene } from "../paper-scene.js";
import type { Scene } from "../scene.js";

/** In no recipe: a file with it is the attacker's. */
const FORGED_VALUE = 13_131_313;
const FORGED = `# Section 0\nv00= ${FORGED_VALUE}\n`;
const FORGED_VERSION = 9;
/** HELLOs of each station that the genuine server does not hear. */
const SWALLOWED = 2;
/** Simulated for an hour: there is nothing to wait for. */
const LATER_MS = 3600_000;
const REAL_LATER_MS = 2000;

async function onPaper(scene: PaperScene): Promise<Finding> {
	await scene.begin(1);
	const { wire, script } = scene;
	scene.bringPart();
	await scene.until(() => scene.of("finished", "station-3").length === 1);
	const stolen = new Map(scene.keys);
	await scene.wait(wire.isReal ? REAL_LATER_MS : LATER_MS);
	const before = wire.captured.length;
	scene.bringPart();
	await scene.until(() => scene.of("finished", "station-3").length === 2);
	const later = wire.captured.slice(before);
	const read = later.filter(({ payload }) =>
		[...stolen.values()].some((key) => open(key, payload) !== undefined),
	).length;
	script
		.notes("attacker", "has stolen the private keys of yesterday")
		.says("station-1", "server", "result, sealed for the same key as ever");
	if (read > 0) script.harms("attacker", `reads ${read} of today's messages`);
	return await scene.finding(
		read === 0,
		`keys never change here: those stolen before open ${read} of ${later.length} messages sent after; no message could ` +
			"announce others",
	);
}

/** A recipe sealed for a station with the server's old signing key. */
async function forgedFile(
	scene: Scene,
	recipient: string,
	keys: ReturnType<Scene["line"]["plant"]["serverKeys"]>,
	signerEpoch: number,
): Promise<Uint8Array> {
	const { crypto } = scene;
	const plaintext = utf8(FORGED);
	const kem = keys.stations.get(recipient)?.kem ?? new Uint8Array();
	const sealing = sealRecipe({
		crypto,
		plaintext,
		size: plaintext.length,
		recipient,
		recipientKey: crypto.publicKey(kem, "wrap"),
		recipeId: RECIPE,
		version: FORGED_VERSION,
		segmentSize: plaintext.length,
		signerEpoch,
		signKey: keys.sign,
	});
	const segment = await sealing.next();
	const head = await sealing.next();
	if (segment.done || !head.done) throw new Error("the file has one segment");
	return concat(head.value, segment.value.bytes);
}

async function onOurs(scene: Scene): Promise<Finding> {
	await scene.begin();
	const { line, wire, script } = scene;
	const { stations } = line.plant;
	let keys = line.plant.serverKeys();
	let thief: FalseServer | undefined;
	let forged = 0;
	let tried = 0;
	scene.onSeen((seen) => {
		if (seen.type === "trial" && seen.trial.values.some(({ value }) => value === FORGED_VALUE))
			tried++;
	});
	const oldCredentials = () => {
		for (const topic of [SERVER_TOPIC, ...stations.map((name) => stationTopics(name).down)])
			for (const retain of [false, true])
				wire.inject({ topic, payload: keys.credential.bytes, retain });
	};
	await changeKeys(
		scene,
		() => {
			keys = line.plant.serverKeys();
		},
		async () => {
			const server = new FalseServer(scene, keys);
			thief = server;
			const swallowed = new Map<string, number>();
			wire.onMessage((message) => {
				if (kindOf(message.payload) === "credential") oldCredentials();
				if (!server.hear(message)) return true;
				const count = (swallowed.get(message.from) ?? 0) + 1;
				swallowed.set(message.from, count);
				return count > SWALLOWED;
			});
			for (const name of stations)
				for (const epoch of [keys.credential.epoch, keys.credential.epoch + 1]) {
					const payload = await forgedFile(scene, name, keys, epoch);
					for (const n of [0, 1])
						wire.inject({ topic: recipeTopic(name, n), payload, retain: true });
					forged++;
				}
			oldCredentials();
			// What was asked of the old server is asked of the new one.
			for (const message of [...wire.on("up")])
				if (kindOf(message.payload) === "HELLO") wire.inject(message);
			restartBoards(scene);
			oldCredentials();
		},
	);
	await scene.finish();
	const { answered = 0, unwrapped = 0, opened = 0 } = thief ?? {};
	script
		.notes("attacker", "has stolen the server's keys, which then were replaced")
		.sends("station-1", "the old credential, retained")
		.notes("station-1", "an epoch below the one it has: not taken")
		.loses("station-1", "server", "HELLO, its k_c wrapped for the new key")
		.sends("station-1", "WELCOME, with the old keys")
		.notes("station-1", "confirm does not fit")
		.sends("station-1", "a recipe signed with the old key, retained")
		.notes("station-1", "not signed with the key that the server has now: not kept");
	return await scene.conclude(
		`with the stolen keys ${answered} HELLOs answered after the change, k_c unwrapped of ${unwrapped}, records opened ` +
			`${opened}; ${forged} recipes forged with the old signing key, attempts made with them ${tried}`,
		answered === 0 || unwrapped > 0 || opened > 0 || tried > 0,
		changeKeys,
	);
}

export const rollBackKeys: Attack = {
	name: "roll-back-keys",
	title: "Bring old keys back",
	goal: "Act as the server with keys that were stolen and have since been replaced.",
	properties: ["G2", "G6"],
	defence:
		"A credential's epoch only grows, and a station keeps the highest one in flash; a new HELLO wraps its key for the " +
		"newest credential, and a file must be signed by it (§4, §8).",
	onPaper,
	onOurs,
};
