/** Runs test/on-xs/profile-subject.ts with a profiler. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureProfiler } from "../../host-sim/profile/build.js";
import { Positions } from "../../host-sim/profile/positions.js";
import { byFunction, type Profile, type Sum, understand } from "../../host-sim/profile/profile.js";
import { type RawProfile, readProfile } from "../../host-sim/profile/raw.js";
import { type RunOptions, type RunResult, runOnXs } from "../support/xs.js";

const build = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const ENGINES = {
	plain: join(build, "xs/interlock-xs"),
	profiled: join(build, "xs-profiled/interlock-xs"),
	sanitized: join(build, "xs-profiled-sanitized/interlock-xs"),
};

const SUPPRESSIONS = join(dirname(build), "test/native/sanitized/xs.supp");

export interface Ask {
	readonly engine?: keyof typeof ENGINES;
	/** What the subject is asked to do. */
	readonly options: Readonly<Record<string, string>>;
	/** Of the simulator, besides `--profile`; none of them: no profile. */
	readonly argv?: readonly string[];
	/** Of the module table. */
	readonly table?: readonly string[];
	/** Another subject. */
	readonly module?: string;
}

async function run(ask: Ask, argv: readonly string[]): Promise<RunResult> {
	const { engine = "profiled", options, table, module = "profile-subject" } = ask;
	const env = {
		ASAN_OPTIONS: "detect_leaks=1",
		LSAN_OPTIONS: `suppressions=${SUPPRESSIONS}:print_suppressions=0`,
	};
	const request: RunOptions = { options, host: { command: [ENGINES[engine], ...argv], env } };
	return await runOnXs(module, table ? { ...request, table } : request);
}

export async function prepare(variant?: "profiled-sanitized"): Promise<void> {
	await ensureProfiler(variant);
}

/** Without a profile. */
export async function runPlain(ask: Ask): Promise<RunResult> {
	return await run(ask, ask.argv ?? []);
}

export interface Profiled extends RunResult {
	readonly profile: Profile;
}

export async function runProfiled(ask: Ask): Promise<Profiled> {
	const folder = mkdtempSync(join(tmpdir(), "interlock-profile-"));
	try {
		const file = join(folder, "profile.json");
		const result = await run(ask, ["--profile", file, ...(ask.argv ?? [])]);
		let raw: RawProfile;
		try {
			raw = readProfile(file);
		} catch (error) {
			throw new Error(`no profile: status ${result.code}, ${result.errors}`, { cause: error });
		}
		return { ...result, profile: understand(raw, positions(folder)) };
	} finally {
		rmSync(folder, { recursive: true });
	}
}

function positions(folder: string): Positions {
	const table = join(folder, "table.txt");
	const subject = "test/on-xs/profile-subject";
	writeFileSync(table, `module ${subject} load ${join(build, `${subject}.js`)}\n`);
	return new Positions([join(build, "xs/modules.txt"), table]);
}

export function sumOf(profile: Profile, label: string): Sum {
	const [root] = profile.nodes;
	const found = root && byFunction(profile, root).find((sum) => sum.function.label === label);
	assert.ok(found, `${label} is not in the profile`);
	return found;
}

/** Everything that holds of any profile. */
export function checkSums({ raw, nodes, busyTicks }: Profile): void {
	const sum = (of: (node: (typeof raw.nodes)[number]) => number) =>
		raw.nodes.reduce((total, node) => total + of(node), 0);
	assert.equal(
		sum((node) => node.ticks),
		raw.ticks,
	);
	const ordered = raw.sampleTicks.reduce((total, ticks) => total + ticks, 0);
	assert.equal(ordered + raw.ticksUnordered, raw.ticks);
	assert.equal(
		sum((node) => node.collections),
		raw.collections,
	);
	for (const node of nodes) assert.ok(node.total >= node.self);
	assert.ok(busyTicks <= raw.ticks);
	for (const census of [raw.peak, raw.end]) {
		const owned = (of: (owner: (typeof census.owners)[number]) => number) =>
			census.owners.reduce((total, owner) => total + of(owner), 0);
		assert.equal(
			owned((owner) => owner.slots),
			census.slots,
		);
	}
}
