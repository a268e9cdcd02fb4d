/**
 * What a run looks like so far: a fold over its events, for the live display and the tables at the end.
 * What the server stored is the truth about attempts; this follows it as events arrive.
 */
import type { EventOf, LineEvent } from "./events.js";
import { newStation, type StationView } from "./station-view.js";

export type { StationView } from "./station-view.js";

export interface UnitView {
	readonly serial: string;
	/** Short name of the station where it is. */
	station: string | undefined;
	readonly attempts: Map<string, number>;
	outcome: "passed" | "rejected" | "held" | undefined;
	startedAtMs: number | undefined;
	endedAtMs: number | undefined;
}

/** What the server's database says about a unit. */
export interface UnitProgress {
	readonly serial: string;
	/** Where it is, or left the line; `undefined` before its first station. */
	readonly station: string | undefined;
	readonly attempts: ReadonlyMap<string, number>;
	readonly outcome: UnitView["outcome"];
}

export class LineView {
	seed = 0;
	broker = "";
	readonly stations = new Map<string, StationView>();
	readonly units = new Map<string, UnitView>();
	/** Restarts of broker and server. */
	restarts = 0;
	/** When a unit last moved or was tried. */
	progressAtMs: number;
	readonly startedAtMs: number;
	/** Counters of a station's earlier processes, to which those of the present one are added. */
	readonly #earlier = new Map<string, { messages: number; bytesSealed: number }>();

	constructor(nowMs: number) {
		this.startedAtMs = nowMs;
		this.progressAtMs = nowMs;
	}

	/** Units that are accounted for: passed or rejected. */
	get accounted(): number {
		return [...this.units.values()].filter(
			({ outcome }) => outcome === "passed" || outcome === "rejected",
		).length;
	}

	get complete(): boolean {
		const isAccounted = this.units.size > 0 && this.accounted === this.units.size;
		return isAccounted && [...this.stations.values()].every(({ logsWaiting }) => logsWaiting === 0);
	}

	count(outcome: UnitView["outcome"]): number {
		return [...this.units.values()].filter((unit) => unit.outcome === outcome).length;
	}

	apply(event: LineEvent, nowMs: number): void {
		switch (event.event) {
			case "line":
				this.seed = event.seed;
				this.broker = event.broker;
				for (const [at, id] of event.stations.entries())
					this.stations.set(id, newStation(id, event.boards[at] ?? "linux"));
				for (const serial of event.units) this.units.set(serial, newUnit(serial));
				break;
			case "process":
				this.#process(event);
				break;
			case "state":
				this.#station(event.station, (station) => {
					station.state = event.state;
				});
				break;
			case "memory":
				this.#station(event.station, (station) => {
					const { event: _event, station: _station, ...memory } = event;
					station.memory = memory;
				});
				break;
			case "reset":
				this.#reset(event);
				break;
			case "instructions":
				this.#station(event.station, ({ instructions, state }) => instructions.count(event, state));
				break;
			case "counters":
				this.#counters(event);
				break;
			case "transfer":
				this.#station(event.station, (station) => {
					const { direction, done, of } = event;
					station.transfer = done < of ? { direction, done, of } : undefined;
				});
				this.progressAtMs = nowMs;
				break;
			case "arrived":
				this.#arrived(event, nowMs);
				break;
			case "verdict":
				this.#verdict(event, nowMs);
				break;
			case "unit":
				this.#unit(event, nowMs);
				break;
			case "logs":
				this.#station(event.station, (station) => {
					station.logsWaiting = event.waiting;
				});
				this.progressAtMs = nowMs;
				break;
			case "session":
			case "handover":
				this.progressAtMs = nowMs;
				break;
			case "refused":
				this.#station(event.station, (station) => {
					station.refusals++;
				});
				break;
			default:
				break;
		}
	}

	/** Takes over what is stored, where the events fell short of it: after a restart, or of the server. */
	correct(stored: readonly UnitProgress[], nowMs: number): void {
		for (const { serial, station, attempts, outcome } of stored) {
			const unit = this.units.get(serial);
			if (unit === undefined) continue;
			for (const [id, count] of attempts)
				if (count > (unit.attempts.get(id) ?? 0)) unit.attempts.set(id, count);
			if (outcome !== undefined && station !== undefined)
				this.#unit({ serial, station, outcome }, nowMs);
		}
	}

	#station(id: string, change: (station: StationView) => void): void {
		const station = this.stations.get(id);
		if (station !== undefined) change(station);
	}

	#process(event: EventOf<"process">): void {
		const station = this.stations.get(event.process);
		if (station === undefined) {
			if (event.state === "ended") this.restarts++;
			return;
		}
		if (event.state === "started") {
			this.#begin(station);
			station.process = "running";
		} else if (event.state === "ended") {
			station.process = "restarting";
			station.restarts++;
		} else station.process = "given up";
	}

	/** Its counters begin at zero. */
	#begin(station: StationView): void {
		const { id, messages, bytesSealed } = station;
		this.#earlier.set(id, { messages, bytesSealed });
		station.instructions.begin();
		station.state = "";
	}

	/** At power-on its process has been counted already. */
	#reset({ station: id, reason }: EventOf<"reset">): void {
		this.#station(id, (station) => {
			if (reason === "power-on") return;
			this.#begin(station);
			station.restarts++;
			station.resetReason = reason;
		});
	}

	#counters(event: EventOf<"counters">): void {
		this.#station(event.station, (station) => {
			const earlier = this.#earlier.get(station.id);
			station.messages = (earlier?.messages ?? 0) + event.messages;
			station.bytesSealed = (earlier?.bytesSealed ?? 0) + event.bytesSealed;
		});
	}

	#arrived(event: EventOf<"arrived">, nowMs: number): void {
		this.progressAtMs = nowMs;
		const unit = this.units.get(event.serial);
		if (unit !== undefined) {
			this.#leave(unit);
			unit.station = event.station;
			unit.startedAtMs ??= nowMs;
		}
		this.#station(event.station, (station) => {
			station.serial = event.serial;
			station.attempts = 0;
			station.last = undefined;
		});
	}

	#verdict(event: EventOf<"verdict">, nowMs: number): void {
		this.progressAtMs = nowMs;
		const unit = this.units.get(event.serial);
		if (unit === undefined) return;
		let counted = 0;
		for (const count of unit.attempts.values()) counted += count;
		// Attempt numbers of a unit run on from station to station; the database may have told of this one.
		if (event.attempt > counted)
			unit.attempts.set(event.station, (unit.attempts.get(event.station) ?? 0) + 1);
		unit.station = event.station;
		unit.startedAtMs ??= nowMs;
		this.#station(event.station, (station) => {
			station.serial = event.serial;
			station.attempts = unit.attempts.get(event.station) ?? 0;
			station.last = event.pass ? "pass" : "fail";
			if (event.pass) station.passed++;
		});
	}

	#unit(event: Pick<EventOf<"unit">, "serial" | "station" | "outcome">, nowMs: number): void {
		const unit = this.units.get(event.serial);
		if (unit === undefined || unit.outcome === event.outcome) return;
		this.progressAtMs = nowMs;
		unit.outcome = event.outcome;
		if (event.outcome === "held") return;
		unit.endedAtMs = nowMs;
		if (event.outcome === "rejected")
			this.#station(event.station, (station) => {
				station.rejected++;
			});
		this.#leave(unit);
	}

	/** Frees the place in the display where the unit was. */
	#leave(unit: UnitView): void {
		if (unit.station === undefined) return;
		this.#station(unit.station, (station) => {
			if (station.serial !== unit.serial) return;
			station.serial = undefined;
			station.attempts = 0;
		});
		unit.station = undefined;
	}
}

function newUnit(serial: string): UnitView {
	return {
		serial,
		station: undefined,
		attempts: new Map(),
		outcome: undefined,
		startedAtMs: undefined,
		endedAtMs: undefined,
	};
}
