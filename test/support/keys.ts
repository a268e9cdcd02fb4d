/** Keys of a plant for tests that do not look at keys: made once for each number of stations, and small. */
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LINE_NAME, stationId } from "../../host-sim/line/prepare.js";
import { enrol, initPlant } from "../../keys/keys.js";

const made = new Map<number, Promise<string>>();

async function make(stations: number): Promise<string> {
	const parent = mkdtempSync(join(tmpdir(), "interlock-keys-"));
	process.on("exit", () => rmSync(parent, { recursive: true, force: true }));
	const directory = join(parent, "keys");
	await initPlant({ directory, line: LINE_NAME, rsaBits: 2048 });
	const ids = Array.from({ length: stations }, (_, index) => stationId(index));
	await enrol({ directory, stations: ids, rsaBits: 2048 });
	return directory;
}

/** Puts keys for `station-1` and so on into `directory`, unless some are there. */
export async function smallKeys(directory: string, stations: number): Promise<void> {
	if (existsSync(directory)) return;
	let keys = made.get(stations);
	if (keys === undefined) {
		keys = make(stations);
		made.set(stations, keys);
	}
	cpSync(await keys, directory, { recursive: true });
}
