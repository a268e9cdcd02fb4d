/** Runs on XS: a native writes to what a board has in flash. */

import { bytes } from "./base-kept.js";
import { scribble } from "./native-planted.js";

scribble(bytes.slice());
trace("a copy can be written\n");
scribble(bytes);
