/** In a forked copy of the command line (host-sim/line/node-process.ts): runs it without building first. */
import { main } from "./main.js";

await main(process.argv.slice(2));
