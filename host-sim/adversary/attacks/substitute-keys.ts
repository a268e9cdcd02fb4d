/** The attacker gives out keys of its own in credentials that look like the plant's. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { NodeCrypto } from "../../../server/crypto.js";
import { open, RSA_BITS, seal } from "../../suite-0/format.js";
import type { Attack, Finding } from "../attack.js";
import { changeKeys, FalseServer, restartBoards } from "../false-server.js";
import { Forger } from "../forger.js";
import { kindOf } from "../kinds.js";
import type { PaperScene } from "../paper-scene.js";
import type { Scene } from "../scene.js";

/** HELLOs of each station that the genuine server does not hear. */
const SWALLOWED = 2;

function ownKey(): KeyObject {
	return generateKeyPairSync("rsa", { modulusLength: RSA_BITS }).privateKey;
}

async function onPaper(scene: PaperScene): Promise<Finding> {
	await scene.begin(1);
	const { wire, script } = scene;
	const key = ownKey();
	scene.bringPart();
	await scene.until(() => scene.of("finished", "station-3").length === 1);
	const genuine = [...wire.captured];
	const before = scene.of("dropped").length;
	const topics = [...new Set(genuine.map(({ topic }) => topic))];
	for (const topic of topics)
		wire.inject({ topic, payload: seal(createPublicKey(key), "done"), retain: false });
	await scene.wait(1000);
	const opened = genuine.filter(({ payload }) => open(key, payload) !== undefined).length;
	const dropped = scene.of("dropped").length - before;
	script
		.notes("station-1", "has got all public keys beforehand: no message brings one")
		.sends("station-1", "something sealed for the attacker's key")
		.notes("station-1", "does not open");
	return await scene.finding(
		opened === 0 && dropped === topics.length,
		`keys are handed out beforehand here, and no message carries one that could be replaced: the attacker's key opens ` +
			`${opened} of ${genuine.length} messages, and of ${topics.length} that were sealed for it ${dropped} were dropped`,
	);
}

async function onOurs(scene: Scene): Promise<Finding> {
	const key = ownKey();
	await scene.begin();
	const { wire, script } = scene;
	const forger = new Forger(scene, key);
	const kem = NodeCrypto.privateKey(key, "unwrap");
	const server = new FalseServer(scene, { credential: forger.own, kem });
	const swallowed = new Map<string, number>();
	let stage: "before" | "changing" | "flipped" | "changed" = "before";
	wire.onMessage((message) => {
		if (stage === "changing" && kindOf(message.payload) === "credential") {
			stage = "flipped";
			forger.flip(message.payload);
		}
		if (!server.hear(message) || stage !== "changed") return true;
		const count = (swallowed.get(message.from) ?? 0) + 1;
		swallowed.set(message.from, count);
		return count > SWALLOWED;
	});
	await changeKeys(
		scene,
		() => {
			stage = "changing";
			forger.send();
		},
		async () => {
			stage = "changed";
			forger.send();
			restartBoards(scene);
			forger.send();
		},
	);
	await scene.finish();
	const { answered, unwrapped, opened } = server;
	script
		.sends("station-1", "a newer credential of the server's, signed by another root")
		.notes("station-1", "neither pinned root signed it: not taken")
		.sends("station-1", "the genuine one with another key spliced in, or one bit changed")
		.notes("station-1", "the signature does not fit")
		.loses("station-1", "server", "HELLO, its k_c wrapped for the genuine key")
		.sends("station-1", "WELCOME, with the attacker's keys")
		.notes("station-1", "confirm does not fit");
	return await scene.conclude(
		`false credentials published, retained and not: ${forger.sent}; of ${answered} HELLOs that the attacker answered ` +
			`its key unwrapped k_c of ${unwrapped}, records opened ${opened}`,
		answered === 0 || unwrapped > 0 || opened > 0,
		changeKeys,
	);
}

export const substituteKeys: Attack = {
	name: "substitute-keys",
	title: "Substitute keys",
	goal: "Have a station or the server use a key of the attacker's as the other's.",
	properties: ["G2"],
	defence:
		"A credential must be signed by one of the two roots that a station was enrolled with, for the subject that it is " +
		"taken for, and its digest goes into the session's keys (§4, §5).",
	onPaper,
	onOurs,
};
