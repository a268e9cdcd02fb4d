/** Finds the Moddable SDK and its tools, and says what to do where they are not there. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SetupError } from "../setup/report.mjs";

const TOOLS = ["mcconfig", "mcrez", "xsc", "xsid", "xsl"];
const HOSTS = { linux: "lin", darwin: "mac" };
const GUIDE = "https://www.moddable.com/documentation/Moddable%20SDK%20-%20Getting%20Started";

/**
 * @param folder - the value of MODDABLE.
 * @returns `{ folder, tools, version }`: the SDK, the folder of its tools, its version.
 * @throws {@link SetupError} with what to install.
 */
export function findSdk(folder, platform) {
	if (!folder)
		throw new SetupError(
			`MODDABLE is not set. This check needs the Moddable SDK, version 8.2 or newer, for this computer alone (no ESP-IDF).
Install it as ${GUIDE} says
for your system, up to and including its command-line tools. Then: export MODDABLE=FOLDER; npm run check:board`,
		);
	const host = HOSTS[process.platform];
	if (!host) throw new SetupError(`the SDK's tools are looked for on Linux and macOS only`);
	if (!existsSync(join(folder, "xs/sources/xsAll.c")) || !existsSync(join(folder, "modules/io")))
		throw new SetupError(`no Moddable SDK in ${folder}: set MODDABLE to the SDK's own folder`);
	const tools = join(folder, "build/bin", host, "release");
	const missing = TOOLS.filter((name) => !existsSync(join(tools, name)));
	if (missing.length > 0)
		throw new SetupError(
			`the SDK's tools are not built: no ${missing.join(", ")} in ${tools}.
Build them as ${GUIDE} says for your system`,
		);
	if (!existsSync(join(folder, "build/devices", platform.split("/")[0], "manifest.json")))
		throw new SetupError(`the SDK in ${folder} has no platform ${platform}`);
	const file = join(folder, "tools/VERSION");
	const version = existsSync(file) ? readFileSync(file, "utf8").trim() : "unknown";
	return { folder, tools, version };
}
