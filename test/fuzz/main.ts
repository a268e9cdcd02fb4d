/** The fuzzer's command: which subjects, how long, what is shown. Exit status 1 where something was found. */
import { Command, CommanderError } from "commander";
import { SEED_MAX, whole } from "../../bin/commands/options.js";
import { printJson } from "../../bin/commands/output.js";
import { hex } from "../../modules/bytes/bytes.js";
import { readCorpus, writeCorpus } from "./corpus.js";
import type { Coverage } from "./coverage.js";
import { readCrash, writeCrash } from "./crashes.js";
import { Fuzzer } from "./fuzzer.js";
import { minimised } from "./minimise.js";
import { lineOf, printTable, type Row, rowOf } from "./report.js";
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
		.option("--repeat <file>", "only gives this input, in hexadecimal, to --subject")
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
	const isOne = options.repeat === undefined || options.subject !== undefined;
	if (subjects.length === 0 || !isOne) {
		say(`Subjects: ${SUBJECTS.map(({ name }) => name).join(" ")}`);
		process.exitCode = 2;
		return;
	}
	const [subject] = subjects as [Subject];
	if (options.repeat === undefined) await all(subjects, coverage, options);
	else await repeat(subject, coverage, options.repeat);
}

async function repeat(subject: Subject, coverage: Coverage, file: string): Promise<void> {
	coverage.take();
	const outcome = await tried(subject, readCrash(file));
	say(`${subject.name}: ${outcome.kind}, ${coverage.take().work} blocks of code`);
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
		say(lineOf(row));
	}
	const found = rows.filter((row) => row.found);
	if (options.json) printJson({ seed: options.seed, subjects: rows });
	else printTable(rows);
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
		say(lineOf(rowOf(name, fuzzer, shownMs - startedMs)));
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

/** Progress: beside the results. */
function say(text: string): void {
	process.stderr.write(`${text}\n`);
}
