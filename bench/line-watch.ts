/** What the processes of a line use while its units are on their way, for bench/line.ts. */
import { cpus } from "node:os";
import type { LineEvent } from "../host-sim/line/events.js";
import { check } from "./measure.js";
import { processorMs, shareBytes } from "./proc.js";

const POLL_MS = 1000;
/** Of so many stations the memory of one is looked at: reading all of them would be work itself. */
const LOOK_AT_EACH = 10;

export interface Parts {
	server: number;
	broker: number;
	stations: number;
	/** This process, which starts and watches them. */
	bench: number;
}

export interface Watched {
	/** From the first arrival to the last unit's end. */
	readonly durationMs: number;
	readonly attempts: number;
	/** Percent of all cores, in that time. */
	readonly processor: Parts;
	/** Bytes of one station's process, shared pages by their share. */
	readonly stationBytes: number;
}

/** Follows a run's events, and what its processes use between the first arrival and the last unit's end. */
export class Watch {
	readonly #pids = new Map<string, number>();
	readonly #timer: NodeJS.Timeout;
	#startMs: number | undefined;
	#endMs = 0;
	#attempts = 0;
	#before: Parts | undefined;
	#after: Parts | undefined;
	#stationBytes = 0;

	constructor(broker: number) {
		this.#pids.set("broker", broker);
		this.#timer = setInterval(() => this.#look(), POLL_MS);
	}

	heard(event: LineEvent): void {
		if (event.event === "process" && event.pid !== undefined)
			this.#pids.set(event.process, event.pid);
		if (event.event === "arrived" && this.#startMs === undefined) {
			this.#startMs = performance.now();
			this.#before = this.#processor();
		}
		if (event.event === "verdict") this.#attempts++;
		if (event.event !== "unit") return;
		// The last one's end counts: its processes are still there.
		this.#endMs = performance.now();
		this.#after = this.#processor();
		this.#look();
	}

	#stations(): number[] {
		return [...this.#pids].filter(([name]) => name.startsWith("station-")).map(([, pid]) => pid);
	}

	#processor(): Parts {
		const stations = this.#stations().reduce((sum, pid) => sum + processorMs(pid), 0);
		return {
			server: processorMs(this.#pids.get("server")),
			broker: processorMs(this.#pids.get("broker")),
			stations,
			bench: processorMs(process.pid),
		};
	}

	#look(): void {
		const stations = this.#stations();
		const some = stations.filter((_, i) => i % LOOK_AT_EACH === 0);
		const bytes = some.reduce((sum, pid) => sum + shareBytes(pid), 0) / Math.max(1, some.length);
		this.#stationBytes = Math.max(this.#stationBytes, bytes);
	}

	stop(): void {
		clearInterval(this.#timer);
	}

	result(): Watched {
		const [before, after] = [this.#before, this.#after];
		check(this.#startMs !== undefined && before !== undefined && after !== undefined, "no unit");
		const durationMs = this.#endMs - this.#startMs;
		const part = (key: keyof Parts) =>
			(100 * (after[key] - before[key])) / durationMs / cpus().length;
		return {
			durationMs,
			attempts: this.#attempts,
			processor: {
				server: part("server"),
				broker: part("broker"),
				stations: part("stations"),
				bench: part("bench"),
			},
			stationBytes: this.#stationBytes,
		};
	}
}
