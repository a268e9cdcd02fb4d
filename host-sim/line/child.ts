/** A process of Node's as the supervisor wants it. */
import type { ChildProcess } from "node:child_process";
import type { Child, ChildEnd } from "./supervisor.js";

/** @param onText - is told why it did not start, or what else went wrong with it. */
export function asChild(child: ChildProcess, onText: (line: string) => void): Child {
	// "close" comes after the last output was read; "error" where it never started. The first settles it.
	const ended = new Promise<ChildEnd>((resolve) => {
		child.once("close", (code, signal) => resolve({ code, signal }));
		child.once("error", (error) => {
			onText(error.message);
			if (child.pid === undefined) resolve({ code: null, signal: null });
		});
	});
	return {
		pid: child.pid,
		ended,
		stop: () => void child.kill("SIGTERM"),
		kill: () => void child.kill("SIGKILL"),
	};
}
