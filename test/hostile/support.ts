/**
 * What the hostile tests share: damage to bytes, the same for the same seed; commands run within limits.
 *
 * INTERLOCK_SEED chooses the seed; a test that fails names its own.
 */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const SEED = Number(process.env.INTERLOCK_SEED ?? 20_261_123);
/** The command line without the building that bin/interlock does first. */
export const RUN = fileURLToPath(new URL("../../bin/commands/run.js", import.meta.url));
export const RECIPES = fileURLToPath(new URL("../../../recipes", import.meta.url));

/** A generator of numbers (mulberry32): the same for the same seed. */
export class Dice {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	/** 0 to 1, without 1. */
	fraction(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = this.#state;
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}

	/** 0 to `below` - 1. */
	whole(below: number): number {
		return Math.floor(this.fraction() * below);
	}

	bytes(size: number): Uint8Array {
		return Uint8Array.from({ length: size }, () => this.whole(256));
	}
}

/** Cut off, flipped, overwritten, lengthened, doubled, with a piece missing, or all garbage; never unchanged. */
export function damaged(bytes: Uint8Array, dice: Dice): Uint8Array {
	const at = dice.whole(bytes.length || 1);
	const copy = bytes.slice();
	switch (bytes.length === 0 ? 3 : dice.whole(7)) {
		case 0:
			return bytes.slice(0, at);
		case 1:
			copy[at] = (copy[at] as number) ^ (1 << dice.whole(8));
			return copy;
		case 2:
			copy[at] = ((copy[at] as number) + 1 + dice.whole(255)) & 0xff;
			return copy;
		case 3:
			return joined(bytes.slice(0, at), dice.bytes(1 + dice.whole(40)), bytes.slice(at));
		case 4:
			return joined(bytes, bytes);
		case 5:
			return joined(bytes.slice(0, at), bytes.slice(at + 1 + dice.whole(bytes.length - at)));
		default:
			return dice.bytes(dice.whole(300));
	}
}

function joined(...parts: Uint8Array[]): Uint8Array {
	return new Uint8Array(Buffer.concat(parts));
}

/** A directory of its own for a test; `copy` puts a fresh copy of another one inside. */
export function scratch(name: string) {
	const path = mkdtempSync(join(tmpdir(), `interlock-${name}-`));
	return {
		path,
		copy(from: string, to: string): string {
			const target = join(path, to);
			rmSync(target, { recursive: true, force: true });
			cpSync(from, target, { recursive: true });
			return target;
		},
		remove: () => rmSync(path, { recursive: true, force: true }),
	};
}

/** `fileBlocks`: a file may have so many blocks of 512 bytes. `files`: so many may be open at once. */
export interface Limits {
	readonly fileBlocks?: number;
	readonly files?: number;
}

function limited(limits: Limits, args: readonly string[]): [string, string[]] {
	const set = [
		...(limits.fileBlocks === undefined ? [] : [`ulimit -f ${limits.fileBlocks}`]),
		...(limits.files === undefined ? [] : [`ulimit -n ${limits.files}`]),
		'exec "$@"',
	];
	return ["/bin/sh", ["-c", set.join(" && "), "sh", ...args]];
}

export interface Ran {
	readonly status: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs the command to its end. */
export function interlock(args: readonly string[], limits: Limits = {}): Ran {
	const [command, argv] = limited(limits, [process.execPath, RUN, ...args]);
	const { status, stdout, stderr } = spawnSync(command, argv, { encoding: "utf8" });
	return { status, stdout, stderr };
}

/** Starts the command, or another program. */
export function start(args: readonly string[], limits: Limits = {}, program = [RUN]) {
	const [command, argv] = limited(limits, [process.execPath, ...program, ...args]);
	return spawn(command, argv, { stdio: ["ignore", "pipe", "pipe"] });
}
