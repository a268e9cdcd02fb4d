/**
 * The simulator as it runs, the variants of it that prove the natives of modules/crypto (docs/native-checks.md), and
 * those with a profiler (docs/profiling.md).
 *
 * A variant is a folder of build/; flags added for XS (`engine`), for all C of ours (`host`) and for the C of
 * modules/crypto (`natives`); folders of C that it adds: some compiled as modules/crypto is (`planted`), others as the
 * host (`added`); what it adds to the linker's command; Debian packages that only it needs; and changes to sources of
 * XS: the file's name, a text that it has exactly once, and what stands there instead (`changes`).
 */

import { join } from "node:path";

const SIMULATOR = {
	folder: "xs",
	engine: [],
	host: [],
	natives: () => [],
	planted: [],
	added: [],
	link: [],
	packages: [],
	changes: [],
};

/** The running frame is in the machine and not in a register, and the profiler stands in front of the heap. */
const PROFILED = {
	...SIMULATOR,
	folder: "xs-profiled",
	added: ["host-sim/xs/profiled"],
	changes: [
		["xsRun.c", "#define mxFrame frame\n", "#define mxFrame (the->frame)\n"],
		...[
			["void ", "fxCollect", "(txMachine* the, txFlag theFlag)\n{"],
			["txSlot* ", "fxNewSlot", "(txMachine* the) \n{"],
			["void* ", "fxNewChunk", "(txMachine* the, txSize size)\n{"],
			["void* ", "fxNewGrowableChunk", "(txMachine* the, txSize size, txSize capacity)\n{"],
		].map(([type, name, rest]) => [
			"xsMemory.c",
			`\n${type}${name}${rest}`,
			`\n${type}${name}Unwatched${rest}`,
		]),
	],
};

/** Puts a header in front of each source, which stands between it and PSA Crypto. */
function boundary(root, variant) {
	return ["-include", join(root, "test/native", variant, "boundary.h")];
}

export const VARIANTS = {
	simulator: SIMULATOR,
	sanitized: {
		...SIMULATOR,
		folder: "xs-sanitized",
		engine: ["-O1", "-fsanitize=address"],
		host: ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
		natives: (root) => ["-fsanitize-coverage=trace-pc", ...boundary(root, "sanitized")],
		planted: ["test/native/planted"],
		added: ["test/native/sanitized"],
		link: ["-fsanitize=address,undefined"],
	},
	memcheck: {
		...SIMULATOR,
		folder: "xs-memcheck",
		natives: (root) => boundary(root, "memcheck"),
		planted: ["test/native/planted"],
		added: ["test/native/memcheck"],
		link: ["-Wl,--wrap=interlock_return"],
		packages: [{ name: "valgrind", files: ["/usr/include/valgrind/memcheck.h"] }],
	},
	profiled: PROFILED,
	"profiled-sanitized": {
		...PROFILED,
		folder: "xs-profiled-sanitized",
		engine: ["-O1", "-fsanitize=address"],
		host: [
			...["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
			"-DPROFILE_SAMPLES_MAX=256",
		],
		link: ["-fsanitize=address,undefined"],
	},
};
