/** Every attack, in the order of the report. */
import type { Attack } from "../attack.js";
import { replay } from "./replay.js";

export const ATTACKS: readonly Attack[] = [replay];
