/**
 * Replacing and revoking keys (docs/protocol.md §4). Either is one change of the plant directory (change.ts); a server
 * that runs on it notices.
 *
 *   rotate   a new epoch, with new keys or, where asked, the same ones; the floor rises to that epoch
 *   revoke   the floor rises above the present epoch, and the broker no longer knows the user
 *
 * A station's new private key is made here and lies in its bundle: the board has to be provisioned with it. The
 * server's new credential goes into every bundle, too, and to running stations by the broker. Left out: changing roots.
 */
import type { KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
	type Claims,
	type Credential,
	CredentialError,
	SERVER_SUBJECT,
	verifyCredential,
} from "../modules/channel/credential.js";
import { NodeCrypto } from "../server/crypto.js";
import { newUser, parseUsers, putUsers, removeUser } from "./broker-users.js";
import { changePlant } from "./change.js";
import { EARLIER_KEYS, withPresentKey } from "./earlier-keys.js";
import { KeysError } from "./errors.js";
import { type FileContent, PRIVATE_FILE, PUBLIC_FILE, readBytes, readText } from "./files.js";
import {
	bundleFiles,
	bundlePath,
	type Common,
	floorsFile,
	lifetime,
	type Plant,
	readFloors,
	readPlant,
	readRoots,
	rootKey,
	userFiles,
	userText,
} from "./plant.js";
import {
	generateRsa,
	privateDer,
	privatePem,
	publicDer,
	RSA_BITS,
	STATION_BITS_MAX,
} from "./rsa.js";
import { signCredential } from "./signing.js";

export interface RotateOptions extends Common {
	/** `server`, or a station: its name on the line or its full name. */
	readonly subject: string;
	/** A new credential for the present keys: running stations take it over by themselves. */
	readonly keepKey?: boolean;
	/** The least epoch, where a restored plant directory knows too old ones. */
	readonly epochMin?: number;
}

export interface Rotated {
	/** `server` or the full name. */
	readonly subject: string;
	readonly epoch: number;
	readonly notBeforeS: number;
	readonly expiresS: number;
	/** Whether the keys are new: a station's board must then be provisioned. */
	readonly newKey: boolean;
}

export interface RevokeOptions extends Common {
	/** A station: its name on the line or its full name. */
	readonly station: string;
}

export interface Revoked {
	/** Full name. */
	readonly station: string;
	/** The lowest epoch accepted from now on. */
	readonly floor: number;
	/** It had been revoked before; nothing was changed. */
	readonly already: boolean;
}

/** Where a subject stands before a change. */
interface Present {
	/** `undefined` where its file is gone, damaged or another's. */
	readonly credential: Credential | undefined;
	readonly floor: number;
}

interface Made {
	readonly files: { readonly [path: string]: FileContent };
	readonly claims: Pick<Claims, "kem" | "sign">;
}

/**
 * Gives the server or a station a new credential, and new keys unless `keepKey`. A revoked station is taken in again.
 *
 * @throws {@link KeysError} `unknown`, `revoked` (with `keepKey`), `bits`, `passphrase`, `busy` and others; nothing is
 *   changed then.
 */
export async function rotate(options: RotateOptions): Promise<Rotated> {
	const { directory, passphrase, keepKey = false, epochMin = 1 } = options;
	readPlant(directory);
	return await changePlant(directory, async () => {
		const plant = readPlant(directory);
		const subject =
			options.subject === SERVER_SUBJECT
				? SERVER_SUBJECT
				: stationNamed(plant, options.subject, directory);
		const root = rootKey(directory, passphrase);
		const crypto = new NodeCrypto();
		const floors = new Map(readFloors(crypto, directory).floors);
		const present = presentOf(crypto, directory, subject, floors);
		const epoch = Math.max(
			(present.credential?.epoch ?? present.floor) + 1,
			present.floor,
			epochMin,
		);
		const made = keepKey ? keptKeys(present, subject) : await newKeys(options, subject, present);
		const time = lifetime(options);
		const bytes = signCredential(crypto, root, { subject, epoch, ...time, ...made.claims });
		floors.set(subject, epoch);
		const files = {
			...made.files,
			...(subject === SERVER_SUBJECT
				? serverFiles(directory, plant, bytes)
				: stationFiles(directory, plant, subject, bytes)),
			"epochs.cose": floorsFile(crypto, directory, root, time.notBeforeS, floors),
		};
		return { files, result: { subject, epoch, ...time, newKey: !keepKey } };
	});
}

/**
 * Revokes a station: no credential that it has is accepted any more, and the broker forgets it. Its place on the route
 * stays; {@link rotate} gives it new keys.
 *
 * @throws {@link KeysError} `unknown`, `passphrase`, `busy` and others; nothing is changed then.
 */
export async function revoke(options: RevokeOptions): Promise<Revoked> {
	const { directory, passphrase } = options;
	readPlant(directory);
	return await changePlant<Revoked>(directory, async () => {
		const plant = readPlant(directory);
		const station = stationNamed(plant, options.station, directory);
		const crypto = new NodeCrypto();
		const floors = new Map(readFloors(crypto, directory).floors);
		const { credential, floor: before } = presentOf(crypto, directory, station, floors);
		const passwd = readText(join(directory, "broker/passwd"));
		const known = parseUsers(passwd, join(directory, "broker/passwd")).has(station);
		const isAbove = credential ? credential.epoch < before : !known;
		if (isAbove && !known) return { files: {}, result: { station, floor: before, already: true } };
		const root = rootKey(directory, passphrase);
		const floor = Math.max(before, (credential?.epoch ?? before) + 1);
		floors.set(station, floor);
		const { notBeforeS } = lifetime(options);
		const files = {
			...userFiles(directory, plant, removeUser(passwd, station)),
			"epochs.cose": floorsFile(crypto, directory, root, notBeforeS, floors),
		};
		return { files, result: { station, floor, already: false } };
	});
}

/** @returns the full name. @throws {@link KeysError} `unknown`. */
export function stationNamed(plant: Plant, name: string, directory: string): string {
	for (const full of [name, `${plant.line}.${name}`])
		if (plant.stations.includes(full)) return full;
	const known = plant.stations.length > 0 ? plant.stations.join(", ") : "none";
	throw new KeysError("unknown", `${directory} has no station ${JSON.stringify(name)}: ${known}`);
}

function presentOf(
	crypto: NodeCrypto,
	directory: string,
	subject: string,
	floors: ReadonlyMap<string, number>,
): Present {
	const folder = subject === SERVER_SUBJECT ? "server" : bundlePath(subject);
	const path = join(directory, folder, "credential.cose");
	const floor = floors.get(subject) ?? 0;
	if (!existsSync(path)) return { credential: undefined, floor };
	const roots = readRoots(crypto, directory);
	try {
		const bytes = readBytes(path);
		const check = { crypto, bytes, roots, subject, epochFloor: 0, timeFloorS: 0 };
		return { credential: verifyCredential(check), floor };
	} catch (error) {
		if (error instanceof CredentialError) return { credential: undefined, floor };
		throw error;
	}
}

function keptKeys({ credential, floor }: Present, subject: string): Made {
	if (!credential)
		throw new KeysError("invalid", `${subject} has no credential whose key could be kept`);
	if (credential.epoch < floor)
		throw new KeysError("revoked", `the key of ${subject} was revoked: it needs a new one`);
	const { kem, sign } = credential;
	return { files: {}, claims: sign ? { kem, sign } : { kem } };
}

async function newKeys(
	{ directory, rsaBits = RSA_BITS }: RotateOptions,
	subject: string,
	{ credential }: Present,
): Promise<Made> {
	if (subject !== SERVER_SUBJECT) {
		const key = await generateRsa(rsaBits, STATION_BITS_MAX);
		return {
			files: { [`${bundlePath(subject)}/kem.der`]: secretFile(privateDer(key)) },
			claims: { kem: publicDer(key) },
		};
	}
	const [kem, sign] = (await Promise.all([generateRsa(rsaBits), generateRsa(rsaBits)])) as [
		KeyObject,
		KeyObject,
	];
	return {
		files: {
			"server/kem.key.pem": secretFile(privatePem(kem)),
			"server/sign.key.pem": secretFile(privatePem(sign)),
			...(credential && {
				[EARLIER_KEYS]: secretFile(withPresentKey(directory, credential.epoch)),
			}),
		},
		claims: { kem: publicDer(kem), sign: publicDer(sign) },
	};
}

/** The credential, also in every bundle, for boards that are provisioned later. */
function serverFiles(directory: string, plant: Plant, credential: Uint8Array) {
	const bundles = plant.stations.map((name) => bundleFiles(directory, name, credential));
	return Object.assign(
		{ "server/credential.cose": { bytes: credential, mode: PUBLIC_FILE } },
		...bundles,
	) as { [path: string]: FileContent };
}

/** The whole bundle; a user of the broker that was forgotten gets a new password. */
function stationFiles(directory: string, plant: Plant, name: string, credential: Uint8Array) {
	const passwd = readText(join(directory, "broker/passwd"));
	const login = `${bundlePath(name)}/broker.json`;
	const isKnown = parseUsers(passwd, join(directory, "broker/passwd")).has(name);
	const user = isKnown && existsSync(join(directory, login)) ? undefined : newUser(name);
	return {
		...bundleFiles(directory, name),
		[`${bundlePath(name)}/credential.cose`]: { bytes: credential, mode: PUBLIC_FILE },
		...(user && {
			[login]: secretFile(userText(user)),
			...userFiles(directory, plant, putUsers(passwd, [user])),
		}),
	};
}

function secretFile(bytes: Uint8Array | string): FileContent {
	return { bytes, mode: PRIVATE_FILE };
}
