/** The build of the simulator that has a profiler, made where it is not there or old. */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ProfileError } from "./raw.js";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/**
 * @param variant - with the sanitizers, for tests.
 * @throws {@link ProfileError} `build`, with what the set-up said.
 */
export async function ensureProfiler(
	variant: "profiled" | "profiled-sanitized" = "profiled",
): Promise<void> {
	const child = spawn(process.execPath, [join(root, "bin/setup.mjs"), variant], {
		stdio: ["ignore", "ignore", "pipe"],
	});
	let said = "";
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		said += text;
	});
	const status = await new Promise((resolve) => child.once("close", resolve));
	if (status !== 0) throw new ProfileError("build", `the profiler does not build: ${said.trim()}`);
}
