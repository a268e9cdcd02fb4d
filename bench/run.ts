/** Starts {@link main}; apart from it, so that tests can import it without running it. */
import { main } from "./main.js";

await main(process.argv.slice(2));
