/**
 * Claim: AES-256-GCM through this project's own code costs little beside the cipher itself.
 *
 * On XS: the firmware's Aead, and a C program that calls psa_aead_* directly, both linked with the same library. On
 * Node (aead-node.ts): the server's Aead, and node:crypto called plainly. All seal and open the same pieces in turn,
 * and must come to the same tag. A segment has at most 4 KiB, so larger files are cut on all sides, but for the
 * one-shot over a whole file, which shows what cutting costs.
 */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Job, onNode, openssl, opensslWhole, type Speeds } from "./aead-node.js";
import { check, ratios, resultsOf, summary, takeTurns } from "./measure.js";
import {
	type BenchRun,
	type BenchSize,
	binary,
	type Curve,
	type Figure,
	type Report,
} from "./report.js";
import { measure } from "./targets.js";
import { temporaryDirectory } from "./temporary.js";
import { runOnXs } from "./xs.js";

const KIB = 1024;
const MIB = 1024 * 1024;
/** Bytes of a segment at most; the size that the target is about. */
const SEGMENT = 4096;
const SIZES: Readonly<Record<BenchSize, readonly number[]>> = {
	full: [64, 256, KIB, SEGMENT, 64 * KIB, MIB, 16 * MIB, 64 * MIB],
	quick: [64, SEGMENT, MIB],
	smoke: [64, SEGMENT, 64 * KIB],
};
const ROUNDS: Readonly<Record<BenchSize, number>> = { full: 7, quick: 3, smoke: 1 };
/** What each contender seals at least, so that a clock of milliseconds does. */
const WORK: Readonly<Record<BenchSize, { readonly pieces: number; readonly bytes: number }>> = {
	full: { pieces: 100_000, bytes: 64 * MIB },
	quick: { pieces: 20_000, bytes: 16 * MIB },
	smoke: { pieces: 20, bytes: 0 },
};
/** This file's folder among the sources: build/bench is where it runs. */
const sources = join(dirname(fileURLToPath(import.meta.url)), "../../bench");
const run = promisify(execFile);

interface Times {
	readonly sealNs: number;
	readonly openNs: number;
	readonly tag: string;
}

interface TimesOnXs extends Times {
	/** Each result in an array of its own, which becomes garbage. */
	readonly sealNewNs: number;
	readonly openNewNs: number;
	readonly isSame: boolean;
	readonly isRefused: boolean;
}

const CONTENDERS = ["XS", "C", "Node", "OpenSSL", "OpenSSL, whole file"] as const;
type Contender = (typeof CONTENDERS)[number];
type Results = ReadonlyMap<string, readonly Speeds[]>;

export async function aead({ size, progress }: BenchRun): Promise<Report> {
	const { path: folder, remove } = temporaryDirectory();
	try {
		const program = join(folder, "aead");
		const source = join(sources, "aead.c");
		await run("cc", ["-O2", "-Wall", "-Wextra", "-o", program, source, "-lmbedcrypto"]);
		const bySize = new Map<number, Results>();
		for (const each of SIZES[size]) {
			progress(`${binary(each)}, ${ROUNDS[size]} rounds`);
			bySize.set(each, await compare(program, each, ROUNDS[size], WORK[size]));
		}
		return report(bySize, ROUNDS[size]);
	} finally {
		remove();
	}
}

async function compare(
	program: string,
	size: number,
	rounds: number,
	work: (typeof WORK)[BenchSize],
): Promise<Results> {
	const piece = Math.min(size, SEGMENT);
	const least = size < SEGMENT ? work.pieces : Math.ceil(work.bytes / piece);
	const pieces = Math.max(least, Math.ceil(size / piece), 1);
	const bytes = piece * pieces;
	const inC = async (): Promise<Speeds> => {
		const { stdout } = await run(program, [String(piece), String(pieces)]);
		return speedsOf(bytes, JSON.parse(stdout) as Times);
	};
	const onXs = async (): Promise<Speeds> => {
		const options = { size: String(piece), pieces: String(pieces) };
		const times = (await runOnXs("aead", { options })) as TimesOnXs;
		check(times.isSame, "what XS opened is not what it sealed");
		check(times.isRefused, "XS opened a changed piece");
		return {
			...speedsOf(bytes, times),
			sealNew: perSecond(bytes, times.sealNewNs),
			openNew: perSecond(bytes, times.openNewNs),
		};
	};
	const job = new Job(Math.max(size, piece), piece, bytes);
	const results = await takeTurns<Speeds>(rounds, {
		XS: onXs,
		C: inC,
		Node: async () => onNode(job),
		OpenSSL: async () => openssl(job),
		...(size > SEGMENT && { "OpenSSL, whole file": async () => opensslWhole(job) }),
	});
	const tags = new Set(CONTENDERS.slice(0, 4).flatMap((name) => tagsOf(results, name)));
	check(tags.size === 1, `sealing ${piece} bytes came to different tags`);
	return results;
}

function tagsOf(results: Results, name: Contender): (string | undefined)[] {
	return resultsOf(results, name).map(({ tag }) => tag);
}

function perSecond(bytes: number, durationNs: number): number {
	return (bytes * 1e3) / durationNs;
}

function speedsOf(bytes: number, { sealNs, openNs, tag }: Times): Speeds {
	return { seal: perSecond(bytes, sealNs), open: perSecond(bytes, openNs), tag };
}

function values(results: Results, name: Contender, key: Exclude<keyof Speeds, "tag">): number[] {
	return resultsOf(results, name).map((each) => each[key] ?? 0);
}

function report(bySize: ReadonlyMap<number, Results>, rounds: number): Report {
	const atSegment = bySize.get(SEGMENT);
	check(atSegment !== undefined, "no round with a segment's size");
	const open = ratios(values(atSegment, "XS", "open"), values(atSegment, "C", "open"));
	return {
		bench: "aead",
		claim: "AES-256-GCM by our code, on XS and on Node, is close to the cipher alone",
		figures: figuresAt(atSegment),
		curves: (["open", "seal"] as const).flatMap((key) => curves(bySize, key)),
		measures: [measure("open-xs", summary(open))],
		conditions: { rounds, "bytes a piece at most": SEGMENT },
	};
}

function figuresAt(results: Results): Figure[] {
	const figure = (
		name: string,
		ours: Contender,
		key: Exclude<keyof Speeds, "tag">,
		rival: Contender,
		rivalKey: "seal" | "open",
		against: string,
	): Figure => {
		const [mine, other] = [values(results, ours, key), values(results, rival, rivalKey)];
		return {
			figure: name,
			ours: summary(mine),
			unit: "MB/s",
			against,
			rival: summary(other),
			ratio: summary(ratios(mine, other)),
		};
	};
	const psa = { seal: "psa_aead_encrypt from C", open: "psa_aead_decrypt from C" };
	const node = { seal: "createCipheriv, called plainly", open: "createDecipheriv, called plainly" };
	return [
		figure("XS, open 4 KiB into one buffer", "XS", "open", "C", "open", psa.open),
		figure("XS, seal 4 KiB into one buffer", "XS", "seal", "C", "seal", psa.seal),
		figure("XS, open into a new array each", "XS", "openNew", "C", "open", psa.open),
		figure("XS, seal into a new array each", "XS", "sealNew", "C", "seal", psa.seal),
		figure("Node, open 4 KiB", "Node", "open", "OpenSSL", "open", node.open),
		figure("Node, seal 4 KiB", "Node", "seal", "OpenSSL", "seal", node.seal),
	];
}

function curves(bySize: ReadonlyMap<number, Results>, key: "seal" | "open"): Curve[] {
	const series = (name: Contender, label: string, isOurs: boolean) => ({
		name: label,
		isOurs,
		points: [...bySize]
			.filter(([, results]) => results.has(name))
			.map(([x, results]) => ({ x, y: summary(values(results, name, key)) })),
	});
	const what = key === "seal" ? "Sealing" : "Opening";
	return [
		{
			title: `${what}, by size; files above 4 KiB in pieces of 4 KiB`,
			x: { label: "size", unit: "B", isLogarithmic: true },
			y: { label: "throughput", unit: "MB/s", isLogarithmic: true },
			series: [
				series("XS", "firmware on XS", true),
				series("C", "psa_aead from C", false),
				series("Node", "server on Node", true),
				series("OpenSSL", "node:crypto, plainly", false),
				series("OpenSSL, whole file", "node:crypto, whole file at once", false),
			],
		},
	];
}
