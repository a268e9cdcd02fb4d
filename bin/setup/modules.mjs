/**
 * Turns manifest.json into the simulator's module table, build/xs/modules.txt (its form: host-sim/xs/modules.h).
 *
 * Understood of mcconfig's manifest: `include` of the project's own manifests, `modules` (a module, a glob, a list),
 * `preload`, `creation`, and `platforms`, of which "sim" is taken. Paths with a variable, such as $(MODDABLE), belong
 * to the SDK and are left out: platform "sim" names the simulator's own.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { SetupError } from "./report.mjs";

const PLATFORM = "sim";

function list(value) {
	return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** Follows `include` and the platform's part. @returns parts in the order they apply. */
function load(file) {
	let manifest;
	try {
		manifest = JSON.parse(readFileSync(file, "utf8"));
	} catch (error) {
		throw new SetupError(`${file}: ${error.message}`);
	}
	const folder = dirname(file);
	const parts = [];
	for (const part of [manifest, manifest.platforms?.[PLATFORM] ?? {}]) {
		for (const include of list(part.include))
			if (!include.startsWith("$(")) parts.push(...load(join(folder, include)));
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

/** @returns the table's text. */
export function moduleTable(root, out) {
	const modules = new Map();
	const preload = [];
	const creation = new Map();
	for (const part of load(join(root, "manifest.json"))) {
		preload.push(...list(part.preload));
		for (const [name, value] of flatten(part.creation ?? {})) creation.set(name, value);
		for (const [key, value] of Object.entries(part.modules ?? {}))
			for (const path of list(value))
				if (!path.startsWith("$("))
					for (const { name, script } of expand(root, key, join(part.folder, path)))
						modules.set(name, script);
	}
	const lines = [...creation]
		.filter(([, value]) => typeof value === "number")
		.map(([name, value]) => `creation ${name} ${value}`);
	for (const [name, script] of modules) {
		const how = preloaded(name, preload) ? "preload" : "load";
		lines.push(`module ${name} ${how} ${relative(out, script)}`);
	}
	return `${lines.join("\n")}\n`;
}

/** Writes the table where it changed. */
export function writeModuleTable(root) {
	const out = join(root, "build/xs");
	const file = join(out, "modules.txt");
	const table = moduleTable(root, out);
	if (existsSync(file) && readFileSync(file, "utf8") === table) return;
	mkdirSync(out, { recursive: true });
	writeFileSync(file, table);
}
