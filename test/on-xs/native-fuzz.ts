/**
 * The coverage-guided fuzzer of modules/crypto: runs on XS in the sanitized host, started by test/native/fuzzer.ts.
 *
 * Options: `seed`; `runs`, how many inputs, or `seconds`, how long; `planted`, "yes" to call a known
 * fault alone; `input`, one input in hexadecimal to run alone, each call told.
 * The inputs follow from the seed (and from the time, where `seconds` is given). An input that reached something new
 * is kept, and others are made from it. The last line is `@fuzz {...}`: figures.
 */

import option from "host-options";
import { Stream } from "../../host-sim/plant/random.js";
import { unhex } from "./crypto-operations.js";
import { runInput } from "./native-fuzz-run.js";
import { leaked, news, placeCount, printPlaces } from "./native-sanitized.js";

const INPUT_SIZE_MAX = 160;
const CHANGES_MAX = 5;
/** One input in so many may do what takes milliseconds. */
const SLOW_PERIOD = 6;
/** Half of all inputs are made from the inputs kept last. */
const LAST_KEPT = 32;
const PROGRESS_MS = 10_000;

const stream = Stream.of(Number(option("seed") ?? 1), "native fuzz");
const isPlanted = option("planted") === "yes";
const kept: Uint8Array[] = [];

/** 0 to `limit` - 1. */
function below(limit: number): number {
	return stream.next() % limit;
}

function fresh(): number[] {
	return Array.from({ length: 8 + below(64) }, () => below(256));
}

function change(bytes: number[]): void {
	const at = below(bytes.length + 1);
	const size = 1 + below(12);
	switch (below(6)) {
		case 0:
			bytes[at] = below(256);
			break;
		case 1:
			bytes[at] = ((bytes[at] ?? 0) + (below(2) === 0 ? 1 : 255)) % 256;
			break;
		case 2:
			bytes.splice(at, size);
			break;
		case 3:
			bytes.splice(at, 0, ...fresh().slice(0, size));
			break;
		case 4:
			bytes.splice(at, 0, ...bytes.slice(at, at + size));
			break;
		default: {
			const other = kept[below(kept.length)] ?? new Uint8Array(0);
			const from = below(other.length + 1);
			bytes.splice(at, below(2) === 0 ? size : INPUT_SIZE_MAX, ...other.subarray(from));
		}
	}
}

function nextInput(): Uint8Array {
	const newest = below(2) === 0 ? Math.min(kept.length, LAST_KEPT) : kept.length;
	const parent = kept[kept.length - 1 - below(newest || 1)];
	if (parent === undefined || below(16) === 0) return Uint8Array.from(fresh());
	const bytes = [...parent];
	for (let i = below(CHANGES_MAX); i >= 0; i--) change(bytes);
	bytes[0] = ((bytes[0] ?? 0) % 16) | (below(SLOW_PERIOD) === 0 ? 0 : 16);
	return Uint8Array.from(bytes.slice(0, INPUT_SIZE_MAX));
}

function fuzz(): number {
	const runsMax = Number(option("runs") ?? Number.POSITIVE_INFINITY);
	const startMs = Date.now();
	const endMs = startMs + 1000 * Number(option("seconds") ?? Number.POSITIVE_INFINITY);
	let tellMs = startMs + PROGRESS_MS;
	let runs = 0;
	for (; runs < runsMax && Date.now() < endMs; runs++) {
		const input = nextInput();
		runInput(input, isPlanted);
		if (news() > 0) kept.push(input);
		if (Date.now() >= tellMs) {
			trace(`@progress ${runs} inputs, ${kept.length} kept, ${placeCount()} places\n`);
			tellMs += PROGRESS_MS;
		}
	}
	return runs;
}

const startMs = Date.now();
let runs = 1;
const input = option("input");
if (input === undefined) runs = fuzz();
else runInput(unhex(input), isPlanted, (line) => trace(`${line}\n`));
const ms = Date.now() - startMs;
if (leaked()) throw new Error("memory was lost");
printPlaces();
trace(`@fuzz ${JSON.stringify({ runs, kept: kept.length, places: placeCount(), ms })}\n`);
