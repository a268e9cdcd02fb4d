/**
 * Object files, made again where their source, a header they include or the command that makes them has changed.
 *
 * An object's name has a digest of source and flags, so builds that compile a file alike share it. Leaves out linking.
 */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join, parse } from "node:path";
import { progress, SetupError, say } from "./report.mjs";
import { capture } from "./run.mjs";

/**
 * How `source` becomes an object file in `folder`.
 *
 * @param compiler - a program that takes gcc's arguments.
 * @returns the job, whose `object` is the file that it makes.
 */
export function objectJob(folder, compiler, source, flags) {
	const key = createHash("sha256")
		.update([source, ...flags].join("\0"))
		.digest("hex")
		.slice(0, 16);
	const object = join(folder, `${parse(source).name}-${key}.o`);
	return { compiler, source, flags, object, listing: `${object.slice(0, -2)}.d` };
}

/** The files that an object was made from, as the compiler listed them. */
function dependencies(listing) {
	const text = readFileSync(listing, "utf8").replaceAll("\\\n", " ");
	return text
		.slice(text.indexOf(":") + 1)
		.split(/\s+/)
		.filter(Boolean);
}

function modifiedMs(file, cache) {
	let time = cache.get(file);
	if (time === undefined) {
		time = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
		cache.set(file, time);
	}
	return time;
}

/** Is one of `files` newer than `made`, or is `made` or one of them missing? */
export function isOlder(made, files) {
	const time = statSync(made, { throwIfNoEntry: false })?.mtimeMs;
	return time === undefined || files.some((file) => modifiedMs(file, new Map()) > time);
}

function stale(job, cache) {
	const made = statSync(job.object, { throwIfNoEntry: false })?.mtimeMs;
	if (made === undefined || !existsSync(job.listing)) return true;
	return dependencies(job.listing).some((file) => modifiedMs(file, cache) > made);
}

async function compile(job) {
	const temporary = `${job.object}.new`;
	const argv = [...job.flags, "-MD", "-MF", job.listing, "-c", job.source, "-o", temporary];
	const { status, output } = await capture(job.compiler, argv);
	if (status !== 0) throw new SetupError(`${job.source} does not compile:\n${output}`);
	if (output) say(output.trimEnd());
	renameSync(temporary, job.object);
}

/** Compiles what is out of date. @returns whether anything was. @throws {@link SetupError} */
export async function makeObjects(jobs) {
	const cache = new Map();
	const todo = jobs.filter((job) => stale(job, cache));
	for (const folder of new Set(todo.map((job) => dirname(job.object))))
		mkdirSync(folder, { recursive: true });
	let next = 0;
	const worker = async () => {
		while (next < todo.length) {
			const job = todo[next++];
			progress(`compiling ${next} of ${todo.length}, ${basename(job.source)}`);
			await compile(job);
		}
	};
	await Promise.all(Array.from({ length: availableParallelism() }, worker));
	return todo.length > 0;
}
