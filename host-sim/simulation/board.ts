/** A board of a simulated line: its flash survives; each start of the firmware is a process that may die at any instant. */
import type { Clock, Timer } from "../../modules/ports/clock.js";
import type { Fixture, Reading, Trial, TrialOutcome } from "../../modules/ports/fixture.js";
import type { KeyValue } from "../../modules/ports/storage.js";
import { StationRunner } from "../../modules/station/runner.js";
import type { SimulatedCrypto } from "./crypto.js";
import type { Dice } from "./dice.js";
import { Flash } from "./flash.js";
import type { Network } from "./network.js";
import type { Observe } from "./observation.js";
import type { SimulatedPlant } from "./plant.js";
import { Process, type VirtualTime } from "./time.js";

export interface BoardOptions {
	/** The station's full name. */
	readonly name: string;
	readonly time: VirtualTime;
	readonly network: Network;
	readonly plant: SimulatedPlant;
	readonly crypto: SimulatedCrypto;
	readonly dice: Dice;
	readonly observe: Observe;
	/** What stands in front of it, measured. */
	readonly measure: (trial: Trial) => readonly Reading[];
	/** What an attempt logs, different each time; nothing where `undefined`. */
	readonly logOf: ((trial: Trial) => Uint8Array) | undefined;
	/** The power failed in the middle of something. */
	readonly onDeath: () => void;
	/** The firmware threw what it should not. */
	readonly onFailure: (error: unknown) => void;
}

export class SimulatedBoard {
	readonly name: string;
	readonly flash = new Flash();
	/** How fast its clock runs: 1 is true. */
	clockRate = 1;
	/** How long its fixture takes for an attempt. */
	settleMs = 20;
	/** In other hands (traitor.ts): it is not switched on. */
	isStolen = false;
	/** Why it starts next, or has started. */
	resetReason: "power-on" | "brown-out" = "power-on";
	#process: Process | undefined;
	#runner: StationRunner | undefined;
	readonly #options: BoardOptions;
	readonly #enrolment: ReturnType<SimulatedPlant["enrolment"]>;

	constructor(options: BoardOptions) {
		this.#options = options;
		this.#enrolment = options.plant.enrolment(options.name);
		this.name = options.name;
	}

	get isOn(): boolean {
		return this.#process?.isAlive === true;
	}

	/** PackML's name of its state. */
	get state(): string {
		return this.#runner?.stateName ?? "Off";
	}

	/** Finished logs in its flash that the server has yet to keep, while it is on. */
	get logsWaiting(): number {
		return this.#runner?.logsWaiting ?? 0;
	}

	powerOn(): void {
		if (this.isOn || this.isStolen) return;
		const { name, time, network, crypto, dice, observe, onDeath, onFailure } = this.#options;
		const process = new Process({ name, isAsync: false, onDeath, onFailure });
		const clock = time.clock(process, this.clockRate);
		this.#process = process;
		this.flash.power.isOn = true;
		observe({ type: "power", party: name, isOn: true });
		process.run(() => {
			this.#runner = new StationRunner({
				...this.#enrolment,
				crypto,
				state: this.#watched(this.flash.openRecords()),
				slots: this.flash.slots,
				logs: this.flash.logs,
				transport: network.transport(process),
				clock,
				random: dice,
				fixture: new SimulatedFixture(this.#options, clock, () => this.settleMs),
				resetReason: this.resetReason,
				log: (line) => observe({ type: "console", station: name, line }),
			});
			this.#runner.start();
		});
	}

	/** Nothing is left but what is in flash. */
	cut(): void {
		if (!this.#process) return;
		this.#process.kill();
		this.#process = undefined;
		this.#runner = undefined;
		const { power } = this.flash;
		// It failed by itself in the middle of a write or erasure.
		this.resetReason = power.isOn ? "power-on" : "brown-out";
		power.isOn = false;
		power.operationsLeft = Number.POSITIVE_INFINITY;
		this.#options.observe({ type: "power", party: this.name, isOn: false });
	}

	#watched(records: KeyValue): KeyValue {
		const { observe, name } = this.#options;
		const tell = (key: string, value: Uint8Array | undefined): void => {
			if (key === "unit" && value)
				observe({ type: "recorded", station: name, bytes: value.slice() });
		};
		return {
			read: (key) => {
				const value = records.read(key);
				tell(key, value);
				return value;
			},
			write: (key, value) => {
				records.write(key, value);
				tell(key, value);
			},
			delete: (key) => records.delete(key),
			close: () => records.close(),
		};
	}
}

class SimulatedFixture implements Fixture {
	readonly #options: BoardOptions;
	readonly #clock: Clock;
	readonly #settleMs: () => number;
	#timer: Timer | undefined;

	constructor(options: BoardOptions, clock: Clock, settleMs: () => number) {
		this.#options = options;
		this.#clock = clock;
		this.#settleMs = settleMs;
	}

	get writesLogs(): boolean {
		return this.#options.logOf !== undefined;
	}

	/** The first half of the log is written when it begins, the rest when it has measured. */
	run(trial: Trial, done: (outcome: TrialOutcome) => void): void {
		const { name: station, measure, logOf, observe } = this.#options;
		const bytes = logOf?.(trial);
		observe({ type: "trial", station, trial, logSize: bytes?.length ?? 0 });
		const half = (bytes?.length ?? 0) >> 1;
		if (bytes) trial.log.write(bytes.subarray(0, half));
		this.#timer = this.#clock.set(this.#settleMs(), () => {
			this.#timer = undefined;
			const readings = measure(trial);
			const log = bytes && { bytes, isWhole: trial.log.write(bytes.subarray(half)) };
			observe({ type: "measured", station, trial, readings, log });
			done({ readings });
		});
	}

	stop(): void {
		if (!this.#timer) return;
		this.#timer.cancel();
		this.#timer = undefined;
		this.#options.observe({ type: "stopped", station: this.#options.name });
	}
}
