/**
 * Compiles modules/crypto/*.c against the public headers of another PSA Crypto than the one installed, for example of
 * TF-PSA-Crypto 1.x, which mbedTLS 4 and ESP-IDF 6 carry: `npm run check:psa -- --include FOLDER`. Every warning counts.
 *
 * FOLDER holds psa/crypto.h; give --include again for further folders that its headers look into.
 * Exit status: 0 all compile; 1 some do not; 2 the command line is wrong; 4 XS is missing. Leaves out linking.
 */

import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { engineFolder } from "./setup/engine.mjs";
import { SetupError } from "./setup/report.mjs";
import { capture } from "./setup/run.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const USAGE = "Usage: npm run check:psa -- --include FOLDER [--include FOLDER]...";

function folders() {
	try {
		const { values } = parseArgs({ options: { include: { type: "string", multiple: true } } });
		const list = (values.include ?? []).map((folder) => resolve(folder));
		if (!list.some((folder) => existsSync(join(folder, "psa/crypto.h"))))
			throw new Error("no FOLDER given holds psa/crypto.h");
		return list;
	} catch (error) {
		console.error(`check:psa: ${error.message}\n${USAGE}`);
		process.exit(2);
	}
}

/** Which headers they are, where they say so. */
async function version(includes) {
	const argv = ["-E", "-dM", ...includes, "-include", "psa/crypto.h", "-x", "c", "/dev/null"];
	const { output } = await capture("cc", argv);
	const text = /^#define (?:TF_PSA_CRYPTO|MBEDTLS)_VERSION_STRING_FULL\s+"([^"]+)"/m.exec(output);
	return text?.[1] ?? "headers without a version";
}

async function check(includes) {
	const xs = engineFolder(root);
	const source = join(root, "modules/crypto");
	const out = join(root, "build/psa");
	mkdirSync(out, { recursive: true });
	const argv = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"];
	argv.push("-DINCLUDE_XSPLATFORM", `-DXSPLATFORM="${join(root, "host-sim/xs/platform.h")}"`);
	argv.push("-DmxParse=1", "-DmxRun=1", "-DmxNoConsole=1", ...includes);
	argv.push(`-I${source}`, `-I${join(root, "host-sim/xs")}`);
	for (const name of ["includes", "platforms", "sources"]) argv.push("-isystem", join(xs, name));
	const names = readdirSync(source).filter((name) => name.endsWith(".c"));
	let failed = 0;
	for (const name of names) {
		const object = join(out, name.replace(/\.c$/, ".o"));
		const { status, output } = await capture("cc", [
			...argv,
			"-c",
			join(source, name),
			"-o",
			object,
		]);
		if (output) console.error(output.trimEnd());
		if (status !== 0) failed++;
	}
	console.log(
		`${await version(includes)}: ${names.length - failed} files compiled, ${failed} refused`,
	);
	return failed === 0 ? 0 : 1;
}

const includes = folders().map((folder) => `-I${folder}`);
try {
	process.exitCode = await check(includes);
} catch (error) {
	if (!(error instanceof SetupError)) throw error;
	console.error(`check:psa: ${error.message}`);
	process.exitCode = 4;
}
