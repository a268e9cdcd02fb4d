/**
 * The paper's system as two Python processes at a Mosquitto (bench/paper/*.py), with keys made here, and a check that
 * what Python sealed is what host-sim/suite-0 reads.
 */
import type { ChildProcess } from "node:child_process";
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Kind, topicOf } from "../../host-sim/suite-0/bus.js";
import { open } from "../../host-sim/suite-0/format.js";
import { generateKeys, type PrivateKeys } from "../../host-sim/suite-0/line.js";
import { decodeResult } from "../../host-sim/suite-0/result.js";
import { check } from "../measure.js";
import { connectPlain } from "../plain-client.js";
import type { Processes } from "../processes.js";
import { PYTHON } from "./python.js";

/** These files' folder among the sources. */
const SOURCES = join(dirname(fileURLToPath(import.meta.url)), "../../../bench/paper");
export const STATION = "one";
/** No reading lies within it: every attempt fails. */
const LIMITS = { q: [1, 2] };
const READINGS = { q: 3.25, impedance: 351.7 };

export interface PaperOptions {
	readonly processes: Processes;
	/** `mqtt://host:port` */
	readonly url: string;
	readonly directory: string;
	readonly keys: PrivateKeys;
	/** The parameter file. */
	readonly file: string;
	/** How paho is used: as by default, or so that nothing waits (link.py). */
	readonly isTuned: boolean;
	/** The server publishes the file when it starts, for the broker to keep. */
	readonly isRetained: boolean;
}

type Event = Record<string, unknown>;

/** Both parties, running. */
export class PaperRival {
	readonly #station: ChildProcess;
	readonly #server: ChildProcess;
	readonly #events: Event[] = [];
	readonly #options: PaperOptions;
	#wake: () => void = () => undefined;

	private constructor(options: PaperOptions) {
		this.#options = options;
		this.#server = this.#start("server", { limits: LIMITS, file: options.file });
		this.#station = this.#start("station", { readings: READINGS });
	}

	static async start(options: PaperOptions): Promise<PaperRival> {
		const rival = new PaperRival(options);
		await rival.#next("server", "ready");
		await rival.#next("station", "ready");
		return rival;
	}

	#start(party: "server" | "station", more: Record<string, unknown>): ChildProcess {
		const { processes, url, isTuned, isRetained, directory, keys } = this.#options;
		const { hostname: host, port } = new URL(url);
		const options = {
			host,
			port: Number(port),
			station: STATION,
			tuned: isTuned,
			retained: isRetained,
			...writeKeys(join(directory, "paper-keys"), keys, party),
			...more,
		};
		const child = processes.program(PYTHON, [
			join(SOURCES, `${party}.py`),
			JSON.stringify(options),
		]);
		createInterface({ input: child.stdout }).on("line", (line) => {
			this.#events.push({ ...(JSON.parse(line) as Event), party });
			this.#wake();
		});
		child.once("exit", () => {
			this.#events.push({ event: "ended", party });
			this.#wake();
		});
		return child;
	}

	async #next(party: string, name: string): Promise<Event> {
		for (;;) {
			const at = this.#events.findIndex((each) => each.party === party && each.event === name);
			if (at >= 0) return this.#events.splice(at, 1)[0] as Event;
			const hasEnded = this.#events.some(({ event }) => event === "ended");
			check(!hasEnded, `a process of the paper's system ended, and no ${name} came`);
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}

	#tell(line: string): void {
		this.#station.stdin?.write(`${line}\n`);
	}

	/** @param word - `file`: asks the server; `retained`: takes what the broker keeps. @returns milliseconds. */
	async file(word: "file" | "retained"): Promise<{ durationMs: number; peakBytes: number }> {
		this.#tell(word);
		const { ms, digest, peak } = await this.#next("station", "file");
		const expected = createHash("sha256").update(readFileSync(this.#options.file)).digest("hex");
		check(digest === expected, "the paper's station has another file");
		return { durationMs: Number(ms), peakBytes: Number(peak) };
	}

	/** @returns milliseconds of each. The station must have its file. */
	async attempts(count: number): Promise<number[]> {
		this.#tell(`attempts ${count}`);
		const { ms } = await this.#next("station", "attempts");
		const times = ms as number[];
		check(times.length === count, `${times.length} attempts instead of ${count}`);
		return times;
	}

	/** One attempt while a listener opens with host-sim/suite-0 what Python sealed. */
	async checkSealing(): Promise<void> {
		const { url, keys, file } = this.#options;
		const heard = new Map<Kind, Uint8Array>();
		const kinds: Kind[] = ["file", "result", "verdict"];
		const client = await connectPlain(
			url,
			"bench-listener",
			`suite-0/${STATION}/+`,
			(bytes, topic) => {
				for (const kind of kinds) if (topic === topicOf(STATION, kind)) heard.set(kind, bytes);
			},
		);
		await this.file("file");
		await this.attempts(1);
		// A round trip of its own, so that what came before it has been heard.
		await new Promise<void>((resolve) =>
			client.publish("bench/last", new Uint8Array(1), { qos: 1 }, () => resolve()),
		);
		await new Promise<void>((resolve) => client.close(resolve));
		const opened = (kind: Kind, party: string) =>
			open(keyOf(keys, party), heard.get(kind) ?? new Uint8Array(0));
		check(opened("file", STATION) === readFileSync(file, "utf8"), "the paper's file does not open");
		check(opened("verdict", STATION) === "fail", "the paper's verdict does not open");
		const result = decodeResult(opened("result", "server") ?? "");
		check(result?.readings[0]?.value === READINGS.q, "the paper's result does not open");
	}

	async close(): Promise<void> {
		for (const child of [this.#station, this.#server]) {
			if (child.exitCode !== null || child.signalCode !== null) continue;
			const exit = new Promise((resolve) => child.once("exit", resolve));
			child.kill("SIGTERM");
			await exit;
		}
		// The broker keeps a file for the next station, which would get it unasked.
		const client = await connectPlain(this.#options.url, "bench-sweeper", "bench/none", () => {});
		await new Promise<void>((resolve) => {
			const topic = topicOf(STATION, "file");
			client.publish(topic, new Uint8Array(0), { qos: 1, retain: true }, () => resolve());
		});
		await new Promise<void>((resolve) => client.close(resolve));
	}
}

export async function paperKeys(): Promise<PrivateKeys> {
	return await generateKeys([STATION]);
}

function keyOf(keys: PrivateKeys, party: string): KeyObject {
	const key = keys.get(party);
	check(key !== undefined, `no key for ${party}`);
	return key;
}

/** The party's own private key and the other's public one, as PEM. */
function writeKeys(directory: string, keys: PrivateKeys, party: "server" | "station") {
	mkdirSync(directory, { recursive: true });
	const [mine, other] = party === "server" ? ["server", STATION] : [STATION, "server"];
	const pem = (name: string, text: string | Buffer) => {
		const file = join(directory, name);
		writeFileSync(file, text, { mode: 0o600 });
		return file;
	};
	const own = keyOf(keys, mine as string).export({ type: "pkcs8", format: "pem" });
	const peer = createPublicKey(keyOf(keys, other as string)).export({
		type: "spki",
		format: "pem",
	});
	return { private: pem(`${mine}.pem`, own), public: pem(`${other}.public.pem`, peer) };
}
