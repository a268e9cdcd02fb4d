/** Every attack, in the order of the report. */
import type { Attack } from "../attack.js";
import { forge } from "./forge.js";
import { impersonateServer } from "./impersonate-server.js";
import { impersonateStation } from "./impersonate-station.js";
import { replay } from "./replay.js";
import { skipStation } from "./skip-station.js";
import { splice } from "./splice.js";
import { stolenStation } from "./stolen-station.js";
import { tamper } from "./tamper.js";
import { truncate } from "./truncate.js";

export const ATTACKS: readonly Attack[] = [
	replay,
	tamper,
	splice,
	truncate,
	forge,
	impersonateServer,
	impersonateStation,
	skipStation,
	stolenStation,
];
