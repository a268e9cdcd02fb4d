/**
 * Whether a plant directory has changed, cheaply: what the file system says of the files that a running server goes by.
 * Nothing is read. For the largest line that is some thousand file states, a few milliseconds.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const FILES = [
	"plant.json",
	"epochs.cose",
	"server/credential.cose",
	"server/kem.key.pem",
	"server/earlier-kem.json",
	"server/sign.key.pem",
	".change",
];

/** @returns a text that is another one after any change of keys. Never fails: what is not there is part of it. */
export function plantStamp(directory: string): string {
	let bundles: string[] = [];
	try {
		bundles = readdirSync(join(directory, "stations")).sort();
	} catch {
		// No station is enrolled.
	}
	const paths = [...FILES, ...bundles.map((name) => `stations/${name}/credential.cose`)];
	return paths.map((path) => fileStamp(join(directory, path))).join(" ");
}

/** The same of one file. */
export function fileStamp(path: string): string {
	const state = statSync(path, { bigint: true, throwIfNoEntry: false });
	return state ? `${state.ino}:${state.size}:${state.mtimeNs}` : "-";
}
