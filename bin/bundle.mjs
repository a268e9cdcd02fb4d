/**
 * Bundles mqtt-packet for engines that have only Uint8Array: one module, used by the board, the
 * simulator and Node alike. Its `Buffer`, buffer list and emitter are
 * modules/mqtt/{buffer,buffer-list,emitter}.ts, left as imports; its logging is dropped, and so are
 * its caches of number buffers (65,536 of them, 16 MB). Its constants stay constants and its tables
 * are frozen, so that a board links all of it into flash.
 *
 * What goes in is pinned by package-lock.json. Leaves out mqtt-packet's `generate`, which nothing
 * uses.
 */
import { readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The module made, relative to the project. Imports `./buffer.js`, `./buffer-list.js`,
 * `./emitter.js` and `../bytes/frozen.js`.
 */
export const BUNDLE = "build/modules/mqtt/mqtt-packet.js";

const PACKAGE = join(root, "node_modules/mqtt-packet/package.json");

const ENTRY = `
export { parser } from "mqtt-packet/parser.js";
export { default as writeToStream } from "mqtt-packet/writeToStream.js";
`;

/** What mqtt-packet requires by name → the CommonJS text it gets. */
const STAND_INS = {
	buffer: `module.exports = { Buffer: require("il:./buffer.js").Buffer };`,
	bl: `module.exports = require("il:./buffer-list.js").bufferList;`,
	events: `module.exports = { EventEmitter: require("il:./emitter.js").EventEmitter };`,
	debug: `module.exports = () => undefined;`,
	"process-nextick-args": `exports.nextTick = () => { throw new Error("a sink has no cork"); };`,
};

/** File of mqtt-packet → what is taken out of it, each there exactly once, and what goes in its place. */
const CHANGES = {
	"numbers.js": [
		[/^const max = 65536\nconst cache = \{\}\n/m, ""],
		[/^function generateCache \(\) \{\n(?: .*\n)+\}\n/m, ""],
		[/^ {2}cache,\n {2}generateCache,\n/m, ""],
	],
	"writeToStream.js": [
		[/^const numCache = .*\n/m, ""],
		[/^const generateCache = .*\n/m, ""],
		[/^let writeNumber = writeNumberCached\nlet toGenerate = true\n/m, ""],
		[/^ {2}if \(toGenerate\) \{\n(?: {4}.*\n)+ {2}\}\n/m, ""],
		[/^Object\.defineProperty\(generate, 'cacheNumbers', \{\n(?: .*\n)+\}\)\n/m, ""],
		[/^function writeNumberCached .*\n(?: .*\n|\n)+\}\n/m, ""],
		[/^function writeNumberGenerated /m, "function writeNumber "],
		[/^const varByteIntCache = .*\n/m, ""],
		[/^ {2}let buffer = varByteIntCache\[num\]\n/m, ""],
		[
			/^ {2}if \(!buffer\) \{\n(?: {4}.*\n)+ {2}\}\n/m,
			"  const buffer = genBufVariableByteInt(num)\n",
		],
	],
};

/** File of mqtt-packet → what is added at its end. */
const ADDITIONS = {
	"constants.js": `require("il:../bytes/frozen.js").frozen(module.exports);`,
};

/**
 * One of mqtt-packet's files as it goes in. In a block of its own, since bundling makes variables of
 * constants at a file's top level.
 *
 * @throws where it does not have what is to be changed.
 */
async function changed(path) {
	// A logging call is a line of its own there; its arguments would be built on every packet.
	let text = (await readFile(path, "utf8")).replace(/^ *debug\(.*\)\n/gm, "");
	for (const [pattern, replacement] of CHANGES[basename(path)] ?? []) {
		const count = [...text.matchAll(new RegExp(pattern, "gm"))].length;
		if (count !== 1)
			throw new Error(`${path}: ${pattern} is there ${count} times; bin/bundle.mjs knows it once`);
		text = text.replace(pattern, replacement);
	}
	return `"use strict";\n{\n${text}\n${ADDITIONS[basename(path)] ?? ""}\n}`;
}

const standIns = {
	name: "stand-ins",
	setup(builder) {
		const names = new RegExp(`^(${Object.keys(STAND_INS).join("|")})$`);
		builder.onResolve({ filter: names }, ({ path }) => ({ path, namespace: "stand-in" }));
		builder.onLoad({ filter: /.*/, namespace: "stand-in" }, ({ path }) => ({
			contents: STAND_INS[path],
		}));
		builder.onLoad({ filter: /mqtt-packet[/][a-zA-Z]+\.js$/ }, async ({ path }) => ({
			contents: await changed(path),
		}));
		builder.onResolve({ filter: /^il:/ }, ({ path }) => ({
			path: path.slice(3),
			namespace: "own",
		}));
		builder.onLoad({ filter: /.*/, namespace: "own" }, ({ path }) => ({
			contents: `export * from ${JSON.stringify(`${path}?external`)};`,
		}));
		builder.onResolve({ filter: /\?external$/ }, ({ path }) => ({
			path: path.slice(0, -"?external".length),
			external: true,
		}));
	},
};

/** Whether `out` is younger than what it is made from. */
function isFresh(out) {
	const made = statSync(out, { throwIfNoEntry: false })?.mtimeMs ?? 0;
	return [PACKAGE, fileURLToPath(import.meta.url)].every((path) => statSync(path).mtimeMs < made);
}

/**
 * Makes the bundle, unless it is there and up to date.
 *
 * @param {string} [out] - path of the module to write; {@link BUNDLE} by default.
 * @returns {Promise<number>} its size in bytes.
 * @throws where mqtt-packet is not installed or needs something that has no stand-in.
 */
export async function bundleMqttPacket(out = join(root, BUNDLE)) {
	if (isFresh(out)) return statSync(out).size;
	const { version } = JSON.parse(readFileSync(PACKAGE, "utf8"));
	// Only here: loading it takes longer than finding that nothing is to be done.
	const { build } = await import("esbuild");
	await build({
		stdin: { contents: ENTRY, resolveDir: root, sourcefile: "mqtt-packet-entry.js" },
		bundle: true,
		format: "esm",
		platform: "neutral",
		target: "es2022",
		outfile: out,
		plugins: [standIns],
		legalComments: "inline",
		banner: { js: `/* mqtt-packet ${version}, MIT licence, bundled by bin/bundle.mjs */` },
		logLevel: "warning",
	});
	return statSync(out).size;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleMqttPacket();
