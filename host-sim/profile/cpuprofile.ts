/**
 * A profile in the form that Chrome's developer tools, speedscope and editors open: `Profiler.Profile` of the DevTools
 * protocol. Lines and columns there are from 0; times are microseconds.
 */
import type { Profile } from "./profile.js";

/** @see https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export interface CpuProfile {
	readonly nodes: readonly {
		/** From 1. */
		readonly id: number;
		readonly callFrame: {
			readonly functionName: string;
			readonly scriptId: string;
			readonly url: string;
			readonly lineNumber: number;
			readonly columnNumber: number;
		};
		readonly hitCount: number;
		readonly children: readonly number[];
	}[];
	readonly startTime: number;
	readonly endTime: number;
	readonly samples: readonly number[];
	readonly timeDeltas: readonly number[];
}

export function cpuProfile(profile: Profile): CpuProfile {
	const { intervalNs, samples, sampleTicks } = profile.raw;
	const intervalUs = intervalNs / 1000;
	const scripts = new Map<string, string>();
	const scriptId = (file: string) => {
		if (file === "") return "0";
		if (!scripts.has(file)) scripts.set(file, String(scripts.size + 1));
		return scripts.get(file) as string;
	};
	const nodes = profile.nodes.map((node) => ({
		id: node.index + 1,
		callFrame: {
			functionName: node.function.label,
			scriptId: scriptId(node.function.file),
			url: node.function.file,
			lineNumber: node.function.line - 1,
			columnNumber: -1,
		},
		hitCount: node.raw.ticks,
		children: node.children.map(({ index }) => index + 1),
	}));
	// Each delta is the time since the sample before: a sample that stands for many ticks comes late.
	const timeDeltas = sampleTicks.map((ticks) => ticks * intervalUs);
	return {
		nodes,
		startTime: 0,
		endTime: timeDeltas.reduce((sum, delta) => sum + delta, 0),
		samples: samples.map((node) => node + 1),
		timeDeltas,
	};
}
