/** Messages made by somebody who has nothing but the public keys. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { concat } from "../../../modules/bytes/bytes.js";
import { Session } from "../../../modules/channel/session.js";
import { encodeHeadBlock, encodeSegmentBlock } from "../../../modules/envelope/block.js";
import type { Aead } from "../../../modules/ports/crypto.js";
import { recipeTopic, SERVER_TOPIC, stationTopics } from "../../../modules/station/topics.js";
import { NodeCrypto } from "../../../server/crypto.js";
import { sealRecipe } from "../../../server/seal.js";
import { RECIPE, SEGMENT_SIZE } from "../../simulation/line.js";
import type { Attack, Finding } from "../attack.js";
import { Counts } from "../kinds.js";
import type { PaperScene } from "../paper-scene.js";
import type { Scene } from "../scene.js";

const POISON = "# Section 0\nv00= 666\n\n# Section 1\nv10= 666\n";

async function onPaper(scene: PaperScene): Promise<Finding> {
	await scene.begin(1);
	scene.forge("station-1", "file", "station-1", POISON);
	await scene.wait(500);
	scene.bringPart();
	await scene.until(() => scene.of("tried", "station-1").length > 0);
	const tried = scene.of("tried", "station-1").flatMap(({ values }) => values.map((v) => v.value));
	const isPoisoned = tried.includes(666);
	scene.script.sends("station-1", "a file of the attacker's, sealed with station-1's public key");
	if (isPoisoned) scene.script.harms("station-1", "sets 666 on the next part");
	return await scene.finding(
		!isPoisoned,
		`a file made with the public key alone: station-1 tried the values ${tried.join(" and ")}`,
	);
}

/** An envelope for a station, as the server makes one, but signed by the attacker. */
async function forgedFile(scene: Scene, station: string, version: number, sign: KeyObject) {
	const { crypto, line } = scene;
	const recipient = line.plant.serverKeys().stations.get(station);
	if (!recipient) throw new Error(`no station ${station}`);
	const plaintext = new TextEncoder().encode(POISON);
	const sealing = sealRecipe({
		crypto,
		plaintext,
		size: plaintext.length,
		recipient: station,
		recipientKey: crypto.publicKey(recipient.kem, "wrap"),
		recipeId: RECIPE,
		version,
		segmentSize: SEGMENT_SIZE,
		signerEpoch: 1,
		signKey: NodeCrypto.privateKey(sign, "sign"),
	});
	const segments: Uint8Array[] = [];
	let next = await sealing.next();
	for (; !next.done; next = await sealing.next()) segments.push(next.value.bytes);
	return { head: next.value, segments };
}

/** A session whose keys the attacker has drawn, under an id that is in use. */
function inventedSession(crypto: NodeCrypto, id: Uint8Array) {
	const aead = (): Aead => crypto.importAead(crypto.random(32));
	const keys = () => ({ aead: aead(), iv: crypto.random(12) });
	const options = { id, keys: { up: keys(), down: keys(), ticket: keys() }, startedMs: 0 };
	return new Session({ ...options, role: "station" });
}

async function onOurs(scene: Scene): Promise<Finding> {
	await scene.begin();
	const { wire, script, line, crypto } = scene;
	const given = new Counts();
	const give = (what: string, topic: string, payload: Uint8Array, retain = false) => {
		given.add(what);
		wire.inject({ topic, payload, retain });
	};
	await scene.until(() => line.boards.every(({ state }) => state !== "Resetting"));
	const sign = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
	for (const station of line.plant.stations) {
		const topics = stationTopics(station);
		for (const version of [1, 2, 1000]) {
			const { head, segments } = await forgedFile(scene, station, version, sign);
			give("envelope", recipeTopic(station, 0), concat(head, ...segments), true);
			const digest = crypto.sha256(head);
			give("head of a file", topics.file, encodeHeadBlock(digest, head));
			for (const [i, bytes] of segments.entries())
				give("segment of a file", topics.file, encodeSegmentBlock(digest, i, bytes));
		}
		const record = wire.on("up").find((each) => each.from === station && each.payload[0] === 0x10);
		if (!record) continue;
		const session = inventedSession(crypto, record.payload.slice(1, 9));
		for (let i = 0; i < 20; i++) {
			const { bytes } = session.seal({
				type: "done",
				serial: scene.serials[0] ?? "",
				visit: 1,
				step: 0,
			});
			give("record", i % 2 === 0 ? topics.up : topics.down, bytes);
		}
	}
	give("credential", SERVER_TOPIC, crypto.random(700));
	await scene.finish();
	const tried = new Set<string>();
	scene.onSeen(() => undefined);
	for (const { recipe } of line.tables.attempts.values()) tried.add(`version ${recipe.version}`);
	script
		.sends(
			"station-1",
			"an envelope for station-1 with the highest version, signed by the attacker",
		)
		.notes("station-1", "not the server's signature: not even unwrapped, nothing written")
		.sends("server", "records in station-1's session, under invented keys")
		.notes("server", "none opens; the session goes on");
	return await scene.conclude(`forged: ${given}; the stations tried ${[...tried].join(", ")} only`);
}

export const forge: Attack = {
	name: "forge",
	title: "Forge with public keys",
	goal: "Give a station a file of the attacker's, or words in another's name, knowing only what is public.",
	properties: ["G2", "G3"],
	defence:
		"Files are signed by the server under a credential of the plant's root (§4, §8); a session's keys need both " +
		"sides' private keys (§5).",
	onPaper,
	onOurs,
};
