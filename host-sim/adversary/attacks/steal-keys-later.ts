/** A run is recorded; later every RSA private key is stolen. */
import { hex } from "../../../modules/bytes/bytes.js";
import { sessionIdOf } from "../../../modules/channel/session.js";
import { open } from "../../suite-0/format.js";
import type { Attack, Finding } from "../attack.js";
import { kindOf } from "../kinds.js";
import type { PaperScene } from "../paper-scene.js";
import { guesses, opened, openedFiles, recordedSessions } from "../recording.js";
import type { Scene } from "../scene.js";

async function onPaper(scene: PaperScene): Promise<Finding> {
	await scene.begin();
	const { wire, script, keys, recipes } = scene;
	scene.bringPart();
	await scene.until(() => scene.of("finished", "station-1").length === 1);
	const texts = wire.captured.flatMap(({ payload }) => {
		for (const key of keys.values()) {
			const text = open(key, payload);
			if (text !== undefined) return [text];
		}
		return [];
	});
	const files = [...recipes.values()].filter((text) => texts.includes(text)).length;
	script
		.says("server", "station-1", "file, sealed")
		.says("station-1", "server", "result, sealed")
		.notes("attacker", "keeps the bytes; later steals the private keys");
	if (texts.length > 0) script.harms("attacker", `opens ${texts.length} recorded messages`);
	return await scene.finding(
		texts.length === 0,
		`${keys.size} private keys open ${texts.length} of ${wire.captured.length} recorded messages, ` +
			`${files} of ${recipes.size} parameter files among them`,
	);
}

async function onOurs(scene: Scene): Promise<Finding> {
	const ephemeral = new Map<string, Uint8Array>();
	scene.onSeen((seen) => {
		if (seen.type !== "key" || seen.use.use !== "derived") return;
		const agreed = seen.use.secrets.find(({ origin }) => origin === "agreed");
		if (agreed) ephemeral.set(hex(agreed.bytes), agreed.bytes);
	});
	await scene.begin();
	await scene.finish();
	const { wire, script, crypto } = scene;
	const sessions = [...recordedSessions(scene)];
	const ids = new Set(sessions.map(({ id }) => hex(id)));
	const sealed = wire.captured.filter(
		({ payload }) =>
			/record|ticket/.test(kindOf(payload) ?? "") && ids.has(hex(sessionIdOf(payload))),
	).length;
	let tried = 0;
	let broken = 0;
	let control = 0;
	for (const session of sessions) {
		for (const guess of guesses(scene, session)) {
			tried++;
			broken += opened(scene, session, guess);
		}
		for (const bytes of ephemeral.values())
			control += opened(scene, session, crypto.importSecret(bytes));
	}
	const files = openedFiles(scene);
	script
		.says("station-1", "server", "HELLO: k_c wrapped, x_c")
		.says("server", "station-1", "WELCOME: k_s wrapped, x_s")
		.says("station-1", "server", "records")
		.notes("attacker", "keeps the bytes; later steals every RSA key")
		.notes("attacker", `unwraps k_c and k_s of ${sessions.length} sessions, lacks X25519(x_c, x_s)`)
		.notes("attacker", `opens ${broken} of ${sealed} records and tickets`);
	return await scene.conclude(
		`every RSA key stolen: k_c and k_s of ${sessions.length} recorded sessions unwrapped, ${tried} guesses at the ` +
			`ephemeral secret open ${broken} of ${sealed} records and tickets (with that secret, which both ends have wiped, ` +
			`the same procedure opens ${control}); ${files} recorded files open with the stations' keys, as docs/protocol.md §1 says`,
		broken > 0 || sessions.length === 0 || control !== sealed,
	);
}

export const stealKeysLater: Attack = {
	name: "steal-keys-later",
	title: "Record now, steal the keys later",
	goal: "Open yesterday's recorded sessions with every RSA private key of the plant.",
	properties: ["G4"],
	defence:
		"A session's keys come from an X25519 agreement as well as from the two wrapped keys; both ends wipe its secrets as " +
		"soon as the keys are derived (§5). Recorded files do open with their station's key (§1).",
	onPaper,
	onOurs,
};
