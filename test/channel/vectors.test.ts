/** Both ends against session.json, whose generator shares no code with them (test/vectors/channel/generate.mjs). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { verifyCredential } from "../../modules/channel/credential.js";
import { deriveKeys, transcript } from "../../modules/channel/handshake.js";
import { Initiator } from "../../modules/channel/initiator.js";
import { Responder } from "../../modules/channel/responder.js";
import type { ServerSession, StationSession } from "../../modules/channel/session.js";
import { decodeMessage, decodeTicket, unpad } from "../../modules/messages/codec.js";
import type { Agreement, PublicKey, Secret } from "../../modules/ports/crypto.js";
import { NodeCrypto } from "../../server/crypto.js";
import { flipped, must, privateKey, roots, VECTORS } from "./support.js";

interface Vectors {
	readonly [name: string]: string | readonly SealedVector[];
	readonly name: string;
	readonly records: readonly SealedVector[];
}
interface SealedVector {
	readonly kind: "up" | "down" | "ticket";
	readonly counter: number;
	readonly plaintext: string;
	readonly bytes: string;
}

const vectors = JSON.parse(readFileSync(new URL("session.json", VECTORS), "utf8")) as Vectors;
const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

function bytes(name: string): Uint8Array {
	const text = vectors[name];
	if (typeof text !== "string") throw new Error(`session.json has no ${name}`);
	return unhex(text);
}

/** Draws what session.json drew, in its order. */
class ScriptedCrypto extends NodeCrypto {
	readonly #randoms: Uint8Array[];
	readonly #secret: string;
	readonly #scalar: string;
	readonly #wrapped: string;

	constructor(script: { randoms: string[]; secret: string; scalar: string; wrapped: string }) {
		super();
		this.#randoms = script.randoms.map(bytes);
		this.#secret = script.secret;
		this.#scalar = script.scalar;
		this.#wrapped = script.wrapped;
	}
	override random(size: number): Uint8Array {
		const next = must(this.#randoms.shift());
		assert.equal(next.length, size);
		return next;
	}
	override secret(): Secret {
		return this.importSecret(bytes(this.#secret));
	}
	override agreement(): Agreement {
		return this.importAgreement(bytes(this.#scalar));
	}
	override wrap(_key: PublicKey, _secret: Secret, _label: string): Uint8Array {
		return bytes(this.#wrapped);
	}
}

const crypto = new NodeCrypto();
const base = { crypto, roots, epochFloor: 0, timeFloorS: 1_750_000_000, nowS: 1_750_000_000 };
const credential = verifyCredential({
	...base,
	bytes: bytes("stationCredential"),
	subject: vectors.name,
});
const server = verifyCredential({ ...base, bytes: bytes("serverCredential"), subject: "server" });

function initiator(): Initiator {
	return new Initiator({
		crypto: new ScriptedCrypto({
			randoms: ["nc"],
			secret: "kc",
			scalar: "stationScalar",
			wrapped: "wrappedKc",
		}),
		name: vectors.name,
		credential,
		server,
		unwrap: privateKey("station", "unwrap"),
	});
}

function responder(): Responder {
	const crypto = new ScriptedCrypto({
		randoms: ["sessionId", "ns"],
		secret: "ks",
		scalar: "serverScalar",
		wrapped: "wrappedKs",
	});
	const kem = privateKey("serverKem", "unwrap");
	return new Responder({
		crypto,
		credential: server,
		unwrap: (wrapped, label) => crypto.unwrapAsync(kem, wrapped, label),
		stationCredential: () => credential,
		clock: { nowMs: () => 0 },
	});
}

async function ends(): Promise<{ station: StationSession; server: ServerSession }> {
	const end = initiator();
	end.hello();
	const station = must(end.welcome(bytes("welcome"), 0));
	const other = responder();
	await other.hello(vectors.name, bytes("hello"));
	const first = must(vectors.records.find(({ kind }) => kind === "up"));
	return { station, server: must(other.open(vectors.name, unhex(first.bytes))).session };
}

describe("channel vectors", () => {
	it("derive th, every key and iv, and confirm", () => {
		const th = transcript(crypto, {
			station: credential.digest,
			server: server.digest,
			hello: crypto.sha256(bytes("hello")),
			body: crypto.sha256(bytes("body")),
		});
		assert.deepEqual(th, bytes("th"));
		const secrets = ["kc", "ks", "shared"].map((name) => crypto.importSecret(bytes(name)));
		const { keys, confirm } = deriveKeys(crypto, th, secrets as [Secret, Secret, Secret]);
		assert.deepEqual(confirm, bytes("confirm"));
		for (const output of ["up", "down", "ticket"] as const) {
			const expected = bytes(output);
			assert.deepEqual(keys[output].iv, expected.slice(32));
			const nonce = new Uint8Array(12);
			const aad = Uint8Array.of(1, 2, 3);
			const sealed = crypto.importAead(expected.slice(0, 32)).seal(nonce, aad, aad);
			assert.deepEqual(keys[output].aead.open(nonce, aad, sealed), aad);
		}
	});

	it("need each of the three secrets, and the transcript", () => {
		const names = ["kc", "ks", "shared"];
		for (let wrong = 0; wrong < 4; wrong++) {
			const spoil = (name: string, at: number) =>
				at === wrong ? flipped(bytes(name), 0) : bytes(name);
			const secrets = names.map((name, at) => crypto.importSecret(spoil(name, at)));
			const th = spoil("th", 3);
			const { confirm } = deriveKeys(crypto, th, secrets as [Secret, Secret, Secret]);
			assert.notDeepEqual(confirm, bytes("confirm"));
		}
	});

	it("HELLO is the station's, byte for byte", () => {
		assert.deepEqual(initiator().hello(), bytes("hello"));
	});

	it("WELCOME is the server's, byte for byte", async () => {
		assert.deepEqual(await responder().hello(vectors.name, bytes("hello")), bytes("welcome"));
	});

	it("records and tickets are sealed and opened, byte for byte", async () => {
		const { station, server } = await ends();
		for (const { kind, counter, plaintext, bytes: text } of vectors.records) {
			const sealed = unhex(text);
			const content = unpad(unhex(plaintext));
			if (kind === "ticket") {
				const ticket = decodeTicket(content);
				assert.deepEqual(station.openTicket(sealed), ticket);
				assert.deepEqual(server.sealTicket(ticket), sealed);
			} else if (kind === "down") {
				const message = decodeMessage(content, "server");
				assert.deepEqual(station.open(sealed), { message, seq: counter });
				while (server.records < counter) server.seal({ type: "noted" });
				assert.deepEqual(server.seal(message), { bytes: sealed, seq: counter });
			} else {
				const message = decodeMessage(content, "station");
				if (counter > 0) assert.deepEqual(server.open(sealed), { message, seq: counter });
				while (station.records < counter) station.seal({ type: "alarm", code: "x", text: "" });
				assert.deepEqual(station.seal(message), { bytes: sealed, seq: counter });
			}
		}
	});
});
