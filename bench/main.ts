/**
 * `npm run bench [-- NAME...] [--json]`: runs the benches named, or all, one after another, and prints their
 * figures. Exit status 0 where every bench ran and its checks held; there is no limit on any time.
 */
import { type Bench, type BenchSize, type Report, ratio, show } from "./figure.js";

const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
	aead: async () => (await import("./aead.js")).aead,
	attempt: async () => (await import("./attempt.js")).attempt,
	memory: async () => (await import("./memory.js")).memory,
};

export const BENCH_NAMES: readonly string[] = Object.keys(BENCHES);

/** @throws BenchError where a check did not hold. */
export async function runBench(name: string, size: BenchSize): Promise<Report> {
	const load = BENCHES[name];
	if (load === undefined) throw new Error(`no bench is called ${name}`);
	return await (await load())(size);
}

function usage(): void {
	process.stderr.write(`npm run bench [-- ${BENCH_NAMES.join(" | ")}] [--json]\n`);
	process.exitCode = 2;
}

export async function main(args: readonly string[]): Promise<void> {
	const isJson = args.includes("--json");
	const names = args.filter((each) => each !== "--json");
	if (names.some((name) => !BENCH_NAMES.includes(name))) return usage();
	for (const name of names.length === 0 ? BENCH_NAMES : names) {
		const report = await runBench(name, "full");
		if (isJson) {
			const figures = report.figures.map((each) => ({ ...each, ratio: ratio(each) }));
			process.stdout.write(`${JSON.stringify({ ...report, figures })}\n`);
		} else process.stdout.write(`${show(report)}\n\n`);
	}
}
