/**
 * What bench/transfer.ts and its like stand on: Mosquitto, the server in its own process with a file for each of its
 * stations, and for each transfer a receiver in a process of its own, sealed or plain, on Node or on XS.
 */
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FlashImage } from "../../host-sim/flash-image.js";
import { DEFAULT_PARTITIONS } from "../../host-sim/flash-table.js";
import { prepareStation } from "../../host-sim/line/station.js";
import {
	type LinuxStationOptions,
	type StationEvent,
	spawnStation,
} from "../../host-sim/station-process.js";
import { stationDirectory } from "../../keys/keys.js";
import { check } from "../measure.js";
import { makePlant, type PlantStation, recipeOf, stationName } from "../plant.js";
import { peakBytes, processorMs } from "../proc.js";
import { Processes } from "../processes.js";
import { endsWithThis, temporaryDirectory } from "../temporary.js";
import { benchModule } from "../xs.js";
import { slotSizeFor } from "./memory-storage.js";
import type { Received, ReceiverOptions } from "./receiver.js";

/** A file that takes longer has stuck. */
const PATIENCE_MS = 600_000;
const RECEIVER = fileURLToPath(new URL("./receiver.js", import.meta.url));
/** A flash image here costs no disk, so that none hides what a side costs. */
const SHARED_MEMORY = "/dev/shm";

export interface ReceivedOnXs extends Pick<Received, "durationMs" | "peakBytes"> {
	/** What the board took of its budget: slots, chunks and stack, as they grew. */
	readonly reservedBytes: number;
}

type Program = Pick<LinuxStationOptions, "main" | "table" | "options">;

export interface RigOptions {
	/** Of the files, in bytes; each has a station of its own. */
	readonly sizes: readonly number[];
	/** Further options of the server's command. */
	readonly server?: readonly string[];
	/** Further stations, which the route begins with, and units on their way to the first. */
	readonly first?: readonly PlantStation[];
	readonly units?: readonly string[];
}

export function stationFor(size: number): string {
	return stationName(`s${size}`);
}

export class Rig {
	readonly directory: string;
	readonly #temporary = temporaryDirectory();
	readonly #flashes = temporaryDirectory(existsSync(SHARED_MEMORY) ? SHARED_MEMORY : undefined);
	readonly processes: Processes;
	url = "";
	keys = "";
	serverPid = 0;
	#senderPid = 0;
	readonly #digests = new Map<number, string>();
	#runs = 0;

	private constructor() {
		this.directory = this.#temporary.path;
		this.processes = new Processes(this.directory);
	}

	static async open({ sizes, server = [], first = [], units = [] }: RigOptions): Promise<Rig> {
		const rig = new Rig();
		try {
			const texts = sizes.map((size) => ({ size, text: recipeOf(size) }));
			for (const { size, text } of texts) {
				rig.#digests.set(size, createHash("sha256").update(text).digest("hex"));
				writeFileSync(rig.file(size), text);
			}
			const plant = texts.map(({ size, text }) => ({
				id: `s${size}`,
				text,
				slotSize: slotSizeFor(size),
			}));
			rig.keys = await makePlant(rig.directory, [...first, ...plant], units);
			rig.url = await rig.processes.broker("mosquitto");
			rig.serverPid = await rig.processes.server(rig.url, rig.directory, rig.keys, server);
			const files = [rig.url, rig.directory];
			rig.#senderPid = await rig.processes.peer("./transfer/sender.js", files);
			return rig;
		} catch (error) {
			await rig.close();
			throw error;
		}
	}

	file(size: number): string {
		return join(this.directory, `file-${size}`);
	}

	/**
	 * On Node.
	 *
	 * @param blockSegments - what one message carries, in pieces or segments of 4 KiB.
	 * @returns with the processor time of sender, broker and receiver together.
	 * @throws BenchError where what came is not the file.
	 */
	async receive(kind: ReceiverOptions["kind"], size: number, blockSegments = 1): Promise<Received> {
		const others = [kind === "plain" ? this.#senderPid : this.serverPid, this.processes.brokerPid];
		const used = () => others.reduce((sum, pid) => sum + processorMs(pid), 0);
		const before = used();
		const { url, keys } = this;
		const station = stationFor(size);
		const options: ReceiverOptions = { kind, url, keys, station, size, blockSegments };
		const child = fork(RECEIVER, [JSON.stringify(options)]);
		endsWithThis(child);
		const received = await new Promise<Received>((resolve, reject) => {
			const patience = setTimeout(() => {
				child.kill("SIGKILL");
				reject(new Error(`a ${kind} transfer of ${size} bytes does not end`));
			}, PATIENCE_MS);
			child.once("message", (message) => resolve(message as Received));
			child.once("exit", () => {
				clearTimeout(patience);
				reject(new Error(`the ${kind} receiver ended without a word`));
			});
		});
		check(received.digest === this.#digests.get(size), `${kind}: another file came`);
		return { ...received, processorMs: received.processorMs + used() - before };
	}

	/** On XS, with the flash image in memory. */
	async receiveOnXs(kind: ReceiverOptions["kind"], size: number): Promise<ReceivedOnXs> {
		const flash = join(this.#flashes.path, `${this.#runs++}.flash`);
		const shapes = DEFAULT_PARTITIONS.filter(({ name }) => !name.startsWith("slot"));
		const slots = [slotSizeFor(size), slotSizeFor(0)];
		const all = [...shapes, ...slots.map((each, i) => ({ name: `slot${i}`, size: each }))];
		FlashImage.create(flash, all).close();
		const bundle = stationDirectory(this.keys, stationFor(size));
		await prepareStation({ bundle, url: this.url, flash });
		try {
			return await (kind === "plain"
				? this.#runOnXs(flash, this.#plainProgram(size))
				: this.#runOnXs(flash, {}));
		} finally {
			rmSync(flash);
		}
	}

	#plainProgram(size: number): Program {
		const { hostname: host, port } = new URL(this.url);
		return {
			...benchModule(this.directory, "plain-receiver"),
			options: { size: String(size), host, port },
		};
	}

	async #runOnXs(flash: string, program: Program): Promise<ReceivedOnXs> {
		let atMs = 0;
		let durationMs: number | undefined;
		let peak = 0;
		let last: Extract<StationEvent, { kind: "memory" }> | undefined;
		const station = spawnStation({
			flash,
			...program,
			// At the end only: a measurement collects garbage.
			memoryPeriodMs: 3_600_000,
			onEvent: (event) => {
				if (event.kind === "memory") last = event;
				if (event.kind !== "log") return;
				if (event.line === "session established") atMs = performance.now();
				if (event.line !== "file complete") return;
				durationMs = performance.now() - atMs;
				peak = peakBytes(station.pid);
				station.stop();
			},
		});
		const patience = setTimeout(() => station.kill(), PATIENCE_MS);
		const { code, message } = await station.exited;
		clearTimeout(patience);
		check(code === 0 && durationMs !== undefined, `the board ended (${code}): ${message}`);
		return { durationMs, peakBytes: peak, reservedBytes: last?.reservedBytes ?? 0 };
	}

	async close(): Promise<void> {
		await this.processes.close();
		this.#temporary.remove();
		this.#flashes.remove();
	}
}
