/** A small plant with fixed test keys: roots, a server, two stations, and handshakes between them. */
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { encodeSigned, signatureInput } from "../../modules/channel/cose.js";
import {
	type Claims,
	type Credential,
	encodeClaims,
	verifyCredential,
} from "../../modules/channel/credential.js";
import { Initiator } from "../../modules/channel/initiator.js";
import { Responder, type ResponderLimits } from "../../modules/channel/responder.js";
import type { ServerSession, StationSession } from "../../modules/channel/session.js";
import type { Ready, Ticket } from "../../modules/messages/types.js";
import type { PrivateKey, Secret } from "../../modules/ports/crypto.js";
import { NodeCrypto } from "../../server/crypto.js";

export const VECTORS = new URL("../../../test/vectors/channel/", import.meta.url);
export const STATION = "line-1.press";
export const OTHER_STATION = "line-1.test";

type KeyName =
	| "root"
	| "nextRoot"
	| "otherRoot"
	| "serverKem"
	| "serverSign"
	| "station"
	| "otherStation";

const keys = JSON.parse(readFileSync(new URL("keys.json", VECTORS), "utf8")) as Readonly<
	Record<KeyName, { private: string; public: string }>
>;

export function publicDer(name: KeyName): Uint8Array {
	return new Uint8Array(Buffer.from(keys[name].public, "hex"));
}

export function privateKey(name: KeyName, kind: "unwrap" | "sign"): PrivateKey {
	const der = Buffer.from(keys[name].private, "hex");
	const key = createPrivateKey({ key: der, format: "der", type: "pkcs1" });
	return NodeCrypto.privateKey(key, kind);
}

export const crypto = new NodeCrypto();
export const roots = [
	crypto.publicKey(publicDer("root"), "verify"),
	crypto.publicKey(publicDer("nextRoot"), "verify"),
];

export function sign(payload: Uint8Array, by: KeyName = "root"): Uint8Array {
	return encodeSigned(payload, crypto.sign(privateKey(by, "sign"), signatureInput(payload)));
}

export const stationClaims: Claims = {
	subject: STATION,
	epoch: 3,
	notBeforeS: 1_700_000_000,
	expiresS: 1_900_000_000,
	kem: publicDer("station"),
};
export const serverClaims: Claims = {
	...stationClaims,
	subject: "server",
	epoch: 5,
	kem: publicDer("serverKem"),
	sign: publicDer("serverSign"),
};

export function credentialOf(claims: Claims): Credential {
	const bytes = sign(encodeClaims(claims));
	return verifyCredential({ crypto, bytes, roots, epochFloor: 0, timeFloorS: 0 });
}

export const station = credentialOf(stationClaims);
export const otherStation = credentialOf({
	...stationClaims,
	subject: OTHER_STATION,
	kem: publicDer("otherStation"),
});
export const server = credentialOf(serverClaims);

export const stationKey = privateKey("station", "unwrap");
export const serverKey = privateKey("serverKem", "unwrap");

/** Counts RSA private operations and constant-time comparisons. */
export class CountingCrypto extends NodeCrypto {
	unwraps = 0;
	equals = 0;

	override equal(a: Uint8Array, b: Uint8Array): boolean {
		this.equals++;
		return super.equal(a, b);
	}

	override unwrap(key: PrivateKey, wrapped: Uint8Array, label: string): Secret | undefined {
		this.unwraps++;
		return super.unwrap(key, wrapped, label);
	}

	override unwrapAsync(
		key: PrivateKey,
		wrapped: Uint8Array,
		label: string,
	): Promise<Secret | undefined> {
		this.unwraps++;
		return super.unwrapAsync(key, wrapped, label);
	}
}

/** A station and a server that hand each other bytes, and a clock that stands still until it is moved. */
export class Pair {
	readonly serverKey = serverKey;
	nowMs = 1_000;
	readonly stationCrypto = new CountingCrypto();
	readonly serverCrypto = new CountingCrypto();
	readonly credentials = new Map([
		[STATION, station],
		[OTHER_STATION, otherStation],
	]);
	readonly initiator: Initiator;
	readonly other: Initiator;
	readonly responder: Responder;

	constructor(limits: Partial<ResponderLimits> = {}) {
		const crypto = this.stationCrypto;
		this.initiator = new Initiator({
			crypto,
			name: STATION,
			credential: station,
			server,
			unwrap: stationKey,
		});
		this.other = new Initiator({
			crypto,
			name: OTHER_STATION,
			credential: otherStation,
			server,
			unwrap: privateKey("otherStation", "unwrap"),
		});
		this.responder = new Responder({
			crypto: this.serverCrypto,
			credential: server,
			unwrap: (wrapped, label) => this.serverCrypto.unwrapAsync(serverKey, wrapped, label),
			stationCredential: (name) => this.credentials.get(name),
			clock: { nowMs: () => this.nowMs },
			limits,
		});
	}

	hello(): Promise<Uint8Array | undefined> {
		return this.responder.hello(STATION, this.initiator.hello());
	}

	/** A handshake up to the station's session; the server's is pending. */
	async half(): Promise<StationSession> {
		const session = this.initiator.welcome(must(await this.hello()), this.nowMs);
		return must(session);
	}

	/** A whole handshake, `ready` included. */
	async whole(): Promise<{ station: StationSession; server: ServerSession }> {
		const session = await this.half();
		const opened = this.responder.open(STATION, session.seal(ready).bytes);
		return { station: session, server: must(opened).session };
	}
}

export const ready: Ready = { type: "ready", boot: 1, journal: 0, recipes: [], state: "Idle" };
export const ticket: Ticket = {
	serial: "SN-0001",
	visit: 1,
	step: 0,
	from: "",
	to: STATION,
	proof: Uint8Array.from({ length: 16 }, (_, i) => i),
};

export function must<T>(value: T | undefined): T {
	if (value === undefined) throw new Error("expected a value");
	return value;
}

/** A copy with one bit of byte `at` changed; `at` below 0 counts from the end. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
	const copy = bytes.slice();
	const index = at < 0 ? copy.length + at : at;
	copy[index] = (copy[index] as number) ^ 1;
	return copy;
}
