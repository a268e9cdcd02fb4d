/** `npm run fuzz`. V8 counts only what it compiles from now on: nothing else is imported before. */
import { Coverage } from "./coverage.js";

const OURS = /\/build\/(modules|server|keys|host-sim|bin)\//;
const coverage = new Coverage((url) => OURS.test(url));
coverage.start();
const { main } = await import("./main.js");
await main(coverage, process.argv.slice(2));
