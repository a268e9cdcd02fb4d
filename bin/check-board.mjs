/**
 * What a board's firmware comes to, by the Moddable SDK's own tools and without a board: takes manifest.json through
 * mcconfig, compiles every module to bytecode, links with preload, and shows sizes and whatever of the modules could
 * not go into flash. `npm run check:board -- --help` lists the options; docs/board.md explains the figures.
 *
 * Needs MODDABLE to name an SDK with its tools built. Leaves out native code: that needs ESP-IDF.
 * Exit status: 0 all modules preloaded and frozen; 1 some are not, or something does not compile; 2 the command line is
 * wrong; 4 the SDK or the project's packages are missing.
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BoardError, buildImage } from "./board/image.mjs";
import { findings, measure } from "./board/measure.mjs";
import { findSdk } from "./board/sdk.mjs";
import { show } from "./board/show.mjs";
import { bundleMqttPacket } from "./bundle.mjs";
import { writeModuleTable } from "./setup/modules.mjs";
import { SetupError } from "./setup/report.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const USAGE = `Usage: npm run check:board -- [options]

  --platform NAME  esp32, or esp32/ and one of its subplatforms, such as esp32/esp32c3 (default: esp32)
  --modules        one line a module instead of one a folder
  --json           the same as JSON, every module named
  --help           this text

MODDABLE names the Moddable SDK.`;

function options() {
	try {
		const { values } = parseArgs({
			options: {
				platform: { type: "string", default: "esp32" },
				modules: { type: "boolean", default: false },
				json: { type: "boolean", default: false },
				help: { type: "boolean", default: false },
			},
		});
		if (!/^esp32(\/[a-z0-9_]+)?$/.test(values.platform))
			throw new Error(`no platform "${values.platform}" here: esp32 or esp32/SUBPLATFORM`);
		return values;
	} catch (error) {
		console.error(`check:board: ${error.message}\n\n${USAGE}`);
		process.exit(2);
	}
}

async function check({ platform, json, modules }) {
	const sdk = findSdk(process.env.MODDABLE, platform);
	if (!existsSync(join(root, "node_modules/.bin/tsc")))
		throw new SetupError("the project's packages are not installed: npm run build");
	await bundleMqttPacket();
	writeModuleTable(root);
	const image = await buildImage(root, sdk, platform);
	const report = await measure(root, sdk, image);
	if (json) console.log(JSON.stringify(report, undefined, "\t"));
	else console.log(show(report, modules));
	return findings(report) === 0 ? 0 : 1;
}

const chosen = options();
if (chosen.help) console.log(USAGE);
else
	try {
		process.exitCode = await check(chosen);
	} catch (error) {
		if (!(error instanceof SetupError || error instanceof BoardError)) throw error;
		console.error(`check:board: ${error.message}`);
		process.exitCode = error instanceof BoardError ? 1 : 4;
	}
