/** Both ends as session.json has them, drawing what it drew (test/vectors/channel/generate.mjs). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { verifyCredential } from "../../modules/channel/credential.js";
import { Initiator } from "../../modules/channel/initiator.js";
import { Responder } from "../../modules/channel/responder.js";
import type { Agreement, PublicKey, Secret } from "../../modules/ports/crypto.js";
import { NodeCrypto } from "../../server/crypto.js";
import { unhex } from "../cbor/support.js";
import { crypto, must, privateKey, roots, VECTORS } from "./support.js";

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

export const vectors = JSON.parse(
	readFileSync(new URL("session.json", VECTORS), "utf8"),
) as Vectors;

export function bytes(name: string): Uint8Array {
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

const base = { crypto, roots, epochFloor: 0, timeFloorS: 1_750_000_000, nowS: 1_750_000_000 };
export const credential = verifyCredential({
	...base,
	bytes: bytes("stationCredential"),
	subject: vectors.name,
});
export const server = verifyCredential({
	...base,
	bytes: bytes("serverCredential"),
	subject: "server",
});

export function initiator(): Initiator {
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

export function responder(): Responder {
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
