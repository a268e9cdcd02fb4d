import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const folder = join(root, "host-sim/xs");
const glue = readdirSync(folder).filter((name) => /^engine.*\.[ch]$/.test(name));

/** What a C library without an operating system has, and what XS itself defines. */
const ALLOWED =
	/^(fx|gx|mem(cpy|set|move|cmp)$|str(len|cmp|ncmp|cpy|chr|rchr|cat)$|(m|c|re)alloc$|free$|v?snprintf$|_?setjmp$|longjmp$|engine_|interlock_)/;

describe("engine glue", () => {
	it("includes nothing of an operating system", () => {
		assert.ok(glue.length >= 5, "there is glue");
		for (const name of [...glue, "platform.h"]) {
			const source = readFileSync(join(folder, name), "utf8");
			for (const [, header] of source.matchAll(/#include <([^>]+)>/g))
				assert.match(
					header as string,
					/^(ctype|float|math|setjmp|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|time)\.h$/,
					name,
				);
		}
	});

	it("compiles freestanding and calls only XS and the bare C library", () => {
		const xs = process.env.MODDABLE
			? join(process.env.MODDABLE, "xs")
			: join(root, "node_modules/@agoric/xsnap/moddable/xs");
		assert.ok(existsSync(xs));
		for (const name of glue.filter((file) => file.endsWith(".c"))) {
			const includes = ["includes", "platforms", "sources"].map((part) => `-I${join(xs, part)}`);
			const platform = `-DXSPLATFORM="${join(folder, "platform.h")}"`;
			const argv = ["-std=gnu11", "-ffreestanding", "-fno-pie", "-Os", "-DINCLUDE_XSPLATFORM"];
			argv.push(platform);
			argv.push("-DmxParse=1", "-DmxRun=1", "-DmxNoConsole=1", ...includes, `-I${folder}`);
			const object = join(root, "build/xs", `freestanding-${name}.o`);
			execFileSync("cc", [...argv, "-w", "-c", join(folder, name), "-o", object]);
			const symbols = execFileSync("nm", ["-u", "-P", object], { encoding: "utf8" });
			for (const line of symbols.split("\n").filter(Boolean))
				assert.match(line.split(" ")[0] as string, ALLOWED, `${name} calls it`);
		}
	}).timeout(60_000);
});
