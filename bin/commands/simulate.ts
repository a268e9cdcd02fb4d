/** `interlock simulate`: lines in simulated time under faults, each drawn from a seed, held against every property. */
import { type Command, InvalidArgumentError } from "commander";
import type { Tally } from "../../host-sim/simulation/pool.js";
import type { RunResult } from "../../host-sim/simulation/run.js";
import { CommandFailure, EXIT } from "./failure.js";
import { SEED_MAX, whole } from "./options.js";
import { printJson, printLine } from "./output.js";

interface SimulateOptions {
	readonly seed?: number;
	readonly seeds?: Range;
	readonly minutes?: number;
	readonly last?: number;
	readonly realKeys?: true;
	readonly json?: true;
}

interface Range {
	readonly from: number;
	readonly to: number;
}

const SEEDS_DEFAULT: Range = { from: 1, to: 1000 };
const PROGRESS_MS = 200;
/** Lines of the history of a failure among many seeds. */
const LAST_DEFAULT = 40;

const EPILOGUE = `
The real firmware and the real server run over a modelled broker, network, flash, clock and store, without sockets and
without waiting. The seed draws the line, its units and everything that goes wrong: messages lost, repeated, late,
changed, misdirected, brought back; partitions; restarts of the broker; power cuts in the middle of a write; crashes of
the server around a commit; clocks that jump; parts that are slow; recipes and keys that change. Then the faults end, and
the line must finish. docs/simulation.md says what is checked.

A violation is printed with its seed, and the first one with the end of its history. --seed runs one seed and prints all that
happened, line by line. Exit status 1 where something was violated.

Examples:
  npm run simulate                            seeds 1 to 1000
  npm run simulate -- --seeds 1..10000 --json
  npm run simulate -- --minutes 10
  npm run simulate -- --seed 165              one seed again, exactly, with its history
`;

function range(text: string): Range {
	const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(text)?.map(Number) ?? [];
	if (from === undefined || to === undefined || from > to || to > SEED_MAX)
		throw new InvalidArgumentError(`It must look like 1..1000, up to ${SEED_MAX}.`);
	return { from, to };
}

function minutes(text: string): number {
	const value = Number(text);
	if (!(value > 0 && value <= 10_000))
		throw new InvalidArgumentError("It must be a number of minutes above 0.");
	return value;
}

function failureText({ seed, violation }: RunResult): string {
	if (!violation) return "";
	const { checker, why, atMs } = violation;
	return `seed ${seed}: ${checker}, at ${(atMs / 1000).toFixed(3)} s: ${why}`;
}

/** One seed, and what happened, line by line. */
async function replay(seed: number, { realKeys, json }: SimulateOptions) {
	const { runSeed } = await import("../../host-sim/simulation/run.js");
	const { historyLine } = await import("../../host-sim/simulation/history.js");
	const { makeRealPair } = await import("../../host-sim/simulation/real-keys.js");
	const lines: string[] = [];
	const result = await runSeed(seed, {
		onSeen: (atMs, seen) => {
			const line = json ? undefined : historyLine(atMs, seen);
			if (line !== undefined) lines.push(line);
		},
		...(realKeys && { realPair: makeRealPair }),
	});
	return { result, lines };
}

async function one(seed: number, options: SimulateOptions): Promise<boolean> {
	const startMs = performance.now();
	const { result, lines } = await replay(seed, options);
	if (options.json) {
		const failures = result.violation ? [result] : [];
		const seedsPerMinute = Math.round(60_000 / (performance.now() - startMs));
		await printTally({ seeds: 1, violations: failures.length, failures, seedsPerMinute });
		return result.violation === undefined;
	}
	for (const line of options.last ? lines.slice(-options.last) : lines) printLine(line);
	const { stations, units, attempts, messages, durationMs } = result;
	printLine(
		`\nseed ${seed}: ${stations} stations, ${units} units, ${attempts} attempts, ${messages} messages, ` +
			`${Math.round(durationMs / 1000)} s simulated`,
	);
	printLine(result.violation ? failureText(result) : "nothing was violated");
	return result.violation === undefined;
}

async function many(options: SimulateOptions): Promise<boolean> {
	const { runSeeds } = await import("../../host-sim/simulation/pool.js");
	const isTimed = options.minutes !== undefined;
	const { from, to } = options.seeds ?? (isTimed ? { from: 1, to: SEED_MAX } : SEEDS_DEFAULT);
	const isLive = process.stderr.isTTY === true;
	let shownMs = 0;
	let isStopped = false;
	process.once("SIGINT", () => {
		isStopped = true;
	});
	const tally = await runSeeds(
		{
			from,
			to,
			durationMs: (options.minutes ?? Number.POSITIVE_INFINITY) * 60_000,
			isReal: options.realKeys === true,
		},
		({ seeds, seedsPerMinute, violations }) => {
			if (!isLive || performance.now() - shownMs < PROGRESS_MS) return;
			shownMs = performance.now();
			const all = to === SEED_MAX ? "" : ` of ${to - from + 1}`;
			process.stderr.write(
				`\r\x1b[2Ksimulated ${seeds}${all} seeds, ${seedsPerMinute} a minute, ${violations} violations`,
			);
		},
		() => isStopped,
	);
	if (isLive) process.stderr.write("\r\x1b[2K");
	if (options.json) await printTally(tally);
	else {
		await printFailures(tally, options);
		printLine(
			`${tally.seeds} seeds, ${tally.violations} violations; ${tally.seedsPerMinute} seeds a minute, ` +
				`${tally.hours} hours simulated: ${tally.units} units, ${tally.attempts} attempts, ` +
				`${tally.messages} messages`,
		);
	}
	if (isStopped) throw new CommandFailure(EXIT.interrupted, "interrupted", "interrupted");
	return tally.violations === 0;
}

/** Each with its seed; how the first one came about. */
async function printFailures({ failures }: Tally, options: SimulateOptions): Promise<void> {
	const [first] = failures;
	if (!first) return;
	const { lines } = await replay(first.seed, options);
	for (const line of lines.slice(-(options.last ?? LAST_DEFAULT))) printLine(line);
	printLine(
		`\nnpm run simulate -- --seed ${first.seed} shows how it came about from the beginning\n`,
	);
	for (const failure of failures) printLine(failureText(failure));
}

/** The last line of `--json`. */
async function printTally(
	tally: Pick<Tally, "seeds" | "violations" | "failures" | "seedsPerMinute"> & Partial<Tally>,
): Promise<void> {
	const { CHECKERS, SOUND } = await import("../../host-sim/simulation/checks/index.js");
	const checkers = [...CHECKERS, SOUND].map(({ name, property, holds }) => ({
		name,
		property,
		holds,
		violations: tally.failures.filter(({ violation }) => violation?.checker === name).length,
	}));
	printJson({ ...tally, checkers });
}

async function simulate(options: SimulateOptions): Promise<void> {
	const isGood =
		options.seed === undefined ? await many(options) : await one(options.seed, options);
	if (!isGood) process.exitCode = EXIT.failed;
}

export function addSimulateCommand(program: Command): void {
	program
		.command("simulate")
		.description(
			"run lines in simulated time under faults, and check every property of the protocol",
		)
		.option("--seed <n>", "one seed, with what happened", whole(0, SEED_MAX))
		.option("--seeds <from..to>", "these seeds (default: 1..1000)", range)
		.option("--minutes <n>", "begin no seed after so long", minutes)
		.option(
			"--last <n>",
			`only so many lines of a history (default: with --seed all, else ${LAST_DEFAULT})`,
			whole(1, 1e6),
		)
		.option("--real-keys", "real RSA and X25519 instead of modelled ones; slower")
		.option("--json", "print JSON")
		.addHelpText("after", EPILOGUE)
		.action(simulate);
}
