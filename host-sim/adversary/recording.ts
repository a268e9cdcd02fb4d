/** What a recording of suite 1 gives away to somebody who later has every RSA private key. */
import { hex } from "../../modules/bytes/bytes.js";
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
} from "../../modules/channel/handshake.js";
import { type Role, Session } from "../../modules/channel/session.js";
import { openHead } from "../../modules/envelope/open.js";
import type { Secret } from "../../modules/ports/crypto.js";
import { parseStart } from "../../modules/station/sealed-file.js";
import { stationTopics } from "../../modules/station/topics.js";
import { kindOf } from "./kinds.js";
import type { Scene } from "./scene.js";

/** Where the head begins in a block, after its kind and the file's digest. */
const BLOCK_HEAD_AT = 33;

/** A session as it was recorded, with what the RSA keys give. */
export interface Recorded {
	readonly station: string;
	readonly id: Uint8Array;
	readonly hello: Hello;
	readonly body: WelcomeBody;
	readonly th: Uint8Array;
	readonly confirm: Uint8Array;
	/** k_c and k_s, out of the captured HELLO and WELCOME. */
	readonly wrapped: readonly [Secret, Secret];
}

export function* recordedSessions({ wire, line, crypto }: Scene): Generator<Recorded> {
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
export function guesses({ crypto }: Scene, { hello, body }: Recorded): Secret[] {
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
export function opened({ wire, crypto }: Scene, recorded: Recorded, shared: Secret): number {
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
export function openedFiles({ wire, line, crypto }: Scene): number {
	const server = line.plant.serverKeys().credential.sign ?? new Uint8Array();
	const verify = crypto.publicKey(server, "verify");
	return wire.captured.filter(({ payload }) => {
		const head = parseStart(
			kindOf(payload) === "head of a file" ? payload.slice(BLOCK_HEAD_AT) : payload,
		);
		if (!head) return false;
		const { recipient } = head;
		const unwrap = line.plant.enrolment(recipient).privateKey;
		const file = openHead({ crypto, head, recipient, verify, unwrap, versionFloor: 0 });
		if (typeof file === "string") return false;
		file.close();
		return true;
	}).length;
}
