/** Writing what a build makes. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Writes `file` only where its text is another, so that what is made from it is not made again for nothing. */
export function writeChanged(file, text) {
	if (existsSync(file) && readFileSync(file, "utf8") === text) return;
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, text);
}
