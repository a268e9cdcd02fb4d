/**
 * Who may import what (docs/architecture.md). Run alone it prints each violation as `file:line: why` and
 * exits with 1; `findViolations(root)` is for the tests and for bin/check.mjs.
 *
 * It reads import specifiers from the text of the sources, comments removed. It does not follow
 * re-exports: each file answers for its own imports.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Folders of `modules/` (left) and the other folders of `modules/` that they may import (right). */
const PURE_LAYERS = {
	ports: [],
	bytes: [],
	cbor: ["bytes"],
	messages: ["cbor", "bytes", "ports"],
	recipe: ["bytes", "ports"],
	envelope: ["cbor", "bytes", "ports"],
	channel: ["messages", "cbor", "bytes", "ports"],
	mqtt: ["bytes", "ports"],
	station: ["channel", "envelope", "recipe", "messages", "mqtt", "cbor", "bytes", "ports"],
};
const PURE = Object.keys(PURE_LAYERS).map((name) => `modules/${name}/`);

/** What a board offers beside the project's own modules. */
const BOARD = [/^embedded:/, /^timer$/, /^time$/, /^wifi$/, /^sntp$/, /^mc\/config$/, /^net$/];
const HOST = [/^host-options$/, /^reset-reason$/];
const ANY = [/./];

/**
 * One row per part of the tree; the first row whose `from` begins a file's path applies. `to`: folders (or
 * files) that it may import besides what the same row governs; `bare`: specifiers that are not paths.
 */
export const RULES = [
	...Object.entries(PURE_LAYERS).map(([name, below]) => ({
		from: `modules/${name}/`,
		to: below.map((other) => `modules/${other}/`),
		bare: [],
	})),
	{ from: "modules/device/", to: ["modules/ports/", "modules/bytes/"], bare: BOARD },
	{ from: "modules/crypto/", to: ["modules/ports/", "modules/bytes/"], bare: BOARD },
	{ from: "modules/", to: [], bare: [] },
	{ from: "main.ts", to: ["modules/"], bare: [/^fixture$/, /^reset-reason$/, ...BOARD] },
	{ from: "board/", to: ["modules/ports/", "modules/bytes/"], bare: BOARD },
	{ from: "host-sim/plant/", to: ["modules/ports/", "modules/bytes/"], bare: [] },
	{
		from: "host-sim/device/",
		to: ["modules/ports/", "modules/bytes/", "host-sim/plant/"],
		bare: [...BOARD, ...HOST],
	},
	{ from: "test/on-xs/", to: ["modules/", "host-sim/device/", "host-sim/plant/"], bare: ANY },
	{ from: "server/core/", to: PURE, bare: [] },
	{ from: "server/", to: [...PURE, "server/core/", "keys/"], bare: ANY },
	{ from: "keys/", to: [...PURE, "server/crypto", "server/broker-rules"], bare: ANY },
	{
		from: "host-sim/",
		to: [...PURE, "server/", "keys/", "host-sim/device/", "host-sim/plant/"],
		bare: ANY,
	},
	{
		from: "bin/",
		to: [...PURE, "server/", "keys/", "host-sim/", "bench/"],
		bare: ANY,
	},
	{ from: "bench/on-xs/", to: ["modules/"], bare: ANY },
	{ from: "bench/", to: ["modules/", "server/", "keys/", "host-sim/", "bin/"], bare: ANY },
	// What runs on XS may also run here, so that both engines are put to the same tests.
	{
		from: "test/",
		to: ["modules/", "server/", "keys/", "host-sim/", "bin/", "bench/", "test/on-xs/"],
		bare: ANY,
	},
];

const SOURCE = /\.(ts|mjs)$/;
const SKIPPED = new Set(["node_modules", "build", ".git", "data"]);

/** Paths of the sources below `root`, relative, with forward slashes, in order. */
function sources(root, folder = "") {
	const found = [];
	for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
		const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
		if (entry.isDirectory()) {
			if (!SKIPPED.has(entry.name)) found.push(...sources(root, path));
		} else if (SOURCE.test(entry.name)) found.push(path);
	}
	return found.sort();
}

/** The text with comments blanked out, line ends kept; strings and templates are left as they are. */
export function withoutComments(text) {
	const token =
		/\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`/g;
	return text.replace(token, (match) =>
		match.startsWith("//") || match.startsWith("/*") ? match.replace(/[^\n]/g, " ") : match,
	);
}

/** Every specifier that `text` imports or re-exports: static, dynamic, for side effects or for types. */
export function importsOf(text) {
	const code = withoutComments(text);
	const form =
		/\b(?:import|export)\b[^;"'`]*?\bfrom\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/g;
	return [...code.matchAll(form)].map((match) => ({
		specifier: match[1] ?? match[2],
		line: code.slice(0, match.index + match[0].lastIndexOf(match[1] ?? match[2])).split("\n")
			.length,
	}));
}

/** The SDK compiles these; what only the simulator's host loads may go up as far as it likes. */
function builtBySdk(path) {
	return path.startsWith("modules/") || path === "main.ts";
}

function ruleOf(path) {
	return RULES.find(({ from }) => path.startsWith(from));
}

/** @returns why `path` may not import `specifier`, or `undefined` where it may. */
export function whyNot(path, specifier) {
	const rule = ruleOf(path);
	if (rule === undefined) return undefined;
	if (!specifier.startsWith(".")) {
		return rule.bare.some((pattern) => pattern.test(specifier))
			? undefined
			: `${rule.from} may not import the package or built-in "${specifier}"`;
	}
	if (builtBySdk(path)) {
		if (!specifier.endsWith(".js")) return `"${specifier}" does not end in .js (XS needs it)`;
		if (specifier.split("../").length > 2)
			return `"${specifier}" goes up more than once (XS resolves one ../)`;
	}
	const target = posix.normalize(posix.join(posix.dirname(path), specifier));
	if (ruleOf(target) === rule || rule.to.some((folder) => target.startsWith(folder)))
		return undefined;
	return `${rule.from} may not import ${target}`;
}

/** @returns `{ path, line, why }` of every import below `root` that breaks a rule. */
export function findViolations(root) {
	const violations = [];
	for (const path of sources(root)) {
		for (const { specifier, line } of importsOf(readFileSync(join(root, path), "utf8"))) {
			const why = whyNot(path, specifier);
			if (why !== undefined) violations.push({ path, line, why });
		}
	}
	return violations;
}

const self = fileURLToPath(import.meta.url);
if (process.argv[1] === self) {
	const root = dirname(dirname(self));
	const violations = findViolations(root);
	for (const { path, line, why } of violations)
		console.log(
			`${relative(process.cwd(), join(root, path)).split(sep).join("/")}:${line}: ${why}`,
		);
	process.exitCode = violations.length === 0 ? 0 : 1;
}
