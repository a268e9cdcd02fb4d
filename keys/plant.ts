/**
 * A plant directory: making one and enrolling stations.
 *
 *   plant.json                      line, and its stations in route order
 *   root.key.pem next-root.key.pem  the plant roots' private keys; may be moved offline between enrolments
 *   root.der next-root.der          their public keys, PKCS#1
 *   epochs.cose                     epoch floors, signed by the root (signing.ts)
 *   server/                         kem.key.pem sign.key.pem credential.cose broker.json
 *   stations/<line>.<station>/      that station's bundle: kem.der credential.cose server.cose root.der
 *                                   next-root.der broker.json
 *   broker/passwd                   the broker's users (broker-users.ts)
 *
 * Private files are readable by their owner only. Keys are never overwritten. An enrolment counts from the moment
 * `plant.json` lists the station; what an interrupted one left behind is named, not removed. Left out: replacing
 * keys, revoking, changing roots.
 */
import type { KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isPlainName, SERVER_SUBJECT } from "../modules/channel/credential.js";
import type { PublicKey } from "../modules/ports/crypto.js";
import { NodeCrypto } from "../server/crypto.js";
import { type BrokerUser, newUser, putUsers } from "./broker-users.js";
import { KeysError } from "./errors.js";
import {
	type Files,
	PRIVATE_FILE,
	PUBLIC_FILE,
	readBytes,
	readJson,
	readText,
	writeDirectory,
	writeFile,
} from "./files.js";
import {
	fromPrivatePem,
	generateRsa,
	privateDer,
	privatePem,
	publicDer,
	RSA_BITS,
	STATION_BITS_MAX,
} from "./rsa.js";
import { openFloors, STATIONS_MAX, signCredential, signFloors } from "./signing.js";

/** How long a credential is good for, unless asked otherwise: five years. */
export const LIFETIME_DAYS = 1826;
const DAY_S = 86_400;

/** What `plant.json` says. */
export interface Plant {
	readonly line: string;
	/** Full names, `<line>.<station>`, in route order. */
	readonly stations: readonly string[];
}

interface Common {
	readonly directory: string;
	/** 2048 to 4096 (stations: 3072); {@link RSA_BITS} if left out. */
	readonly rsaBits?: number;
	/** Of `root.key.pem`. */
	readonly passphrase?: string;
	/** Seconds since 1970-01-01; the system's clock if left out. */
	readonly nowS?: number;
	readonly lifetimeDays?: number;
}
export interface InitOptions extends Common {
	/** `[a-z0-9-]{1,32}`. */
	readonly line: string;
}
export interface EnrolOptions extends Common {
	/** Names on the line, `[a-z0-9-]{1,32}`, in route order; they come after those already enrolled. */
	readonly stations: readonly string[];
}

/**
 * Makes a plant directory: two roots, the server's keys and credential, no station.
 *
 * @throws {@link KeysError} `name`, `bits`, `exists`, `io`; nothing is left behind.
 */
export async function initPlant(options: InitOptions): Promise<Plant> {
	const { directory, line, passphrase, rsaBits = RSA_BITS } = options;
	if (!isPlainName(line)) throw badName("line", line);
	if (existsSync(join(directory, "plant.json")))
		throw new KeysError("exists", `${directory} already is a plant: keys are never overwritten`);
	const [root, nextRoot, kem, sign] = (await Promise.all(
		[1, 2, 3, 4].map(() => generateRsa(rsaBits)),
	)) as [KeyObject, KeyObject, KeyObject, KeyObject];
	const crypto = new NodeCrypto();
	const time = lifetime(options);
	const keys = { kem: publicDer(kem), sign: publicDer(sign) };
	const claims = { subject: SERVER_SUBJECT, epoch: 1, ...time, ...keys };
	const user = newUser(SERVER_SUBJECT);
	const floors = { issuedS: time.notBeforeS, floors: new Map([[SERVER_SUBJECT, 1]]) };
	writeDirectory(directory, {
		"plant.json": { bytes: plantText({ line, stations: [] }), mode: PUBLIC_FILE },
		"root.key.pem": { bytes: privatePem(root, passphrase), mode: PRIVATE_FILE },
		"next-root.key.pem": { bytes: privatePem(nextRoot, passphrase), mode: PRIVATE_FILE },
		"root.der": { bytes: publicDer(root), mode: PUBLIC_FILE },
		"next-root.der": { bytes: publicDer(nextRoot), mode: PUBLIC_FILE },
		"epochs.cose": { bytes: signFloors(crypto, root, floors), mode: PUBLIC_FILE },
		"server/kem.key.pem": { bytes: privatePem(kem), mode: PRIVATE_FILE },
		"server/sign.key.pem": { bytes: privatePem(sign), mode: PRIVATE_FILE },
		"server/credential.cose": { bytes: signCredential(crypto, root, claims), mode: PUBLIC_FILE },
		"server/broker.json": { bytes: userText(user), mode: PRIVATE_FILE },
		"broker/passwd": { bytes: putUsers("", [user]), mode: PRIVATE_FILE },
	});
	return { line, stations: [] };
}

/**
 * Enrols stations: makes their keys, signs their credentials, writes their bundles.
 *
 * @returns the full names of the new stations.
 * @throws {@link KeysError}; no station is enrolled then, or, after `io`, perhaps some.
 */
export async function enrol(options: EnrolOptions): Promise<readonly string[]> {
	const { directory, passphrase, rsaBits = RSA_BITS } = options;
	const root = rootKey(directory, passphrase);
	const names = namesToEnrol(readPlant(directory), options.stations, directory);
	const keys = await Promise.all(names.map(() => generateRsa(rsaBits, STATION_BITS_MAX)));
	// Nothing below waits, so that enrolments of one process do not mix; the plant may have changed meanwhile.
	namesToEnrol(readPlant(directory), options.stations, directory);
	const crypto = new NodeCrypto();
	const time = lifetime(options);
	const users = names.map(newUser);
	for (const [at, name] of names.entries()) {
		const key = keys[at] as KeyObject;
		const claims = { subject: name, epoch: 1, ...time, kem: publicDer(key) };
		writeDirectory(stationDirectory(directory, name), {
			"kem.der": { bytes: privateDer(key), mode: PRIVATE_FILE },
			"credential.cose": { bytes: signCredential(crypto, root, claims), mode: PUBLIC_FILE },
			"broker.json": { bytes: userText(users[at] as BrokerUser), mode: PRIVATE_FILE },
			...sharedFiles(directory),
		});
	}
	raiseFloors(crypto, directory, root, time.notBeforeS, names);
	const passwd = join(directory, "broker/passwd");
	writeFile(passwd, putUsers(readText(passwd), users), PRIVATE_FILE);
	const plant = readPlant(directory);
	const stations = [...plant.stations, ...names];
	writeFile(join(directory, "plant.json"), plantText({ ...plant, stations }), PUBLIC_FILE);
	return names;
}

/** @throws {@link KeysError} `missing`, `invalid`, `io`. */
export function readPlant(directory: string): Plant {
	const path = join(directory, "plant.json");
	if (!existsSync(path))
		throw new KeysError(
			"missing",
			`${directory} is no plant: make one with \`interlock keys init\``,
		);
	const { format, line, stations } = readJson(path);
	if (format !== 1) throw new KeysError("invalid", `${path}: format must be 1`);
	if (typeof line !== "string" || !isPlainName(line))
		throw new KeysError("invalid", `${path}: line`);
	if (!Array.isArray(stations) || stations.length > STATIONS_MAX)
		throw new KeysError("invalid", `${path}: stations must be a list of at most ${STATIONS_MAX}`);
	const prefix = `${line}.`;
	for (const name of stations as unknown[]) {
		if (
			typeof name !== "string" ||
			!name.startsWith(prefix) ||
			!isPlainName(name.slice(prefix.length))
		)
			throw new KeysError("invalid", `${path}: ${JSON.stringify(name)} is no station of ${line}`);
	}
	if (new Set(stations).size !== stations.length)
		throw new KeysError("invalid", `${path}: a station is listed twice`);
	return { line, stations: stations as string[] };
}

/** Where a station's bundle is. */
export function stationDirectory(directory: string, name: string): string {
	return join(directory, "stations", name);
}

/** The roots' public keys, current and next, as `verify` handles. */
export function readRoots(crypto: NodeCrypto, directory: string): readonly [PublicKey, PublicKey] {
	const root = (file: string): PublicKey => {
		const path = join(directory, file);
		const der = readBytes(path);
		try {
			return crypto.publicKey(der, "verify");
		} catch (error) {
			throw new KeysError("invalid", `${path}: not an RSA public key`, { cause: error });
		}
	};
	return [root("root.der"), root("next-root.der")];
}

function namesToEnrol(plant: Plant, stations: readonly string[], directory: string): string[] {
	const names: string[] = [];
	for (const station of stations) {
		if (!isPlainName(station)) throw badName("station", station);
		const name = `${plant.line}.${station}`;
		if (plant.stations.includes(name) || names.includes(name))
			throw new KeysError("exists", `${name} is already enrolled`);
		const bundle = stationDirectory(directory, name);
		if (existsSync(bundle))
			throw new KeysError("exists", `${bundle}: left by an interrupted enrolment; remove it first`);
		names.push(name);
	}
	if (plant.stations.length + names.length > STATIONS_MAX)
		throw new KeysError("full", `a line has at most ${STATIONS_MAX} stations`);
	return names;
}

function sharedFiles(directory: string): Files {
	const copy = (path: string) => ({ bytes: readBytes(join(directory, path)), mode: PUBLIC_FILE });
	return {
		"server.cose": copy("server/credential.cose"),
		"root.der": copy("root.der"),
		"next-root.der": copy("next-root.der"),
	};
}

function raiseFloors(
	crypto: NodeCrypto,
	directory: string,
	root: KeyObject,
	nowS: number,
	names: readonly string[],
): void {
	const path = join(directory, "epochs.cose");
	const list = openFloors(crypto, readBytes(path), readRoots(crypto, directory));
	if (!list) throw new KeysError("invalid", `${path}: not signed by a root of this plant`);
	const floors = new Map(list.floors);
	for (const name of names) floors.set(name, Math.max(1, floors.get(name) ?? 0));
	const issuedS = Math.max(nowS, list.issuedS);
	writeFile(path, signFloors(crypto, root, { issuedS, floors }), PUBLIC_FILE);
}

function rootKey(directory: string, passphrase: string | undefined): KeyObject {
	const path = join(directory, "root.key.pem");
	readPlant(directory);
	const key = fromPrivatePem(readText(path), path, passphrase);
	if (!Buffer.from(publicDer(key)).equals(readBytes(join(directory, "root.der"))))
		throw new KeysError("mismatch", `${path} is not the private half of root.der`);
	return key;
}

function lifetime(options: Common): { notBeforeS: number; expiresS: number } {
	const notBeforeS = options.nowS ?? Math.floor(Date.now() / 1000);
	return { notBeforeS, expiresS: notBeforeS + (options.lifetimeDays ?? LIFETIME_DAYS) * DAY_S };
}

function plantText(plant: Plant): string {
	return `${JSON.stringify({ format: 1, ...plant }, null, "\t")}\n`;
}

function userText(user: BrokerUser): string {
	return `${JSON.stringify(user, null, "\t")}\n`;
}

function badName(what: string, name: string): KeysError {
	const rule = "1 to 32 characters of a-z, 0-9 and -";
	return new KeysError("name", `${JSON.stringify(name)} cannot name a ${what}: ${rule}`);
}
