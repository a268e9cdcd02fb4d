/** The Log and Random ports of a board: the serial console, and the engine's own generator for jitter. */
import { frozen } from "../bytes/frozen.js";
import type { Log } from "../ports/log.js";
import type { Random } from "../ports/random.js";

export const log: Log = (line) => trace(`${line}\n`);

export const random: Random = frozen({ fraction: () => Math.random() });
