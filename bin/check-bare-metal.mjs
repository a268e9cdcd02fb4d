/**
 * Compiles the engine glue (host-sim/xs/engine*.c) for a chip without an operating system, rv32imc as in the ESP32-C3,
 * against XS and picolibc, and shows the sizes. `npm run check:bare-metal`; no options.
 *
 * Exit status: 0 it compiles; 1 it does not; 4 compiler or XS are missing. Leaves out linking.
 */

import { mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CROSS_COMPILER, CROSS_FLAGS, CROSS_PACKAGES, hasCrossCompiler } from "./setup/cross.mjs";
import { engineFolder } from "./setup/engine.mjs";
import { SetupError } from "./setup/report.mjs";
import { capture } from "./setup/run.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function check() {
	if (!(await hasCrossCompiler()))
		throw new SetupError(
			`no ${CROSS_COMPILER} with picolibc. On Debian: apt-get install ${CROSS_PACKAGES}`,
		);
	const xs = engineFolder(root);
	const glue = join(root, "host-sim/xs");
	const out = join(root, "build/bare-metal");
	mkdirSync(out, { recursive: true });
	const argv = [...CROSS_FLAGS, "-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter"];
	argv.push("-Wno-misleading-indentation", "-DINCLUDE_XSPLATFORM", `-I${glue}`);
	argv.push(
		`-DXSPLATFORM="${join(glue, "platform.h")}"`,
		"-DmxParse=1",
		"-DmxRun=1",
		"-DmxNoConsole=1",
	);
	for (const name of ["includes", "platforms", "sources"]) argv.push("-isystem", join(xs, name));
	let failed = 0;
	const objects = [];
	for (const name of readdirSync(glue)
		.filter((file) => /^engine.*\.c$/.test(file))
		.sort()) {
		const object = join(out, name.replace(/\.c$/, ".o"));
		const { status, output } = await capture(CROSS_COMPILER, [
			...argv,
			"-c",
			join(glue, name),
			"-o",
			object,
		]);
		if (output) console.error(output.trimEnd());
		if (status === 0) objects.push(object);
		else failed++;
	}
	if (objects.length > 0)
		console.log(
			(await capture(CROSS_COMPILER.replace(/gcc$/, "size"), ["-t", ...objects])).output.trimEnd(),
		);
	console.log(`rv32imc: ${objects.length} files compiled, ${failed} refused`);
	return failed === 0 ? 0 : 1;
}

try {
	process.exitCode = await check();
} catch (error) {
	if (!(error instanceof SetupError)) throw error;
	console.error(`check:bare-metal: ${error.message}`);
	process.exitCode = 4;
}
