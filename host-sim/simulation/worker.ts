/** Runs seeds in a thread of its own: pool.ts tells it which. */
import { parentPort } from "node:worker_threads";
import { makeRealPair } from "./real-keys.js";
import { runSeed } from "./run.js";

parentPort?.on("message", async ({ from, to, isReal }: Batch) => {
	for (let seed = from; seed <= to; seed++)
		parentPort?.postMessage(await runSeed(seed, isReal ? { realPair: makeRealPair } : {}));
	parentPort?.postMessage("done");
});

/** Seeds, both ends included. */
export interface Batch {
	readonly from: number;
	readonly to: number;
	readonly isReal: boolean;
}
