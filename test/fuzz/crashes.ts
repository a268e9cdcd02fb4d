/** Inputs that were found to fail, in a folder that is not kept, each with the command that tries it again. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hex } from "../../modules/bytes/bytes.js";
import { unhex } from "../cbor/support.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FOLDER = "fuzz-crashes";

/** @returns the command that repeats it, to be given from the project's root. */
export function writeCrash(subject: string, bytes: Uint8Array): string {
	const name = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
	const file = join(FOLDER, `${subject}-${name}.hex`);
	mkdirSync(join(ROOT, FOLDER), { recursive: true });
	writeFileSync(join(ROOT, file), `${hex(bytes)}\n`);
	return `npm run fuzz -- --subject ${subject} --repeat ${file}`;
}

/** @param file - from the project's root. */
export function readCrash(file: string): Uint8Array {
	return unhex(readFileSync(join(ROOT, file), "utf8").trim());
}
