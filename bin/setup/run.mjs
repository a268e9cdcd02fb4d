/** Running other programs. */

import { spawn } from "node:child_process";
import { SetupError } from "./report.mjs";

/**
 * Runs a program to its end.
 *
 * @returns `{ status, output }`: its exit status and what it wrote, both streams together.
 */
export function capture(command, argv, options = {}) {
	return new Promise((resolve, reject) => {
		const child = spawn(command, argv, { stdio: ["ignore", "pipe", "pipe"], ...options });
		let output = "";
		for (const stream of [child.stdout, child.stderr])
			stream.setEncoding("utf8").on("data", (text) => {
				output += text;
			});
		child.on("error", (error) => reject(new SetupError(`cannot run ${command}: ${error.message}`)));
		child.on("close", (status) => resolve({ status: status ?? 1, output }));
	});
}

/** Runs a program whose output the user sees. @returns its exit status. */
export function show(command, argv, options = {}) {
	return new Promise((resolve, reject) => {
		const child = spawn(command, argv, { stdio: ["ignore", 2, 2], ...options });
		child.on("error", (error) => reject(new SetupError(`cannot run ${command}: ${error.message}`)));
		child.on("close", (status) => resolve(status ?? 1));
	});
}
