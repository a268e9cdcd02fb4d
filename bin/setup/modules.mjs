/**
 * Turns manifest.json into the simulator's module table, build/xs/modules.txt (its form: host-sim/xs/linux/modules.h), and
 * adds to it what mcconfig needs for a board: build/board/preload.json, which manifest.json includes. mcconfig's
 * wildcards under `preload` find JavaScript only, so that file names the TypeScript modules one by one.
 *
 * Understood of mcconfig's manifest: `include` of the project's own manifests, `modules` (a module, a glob, a list),
 * `preload`, `creation`, and `platforms`, of which one is taken. Paths with a variable, such as $(MODDABLE), belong
 * to the SDK and are left out: platform "sim" names the simulator's own.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { SetupError } from "./report.mjs";
import { writeChanged } from "./write.mjs";

const PRELOAD = "build/board/preload.json";

function list(value) {
	return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** Follows `include` and the platform's part. @returns parts in the order they apply. */
function load(file, platform) {
	let manifest;
	try {
		manifest = JSON.parse(readFileSync(file, "utf8"));
	} catch (error) {
		throw new SetupError(`${file}: ${error.message}`);
	}
	const folder = dirname(file);
	const parts = [];
	for (const part of [manifest, manifest.platforms?.[platform] ?? {}]) {
		for (const include of list(part.include))
			if (!include.startsWith("$(")) parts.push(...load(join(folder, include), platform));
		parts.push({ ...part, folder });
	}
	return parts;
}

/** The JavaScript file that `path` (without extension) stands for, or undefined. */
function scriptOf(root, path) {
	if (existsSync(`${path}.ts`) && !path.endsWith(".d"))
		return join(root, "build", `${relative(root, path)}.js`);
	return existsSync(`${path}.js`) ? `${path}.js` : undefined;
}

function expand(root, key, path) {
	if (!path.endsWith("/*")) {
		const script = scriptOf(root, path);
		if (!script) return [];
		return [{ name: key === "*" ? path.slice(path.lastIndexOf("/") + 1) : key, script }];
	}
	const folder = path.slice(0, -2);
	if (!existsSync(folder)) return [];
	const found = new Map();
	for (const file of readdirSync(folder).sort()) {
		const base = /^(.*?)(?<!\.d)\.(?:ts|js)$/.exec(file)?.[1];
		if (base) found.set(key.replace("*", base), scriptOf(root, join(folder, base)));
	}
	return [...found].filter(([, script]) => script).map(([name, script]) => ({ name, script }));
}

function flatten(object, prefix = "") {
	return Object.entries(object).flatMap(([key, value]) =>
		typeof value === "object" ? flatten(value, `${prefix}${key}.`) : [[prefix + key, value]],
	);
}

function preloaded(name, patterns) {
	return patterns.some((pattern) =>
		pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
	);
}

/** What manifest.json says for `platform`: limits, script of each module, patterns of what is preloaded. */
export function readManifest(root, platform) {
	const modules = new Map();
	const preload = [];
	const creation = new Map();
	for (const part of load(join(root, "manifest.json"), platform)) {
		preload.push(...list(part.preload));
		for (const [name, value] of flatten(part.creation ?? {})) creation.set(name, value);
		for (const [key, value] of Object.entries(part.modules ?? {}))
			for (const path of list(value))
				if (!path.startsWith("$("))
					for (const { name, script } of expand(root, key, join(part.folder, path)))
						modules.set(name, script);
	}
	return { modules, preload, creation };
}

/** @returns the table's text. */
export function moduleTable(root, out) {
	const { modules, preload, creation } = readManifest(root, "sim");
	const lines = [...creation]
		.filter(([, value]) => typeof value === "number")
		.map(([name, value]) => `creation ${name} ${value}`);
	for (const [name, script] of modules) {
		const how = preloaded(name, preload) ? "preload" : "load";
		lines.push(`module ${name} ${how} ${relative(out, script)}`);
	}
	return `${lines.join("\n")}\n`;
}

function isTypeScript(root, script) {
	const source = relative(join(root, "build"), script).replace(/\.js$/, ".ts");
	return existsSync(join(root, source));
}

/** @returns the text of the manifest that names the TypeScript modules which a board preloads. */
export function preloadManifest(root) {
	const { modules, preload } = readManifest(root, "esp32");
	const wildcards = preload.filter((pattern) => pattern.endsWith("*"));
	const names = [...modules]
		.filter(([name, script]) => isTypeScript(root, script) && preloaded(name, wildcards))
		.map(([name]) => name);
	return `${JSON.stringify({ preload: names.sort() }, undefined, "\t")}\n`;
}

/** Writes both where they changed. */
export function writeModuleTable(root) {
	const out = join(root, "build/xs");
	if (!existsSync(join(root, PRELOAD))) writeChanged(join(root, PRELOAD), "{}");
	writeChanged(join(root, PRELOAD), preloadManifest(root));
	writeChanged(join(out, "modules.txt"), moduleTable(root, out));
}
