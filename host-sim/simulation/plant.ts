/** A plant's keys and credentials in memory, signed by a root of its own; renewed and replaced as the keys tooling does. */
import type { EarlierKey, ServerKeys } from "../../keys/keys.js";
import { encodeSigned, signatureInput } from "../../modules/channel/cose.js";
import {
	type Credential,
	encodeClaims,
	parseCredential,
	SERVER_SUBJECT,
} from "../../modules/channel/credential.js";
import type { PrivateKey } from "../../modules/ports/crypto.js";
import type { StationConfig } from "../../modules/station/config.js";
import type { SimulatedCrypto } from "./crypto.js";
import type { RsaPair } from "./ideal-keys.js";

/** What the server's time of day is when a simulation begins, seconds since 1970-01-01. */
export const BEGIN_S = 1_800_000_000;
const LIFETIME_S = 90 * 24 * 3600;

interface Party {
	kem: RsaPair;
	sign: RsaPair | undefined;
	credential: Credential;
}

export class SimulatedPlant {
	readonly line: string;
	/** Full names, in route order. */
	readonly stations: readonly string[];
	readonly #crypto: SimulatedCrypto;
	readonly #pair: () => RsaPair;
	readonly #roots: readonly [RsaPair, RsaPair];
	readonly #server: Party;
	readonly #parties = new Map<string, Party>();
	readonly #floors = new Map<string, number>();
	readonly #earlierKems: EarlierKey[] = [];

	/** @param crypto - the root's. @param pair - makes an RSA key pair. */
	constructor(line: string, stations: number, crypto: SimulatedCrypto, pair: () => RsaPair) {
		this.line = line;
		this.stations = Array.from({ length: stations }, (_, i) => `${line}.station-${i + 1}`);
		this.#crypto = crypto;
		this.#pair = pair;
		this.#roots = [pair(), pair()];
		this.#server = this.#party(SERVER_SUBJECT, 1, pair(), pair());
		for (const name of this.stations)
			this.#parties.set(name, this.#party(name, 1, pair(), undefined));
	}

	#party(subject: string, epoch: number, kem: RsaPair, sign: RsaPair | undefined): Party {
		return { kem, sign, credential: this.sign(subject, epoch, kem.public, sign?.public) };
	}

	/** A credential by the plant's root. */
	sign(subject: string, epoch: number, kem: Uint8Array, sign: Uint8Array | undefined): Credential {
		const payload = encodeClaims({
			subject,
			epoch,
			notBeforeS: BEGIN_S - 3600,
			expiresS: BEGIN_S + LIFETIME_S,
			kem,
			...(sign && { sign }),
		});
		const root = this.#roots[0].private("sign");
		const signature = this.#crypto.sign(root, signatureInput(payload));
		return parseCredential(this.#crypto, encodeSigned(payload, signature));
	}

	/** The server's keys are replaced. */
	rotateServer(): void {
		const { kem, credential: present } = this.#server;
		this.#earlierKems.push({ epoch: present.epoch, kem: kem.private("unwrap") });
		const epoch = this.#server.credential.epoch + 1;
		Object.assign(this.#server, this.#party(SERVER_SUBJECT, epoch, this.#pair(), this.#pair()));
	}

	/** A station's credential is renewed for the key it has. */
	renewStation(name: string): void {
		const party = this.#of(name);
		party.credential = this.sign(name, party.credential.epoch + 1, party.kem.public, undefined);
	}

	serverKeys(): ServerKeys {
		const { credential, kem, sign } = this.#server;
		const stations = new Map<string, Credential>();
		for (const [name, party] of this.#parties) stations.set(name, party.credential);
		return {
			plant: { line: this.line, stations: this.stations },
			credential,
			kem: kem.private("unwrap"),
			earlierKems: [...this.#earlierKems],
			sign: (sign as RsaPair).private("sign"),
			roots: this.#roots.map((root) => this.#crypto.publicKey(root.public, "verify")),
			stations,
			floors: this.#floors,
			broker: { username: "server", password: "" },
			problems: [],
		};
	}

	/** What a board was told at its enrolment, and its private key. */
	enrolment(name: string): { config: StationConfig; privateKey: PrivateKey } {
		const party = this.#of(name);
		const config: StationConfig = {
			station: name,
			host: "broker",
			port: 1883,
			username: name,
			password: "",
			credential: party.credential.bytes,
			server: this.#server.credential.bytes,
			roots: [this.#roots[0].public, this.#roots[1].public],
		};
		return { config, privateKey: party.kem.private("unwrap") };
	}

	#of(name: string): Party {
		const party = this.#parties.get(name);
		if (!party) throw new Error(`no station ${name}`);
		return party;
	}
}
