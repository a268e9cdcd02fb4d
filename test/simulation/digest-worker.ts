/** Tells the digest of each seed that it is given, from a thread of its own. */
import { parentPort } from "node:worker_threads";
import { digestOf } from "./digest.js";

parentPort?.on("message", async (seed: number) => parentPort?.postMessage(await digestOf(seed)));
