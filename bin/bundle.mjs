/**
 * Bundles mqtt-packet for engines that have only Uint8Array: one module, used by the board, the
 * simulator and Node alike. Its `Buffer`, buffer list and emitter are
 * modules/mqtt/{buffer,buffer-list,emitter}.ts, left as imports; its logging is dropped; its cache
 * of 65,536 number buffers (16 MB) is switched off.
 *
 * What goes in is pinned by package-lock.json. Leaves out mqtt-packet's `generate`, which nothing
 * uses.
 */
import { readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The module made, relative to the project. Imports `./buffer.js`, `./buffer-list.js` and
 * `./emitter.js`.
 */
export const BUNDLE = "build/modules/mqtt/mqtt-packet.js";

const PACKAGE = join(root, "node_modules/mqtt-packet/package.json");

const ENTRY = `
export { parser } from "mqtt-packet/parser.js";
import writeToStream from "mqtt-packet/writeToStream.js";
writeToStream.cacheNumbers = false;
export { writeToStream };
`;

/** What mqtt-packet requires by name → the CommonJS text it gets. */
const STAND_INS = {
	buffer: `module.exports = { Buffer: require("il:./buffer.js").Buffer };`,
	bl: `module.exports = require("il:./buffer-list.js").bufferList;`,
	events: `module.exports = { EventEmitter: require("il:./emitter.js").EventEmitter };`,
	debug: `module.exports = () => undefined;`,
	"process-nextick-args": `exports.nextTick = () => { throw new Error("a sink has no cork"); };`,
};

const standIns = {
	name: "stand-ins",
	setup(builder) {
		const names = new RegExp(`^(${Object.keys(STAND_INS).join("|")})$`);
		builder.onResolve({ filter: names }, ({ path }) => ({ path, namespace: "stand-in" }));
		builder.onLoad({ filter: /.*/, namespace: "stand-in" }, ({ path }) => ({
			contents: STAND_INS[path],
		}));
		// A logging call is a line of its own there; its arguments would be built on every packet.
		builder.onLoad({ filter: /mqtt-packet[/][a-zA-Z]+\.js$/ }, async ({ path }) => ({
			contents: (await readFile(path, "utf8")).replace(/^ *debug\(.*\)$/gm, ""),
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
		minifySyntax: true,
		legalComments: "inline",
		banner: { js: `/* mqtt-packet ${version}, MIT licence, bundled by bin/bundle.mjs */` },
		logLevel: "warning",
	});
	return statSync(out).size;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleMqttPacket();
