/**
 * Claim: AES-256-GCM through the firmware on XS costs little beside the cipher itself.
 *
 * The firmware's Aead on XS and a C program that calls psa_aead_* directly, both linked with the same library,
 * seal and open the same pieces in turn; each round changes who begins. Both must come to the same tag.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type BenchSize, check, type Figure, type Report } from "./figure.js";
import { runOnXs } from "./xs.js";

const PIECE_SIZE = 4096;
const ROUNDS = { full: 7, smoke: 1 };
const PIECES = { full: 20_000, smoke: 20 };
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

export async function aead(size: BenchSize): Promise<Report> {
	const folder = mkdtempSync(join(tmpdir(), "interlock-bench-"));
	try {
		const program = join(folder, "aead");
		const source = join(sources, "aead.c");
		await run("cc", ["-O2", "-Wall", "-Wextra", "-o", program, source, "-lmbedcrypto"]);
		return await compare(program, ROUNDS[size], PIECES[size]);
	} finally {
		rmSync(folder, { recursive: true });
	}
}

async function compare(program: string, rounds: number, pieces: number): Promise<Report> {
	const counts = [String(PIECE_SIZE), String(pieces)];
	const inC = async (): Promise<Times> => JSON.parse((await run(program, counts)).stdout);
	const onXs = async (): Promise<TimesOnXs> => {
		const options = { size: String(PIECE_SIZE), pieces: String(pieces) };
		const result = (await runOnXs("aead", options)) as TimesOnXs;
		check(result.isSame, "what XS opened is not what it sealed");
		check(result.isRefused, "XS opened a changed piece");
		return result;
	};
	const ours: TimesOnXs[] = [];
	const rival: Times[] = [];
	for (let round = 0; round < rounds; round++) {
		if (round % 2 === 0) rival.push(await inC());
		ours.push(await onXs());
		if (round % 2 === 1) rival.push(await inC());
		check(ours.at(-1)?.tag === rival.at(-1)?.tag, "XS and C came to different tags");
	}
	/** Megabytes a second, where nothing else got in the way. */
	const speed = (durationsNs: number[]) => (PIECE_SIZE * pieces * 1e3) / Math.min(...durationsNs);
	const figure = (
		name: string,
		key: "sealNs" | "openNs",
		keyOnXs: Exclude<keyof TimesOnXs, "tag" | "isSame" | "isRefused">,
	): Figure => ({
		figure: name,
		ours: speed(ours.map((each) => each[keyOnXs])),
		unit: "MB/s",
		against: `${key === "sealNs" ? "psa_aead_encrypt" : "psa_aead_decrypt"} called from C`,
		rival: speed(rival.map((each) => each[key])),
	});
	return {
		bench: "aead",
		claim: "AES-256-GCM by the firmware on XS is close to the cipher alone",
		figures: [
			figure("seal into one buffer", "sealNs", "sealNs"),
			figure("open into one buffer", "openNs", "openNs"),
			figure("seal into a new one each", "sealNs", "sealNewNs"),
			figure("open into a new one each", "openNs", "openNewNs"),
		],
		conditions: {
			"bytes a piece": PIECE_SIZE,
			pieces,
			rounds,
			"each speed": "the best of its rounds",
		},
	};
}
