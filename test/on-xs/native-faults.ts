/** Runs on XS: commits the planted faults that the option `faults` names (with commas between), on the bytes of a secret. */

import option from "host-options";
import { earlyExit, leak, lookup, memcmp, undefinedShift } from "./native-planted.js";

const secret = new Uint8Array(32).fill(7);
const same = secret.slice();
const faults: Record<string, () => void> = {
	"undefined shift": () => undefinedShift(secret),
	leak: () => {
		for (let i = 0; i < 10; i++) leak();
	},
	"early exit": () => earlyExit(secret, same),
	memcmp: () => memcmp(secret, same),
	lookup: () => lookup(secret),
};

/** For the host that knows which bytes are secret. */
async function mark(): Promise<void> {
	const { makeSecret } = await import("./native-memcheck.js");
	makeSecret(secret);
}

if (option("marked") === "yes") await mark();
for (const name of (option("faults") ?? "").split(",")) {
	const commit = faults[name];
	if (!commit) throw new Error(`no such fault: ${name}`);
	commit();
}
trace("@done\n");
