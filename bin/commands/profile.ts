/** `interlock profile`: where a station's time and memory go. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { SEED_MAX, whole } from "./options.js";
import { printJson, printLine } from "./output.js";

interface ProfileOptions {
	readonly read?: string;
	readonly size: number;
	readonly attempts: number;
	readonly seed: number;
	readonly settle: number;
	readonly slots?: number;
	readonly rows: number;
	readonly save?: string;
	readonly html?: string;
	readonly cpuprofile?: string;
	readonly json?: true;
}

const EPILOGUE = `
Without --read a station on the simulator goes through its work against a server and a broker of this command:
power-on, handshake, a parameter file fetched, attempts that fail, letting the unit go. Each is a phase with tables of its
own. With --read it shows what "interlock station --profile" or "interlock line --profile" wrote.

self is a function's own share of the phase's busy time, total is with what it called, waited is time off the processor
(a disk, other programs). Memory is counted as on a board: 16 bytes a slot, without what lies in flash. The first run
builds the simulator once more, with a profiler. docs/profiling.md says how it works and what it cannot see.

Examples:
  interlock profile
  interlock profile --size 262144 --attempts 200 --html profile.html
  interlock profile --cpuprofile station.cpuprofile     for Chrome's developer tools, or speedscope
  interlock line --profile profiles && interlock profile --read profiles/station-1.json
`;

async function measured(options: ProfileOptions, file: string): Promise<string> {
	const { size, attempts, seed, settle, slots } = options;
	const { ensureProfiler } = await import("../../host-sim/profile/build.js");
	const { profileStation } = await import("../../host-sim/profile/run.js");
	await ensureProfiler();
	await profileStation({
		...{ fileSize: size, attempts, seed, settleMs: settle, file },
		...(slots !== undefined && { slotPeriod: slots }),
		onProgress: (text) => void process.stderr.write(`interlock: ${text}\n`),
	});
	return `One station: a session, a parameter file of ${size} bytes, ${attempts} attempts (seed ${seed}).`;
}

async function profile(options: ProfileOptions): Promise<void> {
	const { makeDirectories } = await import("../../host-sim/line/directory.js");
	const { readProfile } = await import("../../host-sim/profile/raw.js");
	const { understand } = await import("../../host-sim/profile/profile.js");
	const { reportJson, reportText } = await import("../../host-sim/profile/report.js");
	const { read, rows, save, json } = options;
	const folder = mkdtempSync(join(tmpdir(), "interlock-profile-"));
	try {
		for (const file of [save, options.html, options.cpuprofile])
			if (file !== undefined) makeDirectories(dirname(file));
		const file = read ?? save ?? join(folder, "profile.json");
		const subtitle = read ? `Profile ${read}.` : await measured(options, file);
		const result = understand(readProfile(file));
		if (options.html) {
			const { profilePage } = await import("../../host-sim/profile/page.js");
			writeFileSync(options.html, profilePage(result, subtitle));
		}
		if (options.cpuprofile) {
			const { cpuProfile } = await import("../../host-sim/profile/cpuprofile.js");
			writeFileSync(options.cpuprofile, JSON.stringify(cpuProfile(result)));
		}
		if (json) printJson(reportJson(result));
		else printLine(reportText(result, rows));
	} finally {
		rmSync(folder, { recursive: true });
	}
}

export function addProfileCommand(program: Command): void {
	program
		.command("profile")
		.description("show where a station's time and memory go")
		.option("--read <file>", "show this profile instead of making one")
		.option("--size <bytes>", "bytes of the parameter file", whole(1024, 1_000_000), 65_536)
		.option("--attempts <n>", "attempts on the unit", whole(1, 10_000), 50)
		.option("--seed <n>", "what the simulated unit is like", whole(0, SEED_MAX), 1)
		.option("--settle <ms>", "how long the fixture takes for a value set", whole(0, 60_000), 0)
		.option(
			"--slots <n>",
			"watch one slot of so many for who took it (default: 16)",
			whole(1, 1000),
		)
		.option("--rows <n>", "rows of each table", whole(1, 1000), 12)
		.option("--save <file>", "keep the profile for --read")
		.option("--html <file>", "write a page with flame graphs")
		.option("--cpuprofile <file>", "write the form that Chrome's developer tools open")
		.option("--json", "print one JSON object")
		.addHelpText("after", EPILOGUE)
		.action(profile);
}
