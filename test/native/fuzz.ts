/** `npm run fuzz:native`: the fuzzer of modules/crypto for as long as one likes. `--help` tells the options. */

import { parseArgs } from "node:util";
import { reached } from "./coverage.js";
import { commandOf, type Fuzzed, type FuzzOptions, fuzz, minimised } from "./fuzzer.js";
import { newBoard } from "./hosts.js";

const HELP = `Fuzzes the natives of modules/crypto on XS under AddressSanitizer, UndefinedBehaviorSanitizer and
LeakSanitizer, guided by coverage (docs/native-checks.md).

  npm run fuzz:native -- [--minutes M] [--seed N] [--runs N] [--input HEX] [--planted] [--json]

  --minutes M   how long, default 5; not with --runs
  --runs N      how many inputs; then they follow from the seed
  --seed N      0 to 4,294,967,295; default: drawn from the time
  --input HEX   runs this one input and tells its calls
  --planted     calls a known fault alone: the fuzzer has to find it
  --json        prints one JSON object
  --help        prints this

Exit status: 0 nothing found; 1 a finding, with the command that repeats it; 2 the command line is wrong.`;

interface Arguments extends FuzzOptions {
	readonly json: boolean;
}

function numberOf(name: string, text: string | undefined, otherwise: number, max: number): number {
	if (text === undefined) return otherwise;
	const value = Number(text);
	if (text === "" || !Number.isFinite(value) || value < 0 || value > max)
		throw new Error(`--${name} takes a number up to ${max}, not "${text}"`);
	return value;
}

function read(): Arguments {
	try {
		const { values } = parseArgs({
			options: {
				minutes: { type: "string" },
				seed: { type: "string" },
				runs: { type: "string" },
				input: { type: "string" },
				planted: { type: "boolean", default: false },
				json: { type: "boolean", default: false },
				help: { type: "boolean", default: false },
			},
		});
		if (values.help) {
			console.log(HELP);
			process.exit(0);
		}
		if (values.input !== undefined && !/^([0-9a-f]{2})*$/.test(values.input))
			throw new Error("--input takes hexadecimal");
		const { input, planted, json } = values;
		return {
			seed: numberOf("seed", values.seed, Date.now() % 2 ** 32, 2 ** 32 - 1),
			seconds: 60 * numberOf("minutes", values.minutes, 5, 10_000),
			...(values.runs === undefined ? {} : { runs: numberOf("runs", values.runs, 0, 1e12) }),
			...(input === undefined ? {} : { input }),
			planted,
			json,
		};
	} catch (error) {
		console.error(`${(error as Error).message}\n\n${HELP}`);
		process.exit(2);
	}
}

function tell(options: Arguments, { figures, finding, places, log }: Fuzzed): void {
	const { seed, json, planted } = options;
	const coverage = reached(places);
	const repeat = finding && commandOf(finding, planted);
	if (json) {
		console.log(JSON.stringify({ seed, ...figures, coverage, finding, repeat }));
		return;
	}
	for (const line of log) console.log(line);
	if (figures)
		console.log(
			`seed ${seed}: ${figures.runs} inputs in ${figures.ms} ms, ${figures.kept} kept; ` +
				`${coverage.places} of ${coverage.placesAll} basic blocks and ` +
				`${coverage.lines} of ${coverage.linesAll} lines of modules/crypto reached`,
		);
	if (figures && coverage.missed.length > 0)
		console.log(`not reached: ${coverage.missed.join(" ")}`);
	if (finding) console.log(`seed ${seed} found:\n${finding.report}\nrepeat with: ${repeat}`);
}

const options = read();
const onLine = (line: string) => {
	if (line.startsWith("@progress ")) console.error(line.slice("@progress ".length));
};
const board = newBoard();
const found = await fuzz(board, { ...options, onLine });
const { finding, figures } = found;
// A leak shows when all is over: its input is not known.
const isKnown = finding !== undefined && figures === undefined && options.input === undefined;
tell(options, isKnown ? { ...found, finding: await minimised(board, finding, options) } : found);
board.remove();
process.exitCode = finding === undefined ? 0 : 1;
