/** The attacker speaks to the server in a station's name, without that station's private key. */
import { generateKeyPairSync } from "node:crypto";
import { Initiator } from "../../../modules/channel/initiator.js";
import { stationTopics } from "../../../modules/station/topics.js";
import { NodeCrypto } from "../../../server/crypto.js";
import { encodeResult } from "../../suite-0/result.js";
import type { Attack, Finding } from "../attack.js";
import type { PaperScene } from "../paper-scene.js";
import type { Scene } from "../scene.js";

const HELLOS = 12;

async function onPaper(scene: PaperScene): Promise<Finding> {
	const { script } = scene;
	await scene.begin(0.5);
	const values = [{ section: "Section 0", name: "v00", value: 1 }];
	scene.forge(
		"station-1",
		"result",
		"server",
		encodeResult({ values, readings: [{ name: "q", value: 0 }] }),
	);
	await scene.until(() => scene.of("verdict", "station-1").length > 0);
	scene.forge("station-1", "done", "server", "done");
	await scene.until(() => scene.of("done", "station-1").length > 0, 5000);
	scene.forge("station-2", "arrival", "station-2", "done");
	await scene.until(() => scene.of("started", "station-2").length > 0, 5000);
	const passed = scene.of("verdict", "station-1").filter((each) => each.passed).length;
	const done = scene.of("done", "station-1").length;
	const started = scene.of("started", "station-2").length;
	script.sends("server", "result with good readings, in station-1's name");
	if (passed > 0) script.harms("server", "judges it: pass");
	script
		.sends("server", "done, in station-1's name")
		.sends("station-2", "done, in station-1's name");
	if (started > 0) script.harms("station-2", "starts; station-1 has never had a part");
	return await scene.finding(
		passed === 0 && started === 0,
		`station-1 tried ${scene.of("tried", "station-1").length} parts; the server passed ${passed}, took ${done} done, and ` +
			`station-2 started ${started}`,
	);
}

async function onOurs(scene: Scene): Promise<Finding> {
	await scene.begin();
	const { wire, script, line, crypto } = scene;
	const [, victim = ""] = line.plant.stations;
	const { up, down } = stationTopics(victim);
	const keys = line.plant.serverKeys();
	const credential = keys.stations.get(victim);
	if (!credential) throw new Error(`no station ${victim}`);
	await scene.until(() => wire.on("down").some(({ topic }) => topic === down));
	const own = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
	const thief = new Initiator({
		crypto,
		name: victim,
		credential,
		server: keys.credential,
		unwrap: NodeCrypto.privateKey(own, "unwrap"),
	});
	let sessions = 0;
	let welcomes = 0;
	wire.onMessage(({ topic, payload }) => {
		if (topic !== down || payload[0] !== 0x83) return true;
		welcomes++;
		if (thief.welcome(payload, line.time.nowMs)) sessions++;
		return true;
	});
	const byThief = new Set<string>();
	for (let i = 0; i < HELLOS; i++) {
		const hello = thief.hello();
		byThief.add(Buffer.from(hello).toString("hex"));
		wire.inject({ topic: up, payload: hello });
		await scene.wait(200);
	}
	script
		.sends("server", "HELLO in station-2's name: it is not signed, so anybody can make one")
		.says("server", "station-2", "WELCOME, its k_s wrapped for station-2")
		.notes("attacker", "cannot unwrap k_s: no session")
		.notes("server", "the session stays pending; nothing is sealed in it, and it goes after 60 s")
		.says("station-2", "server", "records in the session it has: nothing has changed");
	const finding = await scene.conclude(
		`${HELLOS} HELLOs in station-2's name, ${welcomes} WELCOMEs overheard: ${sessions} sessions for the attacker`,
		sessions > 0,
	);
	thief.close();
	return finding;
}

export const impersonateStation: Attack = {
	name: "impersonate-station",
	title: "Take a station's place",
	goal: "Report a result, or say that a unit is done, in the name of a station that has not seen it.",
	properties: ["G2", "G5"],
	defence:
		"Nothing is acted on, and nothing sealed, before a record has opened whose keys need k_s, which only the " +
		"station's private key unwraps; a HELLO alone changes nothing (§5).",
	onPaper,
	onOurs,
};
