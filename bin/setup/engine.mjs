/**
 * Builds build/xs/interlock-xs: XS, the simulator's host and the firmware's natives, with `cc`. The same for its
 * variants (variants.mjs), which share the object files that they compile alike.
 *
 * XS comes from the registry's package or, where MODDABLE is set, from that SDK. An object file is made again where
 * its source, a header it includes or the command that makes it has changed.
 */

import { createHash } from "node:crypto";
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { progress, SetupError, say } from "./report.mjs";
import { capture } from "./run.mjs";
import { VARIANTS } from "./variants.mjs";

const HOST_FILES = /^(?!.*\.h$).*\.c$/;
/** Not for a host like ours (snapshots, foreign functions), or included by another file. */
const NOT_COMPILED = new Set(["xsSnapshot.c", "xsffi.c", "xsum.c"]);

/** Where XS is: the SDK that MODDABLE names, else the registry's package. @throws {@link SetupError} */
export function engineFolder(root) {
	const sdk = process.env.MODDABLE;
	const folder = sdk ? join(sdk, "xs") : join(root, "node_modules/@agoric/xsnap/moddable/xs");
	if (!existsSync(join(folder, "sources/xsAll.c")))
		throw new SetupError(`no XS sources in ${folder}${sdk ? ": check MODDABLE" : ""}`);
	return folder;
}

function sources(folder) {
	if (!existsSync(folder)) return [];
	return readdirSync(folder)
		.filter((name) => HOST_FILES.test(name) && !NOT_COMPILED.has(name))
		.sort()
		.map((name) => join(folder, name));
}

function flags(root, xs) {
	const ours = join(root, "host-sim/xs");
	const common = ["-std=gnu11", "-O2", "-g1", "-fno-strict-aliasing", "-DINCLUDE_XSPLATFORM"];
	common.push(`-DXSPLATFORM="${join(ours, "platform.h")}"`, "-DmxParse=1", "-DmxRun=1");
	common.push("-DmxBoundsCheck=1", "-DmxNoConsole=1");
	for (const name of ["includes", "platforms", "sources"]) common.push(`-I${join(xs, name)}`);
	common.push(`-I${ours}`, `-I${join(ours, "linux")}`, `-I${join(root, "modules/crypto")}`);
	return {
		engine: [...common, "-w"],
		ours: [...common, "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-misleading-indentation"],
	};
}

/**
 * Writes the sources of XS that a variant changes into its folder.
 *
 * @returns where each source is: its file's name to a path.
 */
function changedSources(root, xs, { folder, changes }) {
	const changed = new Map();
	for (const [name, before, after] of changes) {
		const file = join(xs, "sources", name);
		const text = changed.get(name) ?? readFileSync(file, "utf8");
		if (text.split(before).length !== 2)
			throw new SetupError(`${file} is of another XS: it should have this once:\n${before}`);
		changed.set(
			name,
			text.replace(before, () => after),
		);
	}
	const paths = new Map();
	for (const [name, text] of changed) {
		const path = join(root, "build", folder, name);
		mkdirSync(dirname(path), { recursive: true });
		if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
		paths.set(name, path);
	}
	return paths;
}

/** What a variant is made of: each object's source, flags and place. */
function jobsOf(root, variant) {
	const xs = engineFolder(root);
	const option = flags(root, xs);
	const changed = changedSources(root, xs, variant);
	const parts = [
		[join(xs, "sources"), [...option.engine, ...variant.engine]],
		[join(root, "host-sim/xs"), [...option.ours, ...variant.host]],
		[join(root, "host-sim/xs/linux"), [...option.ours, ...variant.host]],
		[join(root, "modules/crypto"), [...option.ours, ...variant.host, ...variant.natives(root)]],
		...variant.planted.map((folder) => [
			join(root, folder),
			[...option.ours, ...variant.host, ...variant.natives(root)],
		]),
		...variant.added.map((folder) => [join(root, folder), [...option.ours, ...variant.host]]),
	];
	return parts.flatMap(([folder, list]) =>
		sources(folder).map((original) => {
			const isEngine = folder === join(xs, "sources");
			const source = (isEngine && changed.get(basename(original))) || original;
			const key = createHash("sha256")
				.update([source, ...list].join("\0"))
				.digest("hex")
				.slice(0, 16);
			const object = join(root, "build/xs/objects", `${basename(source, ".c")}-${key}.o`);
			return { source, flags: list, object, listing: `${object.slice(0, -2)}.d` };
		}),
	);
}

/** The files that an object was made from, as the compiler listed them. */
function dependencies(listing) {
	const text = readFileSync(listing, "utf8").replaceAll("\\\n", " ");
	return text
		.slice(text.indexOf(":") + 1)
		.split(/\s+/)
		.filter(Boolean);
}

function modifiedMs(file, cache) {
	let time = cache.get(file);
	if (time === undefined) {
		time = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
		cache.set(file, time);
	}
	return time;
}

function stale(job, cache) {
	const made = statSync(job.object, { throwIfNoEntry: false })?.mtimeMs;
	if (made === undefined || !existsSync(job.listing)) return true;
	return dependencies(job.listing).some((file) => modifiedMs(file, cache) > made);
}

async function compile(job) {
	const temporary = `${job.object}.new`;
	const argv = [...job.flags, "-MMD", "-MF", job.listing, "-c", job.source, "-o", temporary];
	const { status, output } = await capture("cc", argv);
	if (status !== 0) throw new SetupError(`${job.source} does not compile:\n${output}`);
	if (output) say(output.trimEnd());
	renameSync(temporary, job.object);
}

async function compileAll(jobs) {
	let next = 0;
	const worker = async () => {
		while (next < jobs.length) {
			const job = jobs[next++];
			progress(`compiling ${next} of ${jobs.length}, ${basename(job.source)}`);
			await compile(job);
		}
	};
	await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/**
 * @param name - one of VARIANTS.
 * @returns whether anything was made.
 */
export async function buildEngine(root, name = "simulator") {
	const variant = VARIANTS[name];
	const out = join(root, "build", variant.folder);
	for (const folder of [out, join(root, "build/xs/objects")])
		mkdirSync(folder, { recursive: true });
	const jobs = jobsOf(root, variant);
	const cache = new Map();
	const todo = jobs.filter((job) => stale(job, cache));
	const binary = join(out, "interlock-xs");
	const linkList = join(out, "linked.txt");
	const objects = jobs.map((job) => job.object);
	const linked = existsSync(linkList) && existsSync(binary) ? readFileSync(linkList, "utf8") : "";
	const isOld = objects.some((file) => modifiedMs(file, cache) > modifiedMs(binary, cache));
	if (todo.length === 0 && linked === objects.join("\n") && !isOld) return false;
	await compileAll(todo);
	progress(`${name}: linking`);
	const argv = ["-rdynamic", ...variant.link, "-o", `${binary}.new`, ...objects];
	const { status, output } = await capture("cc", [
		...argv,
		"-lmbedcrypto",
		"-lm",
		"-ldl",
		"-lpthread",
	]);
	if (status !== 0) throw new SetupError(`the ${name} does not link:\n${output}`);
	renameSync(`${binary}.new`, binary);
	writeFileSync(linkList, objects.join("\n"));
	const version = await capture(binary, ["--engine"]);
	const source = process.env.MODDABLE ? "SDK" : "registry";
	writeFileSync(join(out, "engine.txt"), `${version.output.trim()} (${source})\n`);
	say(`${name}: built with ${version.output.trim()}`);
	return true;
}
