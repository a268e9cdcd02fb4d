/** A run is recorded; later every RSA private key is stolen. */
import { hex } from "../../../modules/bytes/bytes.js";
import {
	decodeBody,
	decodeHello,
	decodeWelcome,
	deriveKeys,
	HELLO_LABEL,
	type Hello,
	transcript,
	WELCOME_LABEL,
	type WelcomeBody,
} from "../../../modules/channel/handshake.js";
import { type Role, Session, sessionIdOf } from "../../../modules/channel/session.js";
import { openHead } from "../../../modules/envelope/open.js";
import type { Secret } from "../../../modules/ports/crypto.js";
import { parseStart } from "../../../modules/station/sealed-file.js";
import { stationTopics } from "../../../modules/station/topics.js";
import { open } from "../../suite-0/format.js";
import type { Attack, Finding } from "../attack.js";
import { kindOf } from "../kinds.js";
import type { PaperScene } from "../paper-scene.js";
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

/** A session as it was recorded, with what the RSA keys give. */
interface Recorded {
	readonly station: string;
	readonly id: Uint8Array;
	readonly hello: Hello;
	readonly body: WelcomeBody;
	readonly th: Uint8Array;
	readonly confirm: Uint8Array;
	/** k_c and k_s, out of the captured HELLO and WELCOME. */
	readonly wrapped: readonly [Secret, Secret];
}

function* recordedSessions({ wire, line, crypto }: Scene): Generator<Recorded> {
	const { kem, credential, stations } = line.plant.serverKeys();
	for (const station of line.plant.stations) {
		const { privateKey } = line.plant.enrolment(station);
		const { up, down } = stationTopics(station);
		const said = (topic: string) => wire.captured.filter((message) => message.topic === topic);
		for (const { payload } of said(down)) {
			const welcome = decodeWelcome(payload);
			const body = welcome && decodeBody(welcome.body);
			if (!welcome || !body) continue;
			const digest = hex(body.helloDigest);
			const asked = said(up).find((each) => hex(crypto.sha256(each.payload)) === digest);
			const hello = asked && decodeHello(asked.payload);
			const helloSecret = hello && crypto.unwrap(kem, hello.wrapped, HELLO_LABEL);
			const secret = crypto.unwrap(privateKey, body.wrapped, WELCOME_LABEL);
			if (!hello || !helloSecret || !secret) continue;
			const th = transcript(crypto, {
				station: stations.get(station)?.digest ?? new Uint8Array(),
				server: credential.digest,
				hello: body.helloDigest,
				body: crypto.sha256(welcome.body),
			});
			const { confirm } = welcome;
			const wrapped = [helloSecret, secret] as const;
			yield { station, id: body.sessionId, hello, body, th, confirm, wrapped };
		}
	}
}

/** What one might take for the shared secret who has none of the two X25519 keys. */
function guesses({ crypto }: Scene, { hello, body }: Recorded): Secret[] {
	const sum = hello.share.map((byte, i) => byte ^ (body.share[i] as number));
	const known = [new Uint8Array(32), hello.share, body.share, sum, hello.nonce, body.nonce];
	const secrets = known.map((bytes) => crypto.importSecret(bytes));
	secrets.push(crypto.importSecret(crypto.sha256(hello.share, body.share)));
	for (const share of [hello.share, body.share]) {
		const own = [crypto.agreement(), crypto.importAgreement(new Uint8Array(32).fill(1))];
		for (const agreement of own) secrets.push(agreement.agree(share) as Secret);
	}
	return secrets;
}

/** How many recorded records and tickets of a session open with this secret. */
function opened({ wire, crypto }: Scene, recorded: Recorded, shared: Secret): number {
	let count = 0;
	for (const role of ["station", "server"] satisfies Role[]) {
		const { keys } = deriveKeys(crypto, recorded.th, [...recorded.wrapped, shared]);
		const session = new Session({ role, id: recorded.id, keys, startedMs: 0 });
		for (const { payload } of wire.captured)
			if (kindOf(payload) === "ticket" ? session.openTicket(payload) : session.open(payload))
				if (role === "station" || kindOf(payload) === "record")
					// Both ends open tickets: they are counted at the station's.
					count++;
	}
	return count;
}

/** Recorded files that a station's key opens. */
function openedFiles({ wire, line, crypto }: Scene): number {
	const server = line.plant.serverKeys().credential.sign ?? new Uint8Array();
	const verify = crypto.publicKey(server, "verify");
	return wire.captured.filter(({ payload }) => {
		const head = parseStart(kindOf(payload) === "head of a file" ? payload.slice(33) : payload);
		if (!head) return false;
		const { recipient } = head;
		const unwrap = line.plant.enrolment(recipient).privateKey;
		const file = openHead({ crypto, head, recipient, verify, unwrap, versionFloor: 0 });
		if (typeof file === "string") return false;
		file.close();
		return true;
	}).length;
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
