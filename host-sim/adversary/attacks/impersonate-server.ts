/** The attacker takes the server's place: the stations' words never reach it. */
import {
	decodeHello,
	deriveKeys,
	encodeBody,
	encodeWelcome,
	type Hello,
	SUITE,
	transcript,
	WELCOME_LABEL,
} from "../../../modules/channel/handshake.js";
import { stationTopics } from "../../../modules/station/topics.js";
import { topicOf } from "../../suite-0/bus.js";
import type { Attack, Finding } from "../attack.js";
import type { PaperScene } from "../paper-scene.js";
import type { Scene } from "../scene.js";

/** How long the real server hears nothing, simulated and real. */
const CUT_MS = 120_000;
const CUT_REAL_MS = 15_000;

async function onPaper(scene: PaperScene): Promise<Finding> {
	const { wire, script, stations } = scene;
	await scene.begin(0);
	// Whatever a station says to the server goes to the attacker, who says "pass" and "ack".
	wire.onMessage(({ topic }) => {
		for (const station of stations) {
			if (topic === topicOf(station, "result")) scene.forge(station, "verdict", station, "pass");
			else if (topic === topicOf(station, "done")) scene.forge(station, "ack", station, "ack");
			else continue;
			return false;
		}
		return true;
	});
	scene.bringPart();
	await scene.until(() => scene.of("finished", "station-3").length > 0, 20_000);
	const finished = scene.of("finished").filter(({ passed }) => passed).length;
	const judged = scene.of("verdict").length;
	script
		.loses("station-1", "server", "result, sealed for the server")
		.sends("station-1", "verdict: pass, sealed with station-1's public key")
		.loses("station-1", "server", "done")
		.sends("station-1", "ack");
	if (finished > 0)
		script
			.harms("station-1", "hands the bad part on")
			.harms("station-3", "the part leaves the line, and the server has judged nothing");
	return await scene.finding(
		finished === 0,
		`no recipe's result is good here; the server judged ${judged} results, and ${finished} stations let the part go as passed`,
	);
}

/** A WELCOME as well as one can make it without the server's private key: k_c is guessed. */
function welcomeFor(
	scene: Scene,
	hello: Hello,
	bytes: Uint8Array,
	isGuess: boolean,
): Uint8Array | undefined {
	const { crypto, line } = scene;
	const keys = line.plant.serverKeys();
	const station = keys.stations.get(hello.name);
	if (!station) return undefined;
	const wrapping = crypto.publicKey(station.kem, "wrap");
	const secret = crypto.secret();
	const agreement = crypto.agreement();
	const shared = agreement.agree(hello.share);
	if (!shared) return undefined;
	const helloDigest = crypto.sha256(bytes);
	const body = encodeBody({
		suite: SUITE,
		name: hello.name,
		sessionId: crypto.random(8),
		helloDigest,
		nonce: crypto.random(32),
		share: agreement.publicKey,
		wrapped: crypto.wrap(wrapping, secret, WELCOME_LABEL),
	});
	if (!isGuess) return encodeWelcome(body, crypto.random(32));
	const th = transcript(crypto, {
		station: station.digest,
		server: keys.credential.digest,
		hello: helloDigest,
		body: crypto.sha256(body),
	});
	const guess = crypto.importSecret(new Uint8Array(32));
	return encodeWelcome(body, deriveKeys(crypto, th, [guess, secret, shared]).confirm);
}

async function onOurs(scene: Scene): Promise<Finding> {
	await scene.build();
	const { wire, script, line } = scene;
	let welcomes = 0;
	let isCut = true;
	let established = 0;
	scene.onSeen((seen) => {
		if (seen.type === "console" && seen.line === "session established" && isCut) established++;
	});
	wire.onMessage(({ topic, payload, from }) => {
		const station = line.plant.stations.find((name) => stationTopics(name).up === topic);
		if (!station || !isCut) return true;
		const hello = decodeHello(payload);
		for (const isGuess of [true, false]) {
			const welcome = hello && welcomeFor(scene, hello, payload, isGuess);
			if (!welcome) continue;
			welcomes++;
			wire.inject({ topic: stationTopics(from).down, payload: welcome });
		}
		return false;
	});
	await line.start();
	await scene.wait(wire.real ? CUT_REAL_MS : CUT_MS);
	isCut = false;
	const trials = line.tables.attempts.size;
	script
		.loses("station-1", "server", "HELLO, its k_c wrapped for the server")
		.sends("station-1", "WELCOME with the attacker's own keys")
		.notes("station-1", "confirm does not fit: k_c was guessed. The handshake goes on")
		.sends("station-1", "WELCOME, another one")
		.notes("station-1", "ignored after two RSA operations; a new HELLO follows")
		.says("station-1", "server", "HELLO")
		.says("server", "station-1", "WELCOME");
	return await scene.conclude(
		`${welcomes} WELCOMEs by the attacker, who also derived their confirm from a guessed k_c: ${established} sessions, ` +
			`${trials} attempts made meanwhile; with the server back the line went on`,
		established > 0,
	);
}

export const impersonateServer: Attack = {
	name: "impersonate-server",
	title: "Take the server's place",
	goal: "Answer the stations in the server's name: pass what is bad, start what should wait.",
	properties: ["G2", "G5"],
	defence:
		"WELCOME's confirm and every record after it need k_c, which only the holder of the server's private key can " +
		"unwrap (§5).",
	onPaper,
	onOurs,
};
