/** The fuzzer's command: which subjects, how long, what is shown. Exit status 1 where something was found. */
import { Command, CommanderError } from "commander";
import { SEED_MAX, whole } from "../../bin/commands/options.js";
import { printJson, printLine } from "../../bin/commands/output.js";
import { hex } from "../../modules/bytes/bytes.js";
import { readCorpus, writeCorpus } from "./corpus.js";
import type { Coverage } from "./coverage.js";
import { readCrash, writeCrash } from "./crashes.js";
import { Fuzzer } from "./fuzzer.js";
import { minimised } from "./minimise.js";
import { type Subject, tried } from "./subject.js";
import { SUBJECTS } from "./subjects.js";
import { watch } from "./watchdog.js";

const SHOW_MS = 5000;

interface Options {
	readonly subject?: string;
	readonly seed: number;
	readonly minutes: number;
	readonly inputs?: number;
	readonly repeat?: string;
	readonly write?: true;
	readonly json?: true;
}

/** What came of one subject. `ran` and `of` are characters of compiled code: what ran, and all of the functions entered. */
interface Row {
	readonly subject: string;
	readonly inputs: number;
	readonly perSecond: number;
	readonly ran: number;
	readonly of: number;
	readonly refusals: number;
	readonly kept: number;
	readonly found?: { readonly error: string; readonly input: string; readonly repeat: string };
}

const EPILOGUE = `
Examples:
  npm run fuzz                                      every decoder, ten minutes in all
  npm run fuzz -- --subject cbor --minutes 60       one of them, an hour
  npm run fuzz -- --seed 7 --inputs 100000          the same inputs every time
  npm run fuzz -- --minutes 30 --write              and makes test/vectors/fuzz anew`;

function program(): Command {
	return new Command("fuzz")
		.description("Gives every decoder hostile input, led by the code that it reaches.")
		.option("--subject <name>", "only this one; a name that is none lists them")
		.option("--seed <n>", "draws all inputs", whole(0, SEED_MAX), Date.now() % 1_000_000)
		.option("--minutes <n>", "for all subjects together", whole(1, 100_000), 10)
		.option("--inputs <n>", "per plain decoder, in place of a time", whole(1, 2 ** 40))
		.option("--repeat <file>", "only tries this input, in hexadecimal, on --subject")
		.option("--write", "keeps the inputs that add something as the corpus of the repository")
		.option("--json", "one line of JSON at the end, on standard output")
		.addHelpText("after", EPILOGUE)
		.exitOverride();
}

/** @param coverage - started. @param args - without the interpreter and the script. */
export async function main(coverage: Coverage, args: readonly string[]): Promise<void> {
	let options: Options;
	try {
		options = program().parse(args, { from: "user" }).opts<Options>();
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error;
		process.exitCode = error.exitCode === 0 ? 0 : 2;
		return;
	}
	const subjects = SUBJECTS.filter(({ name }) => (options.subject ?? name) === name);
	if (subjects.length === 0) {
		say(`Subjects: ${SUBJECTS.map(({ name }) => name).join(" ")}`);
		process.exitCode = 2;
		return;
	}
	if (options.repeat !== undefined) await repeat(subjects[0] as Subject, options.repeat);
	else await all(subjects, coverage, options);
}

async function repeat(subject: Subject, file: string): Promise<void> {
	const outcome = await tried(subject, readCrash(file));
	say(`${subject.name}: ${outcome.kind}`);
	if (outcome.kind !== "found") return;
	console.error(outcome.error);
	process.exitCode = 1;
}

async function all(subjects: readonly Subject[], coverage: Coverage, options: Options) {
	say(`seed ${options.seed}`);
	const rows: Row[] = [];
	for (const subject of subjects) {
		const row = await one(subject, coverage, options, (options.minutes * 60_000) / subjects.length);
		rows.push(row);
		say(line(row));
	}
	const found = rows.filter((row) => row.found);
	if (options.json) printJson({ seed: options.seed, subjects: rows });
	else table(rows);
	if (found.length > 0) process.exitCode = 1;
}

/** One subject, to its end: a number of inputs, a time, or a finding. */
async function one(
	subject: Subject,
	coverage: Coverage,
	options: Options,
	durationMs: number,
): Promise<Row> {
	const { name, cost = 1 } = subject;
	const { seed, inputs } = options;
	const watchdog = inputs === undefined ? watch(name) : undefined;
	const onInput = watchdog && { onInput: watchdog.onInput };
	const corpus = readCorpus(name);
	const fuzzer = new Fuzzer({ subject, seed, coverage, corpus, ...onInput });
	const startedMs = performance.now();
	await fuzzer.replay();
	const goesOn = () =>
		inputs === undefined
			? performance.now() - startedMs < durationMs
			: fuzzer.inputs < inputs / cost;
	let shownMs = startedMs;
	while (!fuzzer.finding && goesOn()) {
		await fuzzer.round();
		if (performance.now() - shownMs < SHOW_MS) continue;
		shownMs = performance.now();
		say(line(rowOf(name, fuzzer, shownMs - startedMs)));
	}
	watchdog?.stop();
	const row = rowOf(name, fuzzer, performance.now() - startedMs);
	const { finding } = fuzzer;
	if (!finding) {
		if (options.write) await write(subject, coverage, fuzzer, seed);
		return row;
	}
	const bytes = await minimised(subject, finding.bytes, finding.error);
	const error = finding.error instanceof Error ? finding.error.stack : String(finding.error);
	const found = { error: error ?? "", input: hex(bytes), repeat: writeCrash(name, bytes) };
	say(`${name}, seed ${seed}: ${found.error}\ninput: ${found.input}\nrepeat: ${found.repeat}`);
	return { ...row, found };
}

/** Keeps of all inputs those that still add something when the short ones come first. */
async function write(subject: Subject, coverage: Coverage, fuzzer: Fuzzer, seed: number) {
	const corpus = [...fuzzer.kept].sort((a, b) => a.length - b.length);
	const fewer = new Fuzzer({ subject, seed, coverage, corpus });
	await fewer.replay(true);
	const { name } = subject;
	const count = fuzzer.inputs;
	const made = `npm run fuzz -- --subject ${name} --seed ${seed} --write, ${count} inputs`;
	writeCorpus(name, made, fewer.kept);
}

function rowOf(subject: string, fuzzer: Fuzzer, elapsedMs: number): Row {
	const { inputs, refusals, kept, reached } = fuzzer;
	const perSecond = Math.round((1000 * inputs) / elapsedMs);
	return { subject, inputs, perSecond, ...reached, refusals, kept: kept.length };
}

function line({ subject, inputs, perSecond, ran, of, refusals, kept }: Row): string {
	const code = `${ran} of ${of} characters of code`;
	return `${subject}: ${inputs} inputs, ${perSecond}/s, ${code}, ${refusals} refusals, ${kept} kept`;
}

function table(rows: readonly Row[]): void {
	const cells = [
		["subject", "inputs", "inputs/s", "code", "refusals", "kept", "found"],
		...rows.map((row) =>
			[
				row.subject,
				row.inputs,
				row.perSecond,
				`${((100 * row.ran) / row.of).toFixed(1)} %`,
				row.refusals,
				row.kept,
				row.found ? "yes" : "nothing",
			].map(String),
		),
	];
	const widths =
		cells[0]?.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0))) ?? [];
	for (const row of cells)
		printLine(
			row
				.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
				.join("  "),
		);
}

/** Progress: beside the results. */
function say(text: string): void {
	process.stderr.write(`${text}\n`);
}
