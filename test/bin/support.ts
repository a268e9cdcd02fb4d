/** The command line for tests, without the building that bin/interlock does first. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const RUN = fileURLToPath(new URL("../../bin/commands/run.js", import.meta.url));
export const RECIPES = fileURLToPath(new URL("../../../recipes", import.meta.url));
/** A command that does not end is a failure with `status` null. */
const PATIENCE_MS = 30_000;

export interface Said {
	readonly status: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export function interlock(...args: string[]): Said {
	const { status, stdout, stderr } = spawnSync(process.execPath, [RUN, ...args], {
		encoding: "utf8",
		timeout: PATIENCE_MS,
	});
	return { status, stdout, stderr };
}
