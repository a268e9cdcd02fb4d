/**
 * A plant directory: making one and enrolling stations.
 *
 *   plant.json                      line, and its stations in route order
 *   root.key.pem next-root.key.pem  the plant roots' private keys; may be moved offline between enrolments
 *   root.der next-root.der          their public keys, PKCS#1
 *   epochs.cose                     epoch floors, signed by the root (signing.ts)
 *   server/                         kem.key.pem sign.key.pem credential.cose broker.json, and
 *                                   earlier-kem.json once keys were replaced (earlier-keys.ts)
 *   stations/<line>.<station>/      that station's bundle: kem.der credential.cose server.cose root.der
 *                                   next-root.der broker.json
 *   broker/passwd                   the broker's users (broker-users.ts)
 *   broker/acl broker/mosquitto.conf  only where Mosquitto's files were asked for (broker-config.ts)
 *   plant.lock                      for one change at a time
 *
 * Private files are readable by their owner only. `init` and `enrol` never overwrite a key; `rotate` (rotate.ts)
 * replaces keys because it was asked to. Everything but `init` is one change (change.ts): two commands do not mix, and
 * one that is cut off leaves the plant as it was. Left out: changing roots.
 */
import type { KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isPlainName, SERVER_SUBJECT } from "../modules/channel/credential.js";
import type { PublicKey } from "../modules/ports/crypto.js";
import { NodeCrypto } from "../server/crypto.js";
import { accessRules, BROKER_RULES } from "./access-rules.js";
import { type BrokerUser, newUser, putUsers } from "./broker-users.js";
import { changePlant } from "./change.js";
import { KeysError } from "./errors.js";
import {
	type FileContent,
	type Files,
	PRIVATE_FILE,
	PUBLIC_FILE,
	readBytes,
	readJson,
	readText,
	writeDirectory,
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
import {
	type EpochFloors,
	openFloors,
	STATIONS_MAX,
	signCredential,
	signFloors,
} from "./signing.js";

/** How long a credential is good for, unless asked otherwise: five years. */
export const LIFETIME_DAYS = 1826;
const DAY_S = 86_400;

/** What `plant.json` says. */
export interface Plant {
	readonly line: string;
	/** Full names, `<line>.<station>`, in route order. */
	readonly stations: readonly string[];
}

export interface Common {
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
 * @throws {@link KeysError}; no station is enrolled then.
 */
export async function enrol(options: EnrolOptions): Promise<readonly string[]> {
	const { directory, passphrase, rsaBits = RSA_BITS } = options;
	readPlant(directory);
	return await changePlant(directory, async () => {
		const root = rootKey(directory, passphrase);
		const plant = readPlant(directory);
		const names = namesToEnrol(plant, options.stations, directory);
		const keys = await Promise.all(names.map(() => generateRsa(rsaBits, STATION_BITS_MAX)));
		const crypto = new NodeCrypto();
		const time = lifetime(options);
		const users = names.map(newUser);
		const floors = new Map(readFloors(crypto, directory).floors);
		const files: { [path: string]: FileContent } = {};
		for (const [at, name] of names.entries()) {
			const key = keys[at] as KeyObject;
			const epoch = Math.max(1, floors.get(name) ?? 0);
			floors.set(name, epoch);
			const claims = { subject: name, epoch, ...time, kem: publicDer(key) };
			Object.assign(files, bundleFiles(directory, name), {
				[`${bundlePath(name)}/kem.der`]: { bytes: privateDer(key), mode: PRIVATE_FILE },
				[`${bundlePath(name)}/credential.cose`]: {
					bytes: signCredential(crypto, root, claims),
					mode: PUBLIC_FILE,
				},
				[`${bundlePath(name)}/broker.json`]: {
					bytes: userText(users[at] as BrokerUser),
					mode: PRIVATE_FILE,
				},
			});
		}
		const after = { ...plant, stations: [...plant.stations, ...names] };
		const passwd = putUsers(readText(join(directory, "broker/passwd")), users);
		Object.assign(files, userFiles(directory, after, passwd), {
			"epochs.cose": floorsFile(crypto, directory, root, time.notBeforeS, floors),
			"plant.json": { bytes: plantText(after), mode: PUBLIC_FILE },
		});
		return { files, result: names };
	});
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
	return join(directory, bundlePath(name));
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
			throw new KeysError(
				"exists",
				`${bundle} is there, and ${name} is not enrolled: move it away first`,
			);
		names.push(name);
	}
	if (plant.stations.length + names.length > STATIONS_MAX)
		throw new KeysError("full", `a line has at most ${STATIONS_MAX} stations`);
	return names;
}

/** Where a station's bundle is, inside the plant directory. */
export function bundlePath(name: string): string {
	return `stations/${name}`;
}

/** What a bundle has of the plant, for a change. @param server - the server's credential; as it is, if left out. */
export function bundleFiles(directory: string, name: string, server?: Uint8Array): Files {
	const copy = (path: string) => ({ bytes: readBytes(join(directory, path)), mode: PUBLIC_FILE });
	return {
		[`${bundlePath(name)}/server.cose`]: server
			? { bytes: server, mode: PUBLIC_FILE }
			: copy("server/credential.cose"),
		[`${bundlePath(name)}/root.der`]: copy("root.der"),
		[`${bundlePath(name)}/next-root.der`]: copy("next-root.der"),
	};
}

/** The broker's users, for a change, and its rules where they have been written here. */
export function userFiles(directory: string, plant: Plant, passwd: string): Files {
	const users = { "broker/passwd": { bytes: passwd, mode: PRIVATE_FILE } };
	if (!existsSync(join(directory, BROKER_RULES))) return users;
	return { ...users, [BROKER_RULES]: { bytes: accessRules(plant, passwd), mode: PUBLIC_FILE } };
}

/** @throws {@link KeysError} `invalid` where no root of the plant signed the list. */
export function readFloors(crypto: NodeCrypto, directory: string): EpochFloors {
	const path = join(directory, "epochs.cose");
	const list = openFloors(crypto, readBytes(path), readRoots(crypto, directory));
	if (!list) throw new KeysError("invalid", `${path}: not signed by a root of this plant`);
	return list;
}

/** `epochs.cose` for a change. */
export function floorsFile(
	crypto: NodeCrypto,
	directory: string,
	root: KeyObject,
	nowS: number,
	floors: ReadonlyMap<string, number>,
): FileContent {
	const issuedS = Math.max(nowS, readFloors(crypto, directory).issuedS);
	return { bytes: signFloors(crypto, root, { issuedS, floors }), mode: PUBLIC_FILE };
}

/** The root's private key. @throws {@link KeysError} `missing`, `passphrase`, `invalid`, `mismatch`. */
export function rootKey(directory: string, passphrase: string | undefined): KeyObject {
	const path = join(directory, "root.key.pem");
	readPlant(directory);
	const key = fromPrivatePem(readText(path), path, passphrase);
	if (!Buffer.from(publicDer(key)).equals(readBytes(join(directory, "root.der"))))
		throw new KeysError("mismatch", `${path} is not the private half of root.der`);
	return key;
}

/** From when until when a new credential is good. */
export function lifetime(options: Common): { notBeforeS: number; expiresS: number } {
	const notBeforeS = options.nowS ?? Math.floor(Date.now() / 1000);
	return { notBeforeS, expiresS: notBeforeS + (options.lifetimeDays ?? LIFETIME_DAYS) * DAY_S };
}

function plantText(plant: Plant): string {
	return `${JSON.stringify({ format: 1, ...plant }, null, "\t")}\n`;
}

/** `broker.json`. */
export function userText(user: BrokerUser): string {
	return `${JSON.stringify(user, null, "\t")}\n`;
}

function badName(what: string, name: string): KeysError {
	const rule = "1 to 32 characters of a-z, 0-9 and -";
	return new KeysError("name", `${JSON.stringify(name)} cannot name a ${what}: ${rule}`);
}
