/**
 * Claim: what a session and a power-on cost is known, beside their RSA operations.
 *
 * Handshakes a second: stations on Node, each within what the server's limiters allow it, from HELLO to the answer to
 * `ready`, against raw RSA-OAEP decryptions with a key of the same size, in turn. Power-on: the firmware on XS, from
 * the start of its process to an open session and to Idle, against a process of the same engine that does nothing.
 */
import { constants, createPublicKey, privateDecrypt, publicEncrypt, webcrypto } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { prepareStation } from "../host-sim/line/station.js";
import { spawnStation } from "../host-sim/station-process.js";
import { enrol, stationDirectory } from "../keys/keys.js";
import { generateRsa } from "../keys/rsa.js";
import { check, ratios, resultsOf, type Summary, summary, takeTurns } from "./measure.js";
import { makePlant, RSA_BITS, stationName } from "./plant.js";
import { Player } from "./player.js";
import { processorMs } from "./proc.js";
import { Processes } from "./processes.js";
import { type BenchRun, type BenchSize, exact, type Figure, type Report } from "./report.js";
import { temporaryDirectory } from "./temporary.js";
import { benchModule, runOnXs } from "./xs.js";

/** Of the board's key; what `keys enrol` makes unless it is told otherwise. */
const BOARD_RSA_BITS = 3072;
const BOARD = "board";
/** Fewer than the limiter's burst for one station (modules/channel/responder.ts). */
const HELLOS = 14;
const STATIONS_A_ROUND: Readonly<Record<BenchSize, number>> = { full: 8, quick: 8, smoke: 2 };
const ROUNDS: Readonly<Record<BenchSize, number>> = { full: 5, quick: 2, smoke: 1 };
const STARTS: Readonly<Record<BenchSize, number>> = { full: 15, quick: 5, smoke: 1 };
const DECRYPTIONS: Readonly<Record<BenchSize, number>> = { full: 500, quick: 200, smoke: 3 };
const UNWRAPS: Readonly<Record<BenchSize, number>> = { full: 100, quick: 20, smoke: 1 };
/** The server's allowance for all stations together grows again. */
const REST_MS = 1200;
/** Decryptions waiting in the thread pool at once. */
const AT_ONCE = 16;
const PATIENCE_MS = 30_000;

export async function session({ size, progress }: BenchRun): Promise<Report> {
	const { path: directory, remove } = temporaryDirectory();
	const processes = new Processes(directory);
	try {
		progress("making keys");
		const ids = Array.from(
			{ length: ROUNDS[size] * STATIONS_A_ROUND[size] },
			(_, i) => `s${i + 1}`,
		);
		const keys = await makePlant(
			directory,
			ids.map((id) => ({ id })),
		);
		await enrol({ directory: keys, stations: [BOARD], rsaBits: BOARD_RSA_BITS });
		const url = await processes.broker("mosquitto");
		const pid = await processes.server(url, directory, keys);
		const figures = await handshakes({ keys, ids, url, pid, size, progress });
		progress("power-on of a board");
		figures.push(...(await powerOn(directory, keys, url, size)));
		return {
			bench: "session",
			claim: "what a session and a power-on cost, beside their RSA operations",
			figures,
			curves: [],
			measures: [],
			conditions: {
				"RSA bits of the server and the stations on Node": RSA_BITS,
				"RSA bits of the board": BOARD_RSA_BITS,
				"stations at once": STATIONS_A_ROUND[size],
				"handshakes a station": HELLOS,
			},
		};
	} finally {
		await processes.close();
		remove();
	}
}

interface Plant {
	readonly keys: string;
	readonly ids: readonly string[];
	readonly url: string;
	/** Of the server. */
	readonly pid: number;
	readonly size: BenchSize;
	readonly progress: (doing: string) => void;
}

async function handshakes({ keys, ids, url, pid, size, progress }: Plant): Promise<Figure[]> {
	const players: Player[] = [];
	for (const id of ids) players.push(await Player.connect(keys, stationName(id), url));
	const decryption = await Decryption.prepare(DECRYPTIONS[size]);
	const serverMs: number[] = [];
	const atOnce = STATIONS_A_ROUND[size];
	const handshakeRate = async (round: number): Promise<number> => {
		// Those of this round have not been heard before: their allowance is whole.
		const mine = players.slice(round * atOnce, (round + 1) * atOnce);
		await sleep(size === "smoke" ? 0 : REST_MS);
		const [atMs, beforeMs] = [performance.now(), processorMs(pid)];
		await Promise.all(mine.map(greetOften));
		const rate = (mine.length * HELLOS * 1000) / (performance.now() - atMs);
		serverMs.push((processorMs(pid) - beforeMs) / (mine.length * HELLOS));
		return rate;
	};
	progress(`${ROUNDS[size]} rounds of ${atOnce * HELLOS} handshakes`);
	const results = await takeTurns(ROUNDS[size], {
		handshakes: handshakeRate,
		plainly: async () => decryption.plainly(),
		pooled: () => decryption.pooled(),
	});
	for (const player of players) await player.close();
	const ours = resultsOf(results, "handshakes");
	const against = (rival: "plainly" | "pooled", text: string): Figure => ({
		figure: "handshakes, stations in one process",
		ours: summary(ours),
		unit: "1/s",
		against: text,
		rival: summary(resultsOf(results, rival)),
		ratio: summary(ratios(ours, resultsOf(results, rival))),
	});
	const decryptMs = resultsOf(results, "plainly").map((rate) => 1000 / rate);
	return [
		against("plainly", "privateDecrypt, one after another: a handshake needs two"),
		against("pooled", "the same in the thread pool, as the server does it"),
		{
			figure: "the server's processor time for a handshake",
			ours: summary(serverMs),
			unit: "ms",
			against: "one privateDecrypt",
			rival: summary(decryptMs),
		},
	];
}

async function greetOften(player: Player): Promise<void> {
	for (let i = 0; i < HELLOS; i++) {
		const answer = await player.greet();
		check(answer.type === "welcome-back", `${answer.type} instead of welcome-back`);
	}
}

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };

/** Raw RSA-OAEP decryptions of 32 bytes. */
class Decryption {
	readonly #key: Awaited<ReturnType<typeof generateRsa>>;
	readonly #webKey: webcrypto.CryptoKey;
	readonly #wrapped: Buffer;
	readonly #count: number;

	private constructor(
		key: Awaited<ReturnType<typeof generateRsa>>,
		webKey: webcrypto.CryptoKey,
		count: number,
	) {
		this.#key = key;
		this.#webKey = webKey;
		this.#count = count;
		this.#wrapped = publicEncrypt({ key: createPublicKey(key), ...OAEP }, Buffer.alloc(32, 1));
	}

	static async prepare(count: number): Promise<Decryption> {
		const key = await generateRsa(RSA_BITS);
		const der = key.export({ type: "pkcs8", format: "der" });
		const algorithm = { name: "RSA-OAEP", hash: "SHA-256" };
		const usages: webcrypto.KeyUsage[] = ["decrypt"];
		const webKey = await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, usages);
		return new Decryption(key, webKey, count);
	}

	/** @returns how many a second. */
	plainly(): number {
		const atMs = performance.now();
		for (let i = 0; i < this.#count; i++)
			check(privateDecrypt({ key: this.#key, ...OAEP }, this.#wrapped)[0] === 1, "decryption");
		return (this.#count * 1000) / (performance.now() - atMs);
	}

	async pooled(): Promise<number> {
		let left = this.#count;
		const atMs = performance.now();
		const worker = async () => {
			while (left-- > 0)
				await webcrypto.subtle.decrypt({ name: "RSA-OAEP" }, this.#webKey, this.#wrapped);
		};
		await Promise.all(Array.from({ length: AT_ONCE }, worker));
		return (this.#count * 1000) / (performance.now() - atMs);
	}
}

async function powerOn(
	directory: string,
	keys: string,
	url: string,
	size: BenchSize,
): Promise<Figure[]> {
	const flash = join(directory, "board.flash");
	const bundle = stationDirectory(keys, stationName(BOARD));
	await prepareStation({ bundle, url, flash });
	const nothing = benchModule(directory, "nothing");
	const results = await takeTurns(STARTS[size], {
		board: () => timesUntil({ flash }, ["session established", "state Idle"]),
		nothing: () => timesUntil({ flash, ...nothing }, ["@bench {}"]),
	});
	const column = (name: string, index: number): Summary =>
		summary(resultsOf(results, name).map((times) => times[index] as number));
	const rival = column("nothing", 0);
	const against = "a process of the engine that does nothing";
	const toSession = column("board", 0);
	const { unwrapMs } = await unwrapOnXs(flash, keys, size);
	return [
		{ figure: "power-on to an open session, XS", ours: toSession, unit: "ms", against, rival },
		{
			figure: "power-on to Idle, XS",
			ours: column("board", 1),
			unit: "ms",
			against,
			rival,
		},
		{
			figure: "of that, one RSA private operation",
			ours: exact(unwrapMs),
			unit: "ms",
			against: "power-on to an open session",
			rival: toSession,
		},
	];
}

/** @returns milliseconds from the start of the process to each of these lines of its console. */
async function timesUntil(
	program: Parameters<typeof spawnStation>[0],
	lines: readonly string[],
): Promise<number[]> {
	const times: number[] = [];
	const atMs = performance.now();
	const station = spawnStation({
		...program,
		onEvent: (event) => {
			if (event.kind !== "log" || event.line !== lines[times.length]) return;
			times.push(performance.now() - atMs);
			if (times.length === lines.length) station.stop();
		},
	});
	const patience = setTimeout(() => station.kill(), PATIENCE_MS);
	const { message } = await station.exited;
	clearTimeout(patience);
	check(
		times.length === lines.length,
		`the board did not say "${lines[times.length]}": ${message}`,
	);
	return times;
}

/** What one private operation takes with the board's own key. */
async function unwrapOnXs(
	flash: string,
	keys: string,
	size: BenchSize,
): Promise<{ unwrapMs: number }> {
	const { loadBundle } = await import("../keys/keys.js");
	const { fromPrivateDer } = await import("../keys/rsa.js");
	const { kem } = loadBundle(stationDirectory(keys, stationName(BOARD)));
	const key = createPublicKey(fromPrivateDer(kem, BOARD));
	const label = "interlock/1 bench";
	const options = { ...OAEP, oaepLabel: Buffer.from(label) };
	const wrapped = publicEncrypt({ key, ...options }, Buffer.alloc(32, 1)).toString("hex");
	return (await runOnXs("unwrap", {
		flash,
		options: { wrapped, label, count: String(UNWRAPS[size]) },
	})) as { unwrapMs: number };
}
