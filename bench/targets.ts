/**
 * What the benches are held to: one row for each number that the project promises. A target that is missed is told
 * and changes no exit status: figures depend on the machine.
 */
import type { Summary } from "./measure.js";

interface Target {
	/** What is measured, for people. */
	readonly what: string;
	readonly unit: string;
	readonly direction: "at least" | "at most" | "above";
	readonly limit: number;
}

export const TARGETS = {
	"open-xs": {
		what: "opening 4 KiB segments on XS into one buffer, as a part of psa_aead_decrypt's speed",
		unit: "x",
		direction: "at least",
		limit: 0.85,
	},
	transfer: {
		what: "16 MiB sealed through Mosquitto, as a part of the plain transfer's speed",
		unit: "x",
		direction: "at least",
		limit: 0.8,
	},
	"transfer-paper": {
		what: "16 MiB sealed through Mosquitto on request, against the speed of the paper's stack",
		unit: "x",
		direction: "above",
		limit: 1,
	},
	"memory-flat": {
		what: "most memory of an XS station while it fetches 64 MiB, against 64 KiB",
		unit: "x",
		direction: "at most",
		limit: 1.05,
	},
	"memory-station": {
		what: "most memory alive in an XS station over a whole unit, above the engine's base",
		unit: "KiB",
		direction: "at most",
		limit: 96,
	},
	attempt: {
		what: "p50 of an attempt through Mosquitto, against a plain echo",
		unit: "x",
		direction: "at most",
		limit: 2,
	},
	"attempt-paper": {
		what: "p50 of an attempt on the paper's stack as it comes, against ours",
		unit: "x",
		direction: "at least",
		limit: 10,
	},
	"bytes-file": {
		what: "bytes of all MQTT payloads for a file of 1 MiB, beyond the file's own",
		unit: "%",
		direction: "at most",
		limit: 1,
	},
	"bytes-message": {
		what: "MQTT payload of a sealed verdict",
		unit: "B",
		direction: "at most",
		limit: 97,
	},
} as const satisfies Readonly<Record<string, Target>>;

export type MeasureId = keyof typeof TARGETS;

export interface Measure {
	readonly id: MeasureId;
	readonly value: number;
	readonly spread: Pick<Summary, "low" | "high" | "of" | "samples">;
	readonly unit: string;
	/** In words, for example `at least 0.85 x`. */
	readonly target: string;
	readonly met: boolean;
}

export function measure(id: MeasureId, of: Summary): Measure {
	const { unit, direction, limit }: Target = TARGETS[id];
	const { median: value, low, high, samples } = of;
	const met =
		direction === "at least"
			? value >= limit
			: direction === "at most"
				? value <= limit
				: value > limit;
	return {
		id,
		value,
		spread: { low, high, of: of.of, samples },
		unit,
		target: `${direction} ${limit} ${unit}`,
		met,
	};
}
