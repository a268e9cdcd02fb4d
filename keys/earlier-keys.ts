/**
 * The server's earlier wrapping keys, `server/earlier-kem.json` of a plant directory: a measurement log may lie in a
 * station's flash, sealed for one of them, while the server's keys are replaced (docs/protocol.md §8). Sessions need
 * none of them, and none opens a recorded session.
 *
 *   { "keys": [{ "epoch": the last one of which it was the key, "pem": … }, …] }      oldest first, EARLIER_MAX at most
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PrivateKey } from "../modules/ports/crypto.js";
import { NodeCrypto } from "../server/crypto.js";
import { KeysError } from "./errors.js";
import { readJson, readText } from "./files.js";
import { fromPrivatePem } from "./rsa.js";

/** Inside a plant directory. */
export const EARLIER_KEYS = "server/earlier-kem.json";
/** Keys kept: what was sealed for older ones can no longer be read. */
export const EARLIER_MAX = 3;

export interface EarlierKey {
	/** The last epoch of which it was the key. */
	readonly epoch: number;
	readonly kem: PrivateKey;
}

interface Entry {
	readonly epoch: number;
	readonly pem: string;
}

/** Oldest first. @throws {@link KeysError} `invalid`. */
export function readEarlierKeys(directory: string): EarlierKey[] {
	const path = join(directory, EARLIER_KEYS);
	return entriesIn(directory).map(({ epoch, pem }) => ({
		epoch,
		kem: NodeCrypto.privateKey(fromPrivatePem(pem, path), "unwrap"),
	}));
}

/** The file's text when the present key becomes an earlier one. @throws {@link KeysError}. */
export function withPresentKey(directory: string, epoch: number): string {
	const pem = readText(join(directory, "server/kem.key.pem"));
	const entries = [...entriesIn(directory), { epoch, pem }];
	return `${JSON.stringify({ keys: entries.slice(-EARLIER_MAX) }, undefined, "\t")}\n`;
}

function entriesIn(directory: string): readonly Entry[] {
	const path = join(directory, EARLIER_KEYS);
	if (!existsSync(path)) return [];
	const { keys } = readJson(path);
	const entries = Array.isArray(keys) ? (keys as (Partial<Entry> | null)[]) : [];
	const isGood = entries.every(
		(entry) => Number.isSafeInteger(entry?.epoch) && typeof entry?.pem === "string",
	);
	if (!Array.isArray(keys) || !isGood || entries.length > EARLIER_MAX)
		throw new KeysError("invalid", `${path} is not a list of earlier keys`);
	return entries as readonly Entry[];
}
