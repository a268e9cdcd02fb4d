/** `interlock bench`: measures this project against rivals and limits, in the same run. */
import { closeSync, openSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { CommandFailure, EXIT } from "./failure.js";
import { printJson, printLine } from "./output.js";

interface BenchOptions {
	readonly html?: string;
	readonly json?: true;
	readonly quick?: true;
}

const EPILOGUE = `
Each bench makes one claim and checks what it measured. Every figure stands beside a rival or a limit that took turns
with it in the same run; what is compared is the ratio. All of it runs on this machine: server, Mosquitto and stations
are processes of their own. The paper's system is Debian's Python with PyCryptodome and paho-mqtt, which are installed
where they are missing. A full run takes about half an hour; --quick takes about a minute, for fewer rounds and sizes
and only for the benches that give a promised number. Nothing else should run meanwhile.

  aead         sealing and opening on XS and Node against the cipher alone, by size
  transfer     a file through Mosquitto, sealed against plain, by size; the receiver's memory
  transfer-xs  the same with a station on XS
  segments     segment sizes: speed, memory, bytes
  attempt      from result to verdict against an echo: latency, and rate with several stations
  session      handshakes a second against RSA alone; power-on of a board
  bytes        what goes over the network for each message and for files
  paper        the paper's system in Python, against ours
  line         lines of 3 to 100 stations: units a minute, processor, memory
  memory       what a station on XS needs

The last table says for each number that the project promises whether it was met. With --json each report is a line and
the last line is { machine, measures: [{ id, value, spread, unit, target, met }] }.

Exit status 0 where the benches ran and their checks held, also where a target was missed.

Examples:
  interlock bench                              everything
  interlock bench --quick                      every promised number, in about a minute
  interlock bench transfer paper --html page.html
  interlock bench attempt --json
`;

async function bench(names: readonly string[], options: BenchOptions): Promise<void> {
	const { BENCH_NAMES, QUICK_NAMES, runSuite } = await import("../../bench/main.js");
	const { show, showMeasures } = await import("../../bench/report.js");
	const { showMachine } = await import("../../bench/machine.js");
	const unknown = names.find((name) => !BENCH_NAMES.includes(name));
	if (unknown !== undefined)
		throw new CommandFailure(
			EXIT.usage,
			"bench",
			`there is no bench ${unknown}; there are: ${BENCH_NAMES.join(", ")}`,
		);
	const { html, json, quick } = options;
	if (html !== undefined) checkWritable(html);
	// By leaving, not by dying: what runs and lies about is then cleared away.
	for (const signal of ["SIGINT", "SIGTERM"] as const)
		process.once(signal, () => process.exit(EXIT.interrupted));
	const isLive = process.stderr.isTTY === true;
	const clear = isLive ? "\r\x1b[2K" : "";
	const suite = await orFailure(
		runSuite({
			names: names.length > 0 ? names : quick ? QUICK_NAMES : BENCH_NAMES,
			size: quick ? "quick" : "full",
			progress: (doing) => {
				if (isLive) process.stderr.write(`${clear}${doing}`);
			},
			onReport: (report) => {
				if (isLive) process.stderr.write(clear);
				if (json) printJson(report);
				else printLine(`${show(report)}\n`);
			},
		}),
	);
	if (html !== undefined) {
		const { benchPage } = await import("../../bench/page/page.js");
		writeFileSync(html, benchPage(suite));
	}
	const { machine, measures } = suite;
	if (json) return printJson({ machine, measures });
	if (measures.length > 0) printLine(`${showMeasures(measures)}\n`);
	printLine(showMachine(machine));
	if (html !== undefined) printLine(`${html} shows the curves`);
}

/** A page that cannot be written is not found out about after half an hour. */
function checkWritable(file: string): void {
	try {
		closeSync(openSync(file, "a"));
	} catch (error) {
		const message = `${file} cannot be written: ${(error as Error).message}`;
		throw new CommandFailure(EXIT.environment, "html", message);
	}
}

/** A check that did not hold is an answer; packages that are missing are the surroundings'. */
async function orFailure<T>(work: Promise<T>): Promise<T> {
	try {
		return await work;
	} catch (error) {
		const kind = error instanceof Error ? error.constructor.name : "";
		const { message } = error as Error;
		if (kind === "BenchError") throw new CommandFailure(EXIT.failed, "check", message);
		if (kind === "SetupError") throw new CommandFailure(EXIT.environment, "packages", message);
		throw error;
	}
}

export function addBenchCommand(program: Command): void {
	program
		.command("bench")
		.description("measure it against rivals and limits, in the same run")
		.argument("[names...]", "only these benches")
		.option("--quick", "every promised number in about a minute: fewer rounds and sizes")
		.option("--html <file>", "write a page with plots")
		.option("--json", "print JSON")
		.addHelpText("after", EPILOGUE)
		.action(bench);
}
