/** What set-up shows: one line a step, with a count that is rewritten in place on a terminal. */

const live = process.stderr.isTTY === true;
let open = false;

/** @param text - what is being done, for example `engine: 3 of 60 files`. */
export function progress(text) {
	if (!live) return;
	process.stderr.write(`\r\x1b[2Ksetup: ${text}`);
	open = true;
}

export function say(text) {
	if (open) process.stderr.write("\r\x1b[2K");
	open = false;
	process.stderr.write(`setup: ${text}\n`);
}

/** What stands in the way and what the user can do about it. */
export class SetupError extends Error {}
