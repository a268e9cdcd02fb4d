/**
 * Builds build/xs/interlock-xs: XS, the simulator's host and the firmware's natives, with `cc`. The same for its
 * variants (variants.mjs), which share the object files that they compile alike.
 *
 * XS comes from the registry's package or, where MODDABLE is set, from that SDK.
 */

import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { isOlder, makeObjects, objectJob } from "./objects.mjs";
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

/** The C files of a folder that are compiled; none where there is no such folder. */
export function sources(folder) {
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
			return objectJob(join(root, "build/xs/objects"), "cc", source, list);
		}),
	);
}

/**
 * @param name - one of VARIANTS.
 * @returns whether anything was made.
 */
export async function buildEngine(root, name = "simulator") {
	const variant = VARIANTS[name];
	const out = join(root, "build", variant.folder);
	mkdirSync(out, { recursive: true });
	const jobs = jobsOf(root, variant);
	const isMade = await makeObjects(jobs);
	const binary = join(out, "interlock-xs");
	const linkList = join(out, "linked.txt");
	const objects = jobs.map((job) => job.object);
	const linked = existsSync(linkList) && existsSync(binary) ? readFileSync(linkList, "utf8") : "";
	if (!isMade && linked === objects.join("\n") && !isOlder(binary, objects)) return false;
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
