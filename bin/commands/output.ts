/**
 * What commands print: text for people, or with `--json` one JSON object a line. Results go to standard
 * output, complaints to standard error; with `--json` a failure is an object too, on standard output.
 */
import { hex } from "../../modules/bytes/bytes.js";
import type { Failure } from "./failure.js";

/** A reader that went away (`| head`) is no fault. */
export function ignoreClosedPipe(): void {
	for (const stream of [process.stdout, process.stderr])
		stream.on("error", (error: NodeJS.ErrnoException) => {
			if (error.code !== "EPIPE") throw error;
		});
}

/** Byte strings become lower-case hexadecimal. */
export function printJson(value: object): void {
	const text = JSON.stringify(value, function (this: Record<string, unknown>, key, plain) {
		const raw = this[key];
		return raw instanceof Uint8Array ? hex(raw) : plain;
	});
	process.stdout.write(`${text}\n`);
}

export function printLine(text: string): void {
	process.stdout.write(`${text}\n`);
}

export function printFailure(failure: Failure, json: boolean): void {
	if (json) {
		printJson({ error: { code: failure.code, message: failure.message } });
		if (failure.stack === undefined) return;
	}
	process.stderr.write(`interlock: ${failure.stack ?? failure.message}\n`);
}
