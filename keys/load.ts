/**
 * What the parties load from a plant directory (plant.ts): the server its keys and everyone's credentials, a station
 * its bundle, people a list. Everything is checked against the roots before it is given out.
 */
import { join } from "node:path";
import {
	type Credential,
	CredentialError,
	isStationName,
	parseCredential,
	SERVER_SUBJECT,
	verifyCredential,
} from "../modules/channel/credential.js";
import type { PrivateKey, PublicKey } from "../modules/ports/crypto.js";
import { encodeConfig } from "../modules/station/config.js";
import { NodeCrypto } from "../server/crypto.js";
import type { BrokerUser } from "./broker-users.js";
import { settlePlant } from "./change.js";
import { type EarlierKey, readEarlierKeys } from "./earlier-keys.js";
import { KeysError } from "./errors.js";
import { readBytes, readJson, readText } from "./files.js";
import { type Plant, readFloors, readPlant, readRoots, stationDirectory } from "./plant.js";
import { fromPrivateDer, fromPrivatePem, publicDer } from "./rsa.js";
import { plantStamp } from "./stamp.js";

export interface ServerKeys {
	readonly plant: Plant;
	/** The server's own. */
	readonly credential: Credential;
	/** For HELLOs: the private half of `credential.kem`. */
	readonly kem: PrivateKey;
	/** For logs that were sealed before the server's keys were replaced; oldest first. */
	readonly earlierKems: readonly EarlierKey[];
	/** For envelopes: the private half of `credential.sign`. */
	readonly sign: PrivateKey;
	/** Current and next. */
	readonly roots: readonly PublicKey[];
	/** By full name: the stations whose credential is good today. */
	readonly stations: ReadonlyMap<string, Credential>;
	/** The lowest epoch accepted, by subject, as the root signed it. */
	readonly floors: ReadonlyMap<string, number>;
	/** How the server logs in at the broker. */
	readonly broker: BrokerUser;
	/** Stations that are left out of `stations`, and why. */
	readonly problems: readonly { readonly station: string; readonly message: string }[];
}

export interface Bundle {
	/** `<line>.<station>`. */
	readonly station: string;
	/** PKCS#1 `RSAPrivateKey` DER, for the board's keystore. */
	readonly kem: Uint8Array;
	readonly credential: Credential;
	/** The server's. */
	readonly server: Credential;
	/** PKCS#1 `RSAPublicKey` DER: current and next root. */
	readonly roots: readonly [Uint8Array, Uint8Array];
	readonly username: string;
	readonly password: string;
}

/** What goes into a board's flash: private keys by name, and the key-value domain `config`. */
export interface Provisioning {
	readonly keys: { readonly kem: Uint8Array };
	readonly config: { readonly [key: string]: Uint8Array };
}

export interface StationListing {
	readonly station: string;
	readonly epoch: number;
	/** The root has signed that this epoch is too old. */
	readonly revoked: boolean;
	readonly notBeforeS: number;
	readonly expiresS: number;
	/** Where the bundle is. */
	readonly directory: string;
}

/** What `server` has in a listing. */
export type ServerListing = Pick<StationListing, "epoch" | "notBeforeS" | "expiresS">;

/** Times that a plant which changes meanwhile is read again, and the wait before each. */
const READS_MAX = 100;
const READ_AGAIN_MS = 20;

/** Seconds since 1970-01-01. */
function systemTimeS(): number {
	return Math.floor(Date.now() / 1000);
}

/**
 * Loads what the server needs; of the private keys, only its own. A plant that is being changed is read when that is
 * done; a change that was cut off is finished first.
 *
 * @param directory - a plant directory; the roots' private keys need not be there.
 * @throws {@link KeysError}; a station whose credential is not good is left out and named in `problems`.
 */
export function loadServerKeys(
	directory: string,
	crypto: NodeCrypto = new NodeCrypto(),
	nowS: number = systemTimeS(),
): ServerKeys {
	return whole(directory, () => readServerKeys(directory, crypto, nowS));
}

/** Reads again what was read while the plant changed. */
function whole<T>(directory: string, read: () => T): T {
	for (let reads = 1; ; reads++) {
		if (reads > 1) pause(READ_AGAIN_MS);
		const isLast = reads === READS_MAX;
		try {
			settlePlant(directory);
		} catch (error) {
			if (!isLast && error instanceof KeysError && error.code === "busy") continue;
			throw error;
		}
		const before = plantStamp(directory);
		const isSame = () => isLast || plantStamp(directory) === before;
		try {
			const value = read();
			if (isSame()) return value;
		} catch (error) {
			if (isSame()) throw error;
		}
	}
}

function pause(durationMs: number): void {
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

function readServerKeys(directory: string, crypto: NodeCrypto, nowS: number): ServerKeys {
	const plant = readPlant(directory);
	const roots = readRoots(crypto, directory);
	const { floors } = readFloors(crypto, directory);
	const check = (path: string, subject: string): Credential =>
		attempt(path, () => {
			const epochFloor = floors.get(subject) ?? 0;
			const bytes = readBytes(path);
			return verifyCredential({
				crypto,
				bytes,
				roots,
				subject,
				epochFloor,
				timeFloorS: nowS,
				nowS,
			});
		});
	const credential = check(join(directory, "server/credential.cose"), SERVER_SUBJECT);
	const stations = new Map<string, Credential>();
	const problems: { station: string; message: string }[] = [];
	for (const station of plant.stations) {
		try {
			const path = join(stationDirectory(directory, station), "credential.cose");
			stations.set(station, check(path, station));
		} catch (error) {
			if (!(error instanceof KeysError)) throw error;
			problems.push({ station, message: error.message });
		}
	}
	const kem = serverKey(join(directory, "server/kem.key.pem"), credential.kem, "unwrap");
	const sign = serverKey(join(directory, "server/sign.key.pem"), credential.sign, "sign");
	const earlierKems = readEarlierKeys(directory);
	const broker = readUser(join(directory, "server/broker.json"));
	return { plant, credential, kem, earlierKems, sign, roots, stations, floors, broker, problems };
}

/**
 * Loads a station's bundle and checks that its parts fit: both credentials are signed by a root, the private key is
 * the credential's. Time is not checked: the board does that.
 *
 * @throws {@link KeysError}.
 */
export function loadBundle(directory: string, crypto: NodeCrypto = new NodeCrypto()): Bundle {
	const roots = readRoots(crypto, directory);
	const check = (file: string, subject?: string): Credential =>
		attempt(join(directory, file), () => {
			const bytes = readBytes(join(directory, file));
			const base = { crypto, bytes, roots, epochFloor: 0, timeFloorS: 0 };
			return verifyCredential(subject === undefined ? base : { ...base, subject });
		});
	const credential = check("credential.cose");
	if (!isStationName(credential.subject))
		throw new KeysError("mismatch", `${directory}: the credential is not a station's`);
	const server = check("server.cose", SERVER_SUBJECT);
	const path = join(directory, "kem.der");
	const kem = readBytes(path);
	assertHalves(path, publicDer(fromPrivateDer(kem, path)), credential.kem);
	const user = readUser(join(directory, "broker.json"));
	return {
		station: credential.subject,
		kem,
		credential,
		server,
		roots: [readBytes(join(directory, "root.der")), readBytes(join(directory, "next-root.der"))],
		...user,
	};
}

/** @param broker - where the board reaches it. @throws ConfigError where `host` or `port` cannot be used. */
export function provisioning(
	bundle: Bundle,
	broker: { readonly host: string; readonly port: number },
): Provisioning {
	const { station, kem, username, password, roots } = bundle;
	const { host, port } = broker;
	const credential = bundle.credential.bytes;
	const server = bundle.server.bytes;
	const board = { station, host, port, username, password };
	return { keys: { kem }, config: encodeConfig({ ...board, credential, server, roots }) };
}

/** The server, and the plant's stations in route order, as their credentials have them. @throws {@link KeysError}. */
export function listPlant(directory: string): {
	plant: Plant;
	server: ServerListing;
	stations: readonly StationListing[];
} {
	const crypto = new NodeCrypto();
	return whole(directory, () => {
		const plant = readPlant(directory);
		const { floors } = readFloors(crypto, directory);
		const read = (path: string): ServerListing =>
			attempt(path, () => parseCredential(crypto, readBytes(path)));
		const own = read(join(directory, "server/credential.cose"));
		const stations = plant.stations.map((station) => {
			const bundle = stationDirectory(directory, station);
			const { epoch, notBeforeS, expiresS } = read(join(bundle, "credential.cose"));
			const revoked = epoch < (floors.get(station) ?? 0);
			return { station, epoch, revoked, notBeforeS, expiresS, directory: bundle };
		});
		const { epoch, notBeforeS, expiresS } = own;
		return { plant, server: { epoch, notBeforeS, expiresS }, stations };
	});
}

function serverKey(
	path: string,
	expected: Uint8Array | undefined,
	kind: "unwrap" | "sign",
): PrivateKey {
	const key = fromPrivatePem(readText(path), path);
	assertHalves(path, publicDer(key), expected);
	return NodeCrypto.privateKey(key, kind);
}

function assertHalves(path: string, actual: Uint8Array, expected: Uint8Array | undefined): void {
	if (!expected || !Buffer.from(actual).equals(expected))
		throw new KeysError("mismatch", `${path} is not the private half of the credential's key`);
}

function readUser(path: string): BrokerUser {
	const { username, password } = readJson(path);
	if (typeof username !== "string" || typeof password !== "string")
		throw new KeysError("invalid", `${path}: must have username and password`);
	return { username, password };
}

function advice({ code }: CredentialError): string {
	if (code === "early") return ": is this machine's clock behind?";
	return code === "expired" ? ": sign a new one, if this machine's clock is right" : "";
}

/** Says in which file a credential is not good. */
function attempt<T>(path: string, work: () => T): T {
	try {
		return work();
	} catch (error) {
		if (error instanceof CredentialError)
			throw new KeysError("invalid", `${path}: ${error.message}${advice(error)}`, { cause: error });
		throw error;
	}
}
