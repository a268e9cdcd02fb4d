/**
 * What commands print: text for people, or with `--json` one JSON object a line. Results go to standard
 * output, complaints to standard error; with `--json` a failure is an object too, on standard output.
 */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
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

/** Bytes to standard output, no faster than they are read there. */
export async function writeOut(bytes: AsyncIterable<Uint8Array>): Promise<void> {
	const { stdout } = process;
	for await (const part of bytes)
		if (!stdout.write(part) && !stdout.destroyed)
			await Promise.race([once(stdout, "drain"), once(stdout, "close")]);
}

/** Bytes to a file, which is there whole or not at all. */
export async function writeFile(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
	const part = `${path}.part`;
	try {
		await pipeline(Readable.from(bytes), createWriteStream(part));
		await rename(part, path);
	} catch (error) {
		await rm(part, { force: true });
		throw error;
	}
}
