/** What Linux knows of a process: the most memory it had, and the processor time that it used. */
import { readFileSync } from "node:fs";

/** Of /proc/PID/stat; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** @param pid - `self` for this process. @returns bytes of VmHWM; 0 where the process is gone. */
export function peakBytes(pid: number | "self" | undefined): number {
	const kibibytes = /VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1];
	return Number(kibibytes ?? 0) * 1024;
}

/** Bytes that are this process's alone or its share of what several have; 0 where the process is gone. */
export function shareBytes(pid: number | undefined): number {
	const kibibytes = /Pss:\s+(\d+) kB/.exec(read(`/proc/${pid}/smaps_rollup`))?.[1];
	return Number(kibibytes ?? 0) * 1024;
}

/** Of user and system, since its start; 0 where the process is gone. */
export function processorMs(pid: number | undefined): number {
	const text = read(`/proc/${pid}/stat`);
	// The name, in parentheses, may hold anything.
	const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
	const ticks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
	return (ticks * 1000) / TICKS_PER_SECOND;
}

function read(path: string): string {
	try {
		return readFileSync(path, "latin1");
	} catch {
		return "";
	}
}
