/** Credentials that look like the plant's. */
import type { KeyObject } from "node:crypto";
import { publicDer } from "../../keys/rsa.js";
import { encodeSigned, parseSigned, signatureInput } from "../../modules/channel/cose.js";
import {
	type Claims,
	CREDENTIAL_SIZE_MAX,
	type Credential,
	encodeClaims,
	parseCredential,
} from "../../modules/channel/credential.js";
import { SERVER_TOPIC, stationTopics } from "../../modules/station/topics.js";
import { NodeCrypto } from "../../server/crypto.js";
import { Counts } from "./kinds.js";
import type { Scene } from "./scene.js";

/** Above every epoch that the plant gives out here. */
const FALSE_EPOCH = 50;

/** Credentials that no root of the plant has signed as they are. */
export class Forger {
	readonly #scene: Scene;
	readonly #key: KeyObject;
	readonly sent = new Counts();

	constructor(scene: Scene, key: KeyObject) {
		this.#scene = scene;
		this.#key = key;
	}

	/** The server's, with the attacker's keys. */
	get own(): Credential {
		const { credential } = this.#scene.line.plant.serverKeys();
		return parseCredential(this.#scene.crypto, this.#signed(this.#claims(credential)));
	}

	/** Everything that can be made of the plant's credentials, everywhere that one is taken from. */
	send(): void {
		const { line } = this.#scene;
		const { credential, stations } = line.plant.serverKeys();
		const all = [credential, ...stations.values()];
		for (const each of all) {
			this.#publish("signed by another root", this.#signed(this.#claims(each)));
			const station = { ...this.#claims(each), kem: each.kem };
			this.#publish("signed by another root", this.#signed(station));
			const { signature } = parseSigned(each.bytes, CREDENTIAL_SIZE_MAX) ?? {
				signature: each.digest,
			};
			const spliced = encodeClaims(this.#claims(each));
			this.#publish("other key spliced in", encodeSigned(spliced, signature));
			this.#publish("another subject's", each.bytes);
		}
	}

	/** A newer one than the stations have, before they get it: with each bit of one place changed. */
	flip(bytes: Uint8Array): void {
		for (let at = 0; at < bytes.length; at++) {
			const copy = bytes.slice();
			copy[at] = (copy[at] as number) ^ (1 << (at % 8));
			this.#scene.wire.inject({ topic: SERVER_TOPIC, payload: copy });
			this.sent.add("one bit changed");
		}
	}

	#claims(genuine: Claims): Claims {
		const key = publicDer(this.#key);
		const { subject, notBeforeS, expiresS, sign } = genuine;
		const claims = { subject, notBeforeS, expiresS, epoch: FALSE_EPOCH, kem: key };
		return sign ? { ...claims, sign: key } : claims;
	}

	#signed(claims: Claims): Uint8Array {
		const payload = encodeClaims(claims);
		const root = NodeCrypto.privateKey(this.#key, "sign");
		return encodeSigned(payload, this.#scene.crypto.sign(root, signatureInput(payload)));
	}

	#publish(how: string, payload: Uint8Array): void {
		const { wire, line } = this.#scene;
		const downs = line.plant.stations.map((name) => stationTopics(name).down);
		for (const topic of [SERVER_TOPIC, ...downs])
			for (const retain of [false, true]) {
				wire.inject({ topic, payload, retain });
				this.sent.add(how);
			}
	}
}
