/**
 * A command of this project as a child process: the server or the broker of a line. Its standard output is
 * events, one JSON object a line; its standard error is passed on as text, a line at a time. The child is tied to this
 * process by a channel, and stops when this process is gone, however it went.
 */
import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { asChild } from "./child.js";
import type { Child } from "./supervisor.js";

const COMMAND_LINE = fileURLToPath(new URL("../../bin/commands/run.js", import.meta.url));

export interface NodeProcessOptions {
	/** Of bin/interlock. */
	readonly args: readonly string[];
	/** Another compiled module that takes the same arguments. */
	readonly main?: string;
	/** Added to this process's environment. */
	readonly environment?: Readonly<Record<string, string>>;
	readonly onEvent: (event: Record<string, unknown>) => void;
	/** What is not an event: standard error, and unreadable lines. */
	readonly onText: (line: string) => void;
}

function parseEvent(line: string): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(line);
		if (typeof value === "object" && value !== null && !Array.isArray(value))
			return value as Record<string, unknown>;
	} catch {
		// Not an event: text.
	}
	return undefined;
}

export function startNodeProcess(options: NodeProcessOptions): Child {
	const child: ChildProcess = fork(options.main ?? COMMAND_LINE, options.args, {
		env: { ...process.env, ...options.environment },
		stdio: ["ignore", "pipe", "pipe", "ipc"],
		execArgv: ["--enable-source-maps"],
	});
	if (child.stdout === null || child.stderr === null) throw new Error("the child has no output");
	createInterface({ input: child.stdout }).on("line", (line) => {
		const event = parseEvent(line);
		if (event === undefined) options.onText(line);
		else options.onEvent(event);
	});
	createInterface({ input: child.stderr }).on("line", (line) => options.onText(line));
	return asChild(child, options.onText);
}
