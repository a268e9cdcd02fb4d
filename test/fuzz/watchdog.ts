/**
 * Ends the process where one input takes too long, and keeps that input: a thread of its own looks on, since a decoder that
 * never ends lets nothing else run. For the long run only: a test compares work, not time.
 */
import { writeSync } from "node:fs";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { writeCrash } from "./crashes.js";
import { INPUT_SIZE_MAX } from "./subject.js";

/** An input takes less than a second, also on a slow machine that does other things. */
const LIMIT_MS = 60_000;

interface Shared {
	/** Inputs so far; size of the present one. */
	readonly numbers: Int32Array;
	readonly bytes: Uint8Array;
	readonly subject: string;
}

/** @returns to be called before each input, and to stop. */
export function watch(subject: string): { onInput(bytes: Uint8Array): void; stop(): void } {
	const shared: Shared = {
		numbers: new Int32Array(new SharedArrayBuffer(8)),
		bytes: new Uint8Array(new SharedArrayBuffer(INPUT_SIZE_MAX)),
		subject,
	};
	const { numbers, bytes: room } = shared;
	const thread = new Worker(new URL(import.meta.url), { workerData: shared });
	thread.unref();
	return {
		onInput(bytes) {
			numbers[0] = (numbers[0] as number) + 1;
			numbers[1] = bytes.length;
			room.set(bytes);
		},
		stop: () => void thread.terminate(),
	};
}

function lookOn({ numbers, bytes, subject }: Shared): void {
	let before = -1;
	setInterval(() => {
		const now = numbers[0] as number;
		if (now !== before) {
			before = now;
			return;
		}
		const input = bytes.slice(0, numbers[1]);
		// Not through process.stderr, which is the other thread's.
		writeSync(2, `${subject}: one input takes more than ${LIMIT_MS} ms\n`);
		writeSync(2, `repeat: ${writeCrash(subject, input)}\n`);
		process.kill(process.pid, "SIGKILL");
	}, LIMIT_MS);
}

if (!isMainThread) lookOn(workerData as Shared);
