/** What is fuzzed: a decoder, good inputs for it, and the errors with which it may refuse. */

import assert from "node:assert/strict";
import { hex } from "../../modules/bytes/bytes.js";

/** An input has at most so many bytes. */
export const INPUT_SIZE_MAX = 4096;

export interface Subject {
	/** Lower case and dashes: also the name of its corpus file. */
	readonly name: string;
	/** Inputs to begin with; at least one. */
	readonly seeds: readonly Uint8Array[];
	/**
	 * Decodes, and asserts whatever else must hold of the outcome. The same bytes must give the same outcome, whatever
	 * came before.
	 *
	 * @throws one of `errors` where the input is refused. Anything else is a finding.
	 */
	readonly work: (bytes: Uint8Array) => unknown;
	readonly errors: readonly (abstract new (...args: never[]) => Error)[];
	/** Pieces of its format, for the mutator. */
	readonly tokens?: readonly Uint8Array[];
	/** An input costs as much as so many of a plain decoder; 1 unless given. */
	readonly cost?: number;
}

export type Outcome =
	| { readonly kind: "read" }
	/** `refusal`: the error's code and words, without what depends on the input. */
	| { readonly kind: "refused"; readonly refusal: string }
	| { readonly kind: "found"; readonly error: unknown };

const READ: Outcome = { kind: "read" };

/**
 * Gives one input to the subject. A finding's error has its stack; a refusal's has none, since that would cost more than
 * most decoders do.
 */
export async function tried(subject: Subject, bytes: Uint8Array): Promise<Outcome> {
	const { stackTraceLimit } = Error;
	try {
		Error.stackTraceLimit = 0;
		const outcome = await once(subject, bytes);
		if (outcome.kind !== "found") return outcome;
		Error.stackTraceLimit = stackTraceLimit;
		const again = await once(subject, bytes);
		return again.kind === "found" ? again : outcome;
	} finally {
		Error.stackTraceLimit = stackTraceLimit;
	}
}

async function once(subject: Subject, bytes: Uint8Array): Promise<Outcome> {
	try {
		await subject.work(bytes);
		return READ;
	} catch (error) {
		if (!subject.errors.some((one) => error instanceof one)) return { kind: "found", error };
		return { kind: "refused", refusal: wordsOf(error as Error) };
	}
}

/** Work for a subject: what is read, if anything is, is written the same. */
export function readAndWritten<T>(
	read: (bytes: Uint8Array) => T | undefined,
	write: (value: T) => Uint8Array,
): Subject["work"] {
	return (bytes) => {
		const value = read(bytes);
		if (value !== undefined) writesAgain(() => write(value), bytes);
	};
}

/** For what was read: writing it gives the same bytes. An error of the writing is no refusal. */
export function writesAgain(write: () => Uint8Array, bytes: Uint8Array): void {
	let again: Uint8Array;
	try {
		again = write();
	} catch (cause) {
		throw new Error("it was read, and cannot be written", { cause });
	}
	assert.equal(hex(again), hex(bytes), "it was read, and is written otherwise");
}

/** An error's last words, without numbers and quotations: the same for inputs that are refused alike. */
export function wordsOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	const code = "code" in error ? String(error.code) : "";
	const [first = ""] = error.message.replace(/".*"|\d+/gs, "*").split("\n", 1);
	return `${error.name} ${code}: ${first.split(": ").at(-1)}`.slice(0, 200);
}
