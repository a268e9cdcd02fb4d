/**
 * The command line as it is, in a process whose records announce themselves before they leave (test/on-xs/announcement.ts)
 * and that can be made to die inside a transaction:
 *
 *   CRASH_FILE   names a JSON file of pairs [step, times]: a transaction that stores such a step is not committed, since
 *                the process kills itself when everything is written and nothing is. Each death is taken off first.
 *
 * Steps are the kinds of journal entries (`arrived`, `attempt`, `finished`, `rejected`).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { main } from "../../bin/commands/main.js";
import { RECORD_HEADER_SIZE, Session } from "../../modules/channel/session.js";
import { Queries } from "../../server/store/queries.js";
import { announcement } from "../on-xs/announcement.js";

const seal = Session.prototype.seal;
Session.prototype.seal = function (message) {
	const sealed = seal.call(this, message);
	const header = sealed.bytes.subarray(0, RECORD_HEADER_SIZE);
	process.stdout.write(`${announcement(header, message)}\n`);
	return sealed;
};

const file = process.env.CRASH_FILE;
if (file !== undefined) {
	let written: string | undefined;
	const append = Queries.prototype.append;
	Queries.prototype.append = async function (entry, number) {
		written = entry.kind;
		return await append.call(this, entry, number);
	};
	// What a request stores last is the unit's row or, where one was judged, the attempt.
	const last = async (store: () => Promise<void>, isLast: boolean): Promise<void> => {
		await store();
		if (isLast && written !== undefined) dieAt(file, written);
	};
	const { putUnit, addAttempt } = Queries.prototype;
	Queries.prototype.putUnit = function (unit, endedMs) {
		return last(() => putUnit.call(this, unit, endedMs), written !== "attempt");
	};
	Queries.prototype.addAttempt = function (attempt, atMs) {
		return last(() => addAttempt.call(this, attempt, atMs), true);
	};
}

function dieAt(path: string, step: string): void {
	const plan = new Map<string, number>(JSON.parse(readFileSync(path, "utf8")));
	const times = plan.get(step) ?? 0;
	if (times === 0) return;
	plan.set(step, times - 1);
	writeFileSync(path, JSON.stringify([...plan]));
	process.kill(process.pid, "SIGKILL");
}

await main(process.argv.slice(2));
