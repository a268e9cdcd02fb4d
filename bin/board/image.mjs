/**
 * Runs the SDK's tools over manifest.json as they run for a board, up to the image of everything that is preloaded
 * (mc.xs.c): mcconfig, tsc, xsc, xsl. ESP-IDF is not asked for; what would be compiled with it is left alone.
 */

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { capture } from "../setup/run.mjs";

/** What the SDK's tools refuse. */
export class BoardError extends Error {}

/** The makefile asks for ESP-IDF's version; nothing of it is run here. */
const IDF_VERSION = "v6.0";
/** Stands for a file that ESP-IDF's configuration would make; it is not made. */
const NO_FILE = "/nonexistent/sdkconfig.h";
const TAIL_LINES = 20;

function tail(output) {
	return output.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
}

/** The entries of a list in the makefile, `NAME =\` and a line each. */
function entries(makefile, name) {
	const text = new RegExp(`^${name} =\\\\\\n((?:\\t.*\\n)*)`, "m").exec(makefile)?.[1] ?? "";
	return [...text.matchAll(/([^\s/](?:[^\s\\]*))\.xsb/g)].map(([, path]) =>
		path.replace("$(MODULES_DIR)/", ""),
	);
}

/** The JavaScript, compiled or as it is, that each module's bytecode was made from. */
function sources(makefile, folder) {
	const rules = makefile.matchAll(/^\$\(MODULES_DIR\)\/(\S+)\.xsb: (\S+)/gm);
	return new Map(
		[...rules].map(([, name, path]) => [name, path.replace("$(TMP_DIR)", folder).trim()]),
	);
}

/**
 * @returns `{ folder, modules, preloaded, scripts, log }`: where mc.xs.c is, the names of all modules and of those that
 * are preloaded (as the SDK's tools write them), the JavaScript of each, and what the tools said.
 * @throws {@link BoardError} with the end of what they said.
 */
export async function buildImage(root, sdk, platform) {
	const out = join(root, "build/board", platform.replace("/", "-"));
	const folder = join(out, "tmp", platform, "release", basename(root));
	const environment = {
		...process.env,
		MODDABLE: sdk.folder,
		PATH: `${sdk.tools}${delimiter}${process.env.PATH}`,
	};
	const options = { cwd: root, env: environment };
	mkdirSync(out, { recursive: true });
	rmSync(join(folder, "mc.xs.c"), { force: true });
	const configured = await capture("mcconfig", ["-p", platform, "-o", out], options);
	if (configured.status !== 0)
		throw new BoardError(`mcconfig refuses manifest.json:\n${tail(configured.output)}`);
	const argv = ["-f", join(folder, "makefile"), `IDF_PATH=${out}`, `IDF_VERSION=${IDF_VERSION}`];
	argv.push(`SDKCONFIG_H=${NO_FILE}`, "-o", NO_FILE, join(folder, "mc.xs.c"));
	const made = await capture("make", argv, options);
	if (made.status !== 0)
		throw new BoardError(`the modules do not compile or link:\n${tail(made.output)}`);
	const makefile = readFileSync(join(folder, "makefile"), "utf8");
	const preloaded = [...new Set(entries(makefile, "PRELOADS"))];
	const scripts = sources(makefile, folder);
	return { folder, modules: entries(makefile, "MODULES"), preloaded, scripts, log: made.output };
}
