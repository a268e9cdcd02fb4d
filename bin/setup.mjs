/**
 * Makes a fresh clone ready to run: Debian and npm packages, TypeScript, the MQTT codec's bundle, the simulator.
 *
 * Does only what is out of date; a second run takes a moment. Two runs at once wait for each other. Plain JavaScript
 * with nothing but Node, since it runs before anything is installed. `node bin/setup.mjs VARIANT` makes that variant of
 * the simulator (setup/variants.mjs) and what only it needs; `mcu` makes the emulated chip (setup/mcu.mjs).
 * A type error does not stop it (the compiled file is there all the same); `npm test` does stop at one.
 */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { buildEngine } from "./setup/engine.mjs";
import { buildChip, buildChipProgram, MCU_PACKAGES, MCU_PROGRAMS } from "./setup/mcu.mjs";
import { makeImage } from "./setup/mcu-image.mjs";
import { writeModuleTable } from "./setup/modules.mjs";
import { ensureDebian, ensureNodePackages } from "./setup/packages.mjs";
import { progress, SetupError, say } from "./setup/report.mjs";
import { show } from "./setup/run.mjs";
import { compileTypeScript } from "./setup/typescript.mjs";
import { VARIANTS } from "./setup/variants.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const LOCK_POLL_MS = 200;

function alive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === "EPERM";
	}
}

/** Waits until no other set-up of this tree runs. @returns a function that lets the next one go. */
async function lock() {
	const file = join(root, "build/setup.lock");
	mkdirSync(dirname(file), { recursive: true });
	for (let waited = false; ; waited = true) {
		try {
			writeFileSync(file, String(process.pid), { flag: "wx" });
			return () => rmSync(file, { force: true });
		} catch (error) {
			if (error.code !== "EEXIST") throw error;
		}
		const owner = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
		if (owner > 0 && !alive(owner)) rmSync(file, { force: true });
		if (!waited) progress("waiting for another set-up to finish");
		await sleep(LOCK_POLL_MS);
	}
}

async function bundle() {
	const script = join(root, "bin/bundle.mjs");
	if (!existsSync(script)) return;
	progress("bundling the MQTT codec");
	if ((await show(process.execPath, [script], { cwd: root })) !== 0)
		throw new SetupError("the MQTT codec's bundle failed; see above");
}

async function makeScripts() {
	await ensureNodePackages(root);
	await compileTypeScript(root);
	await bundle();
	writeModuleTable(root);
}

async function makeAll() {
	await ensureDebian();
	await makeScripts();
	await buildEngine(root);
}

async function makeChip(name) {
	await ensureDebian(MCU_PACKAGES);
	await makeScripts();
	if (name !== "mcu") return buildChipProgram(root, name);
	await buildChip(root);
	await makeImage(root);
}

async function makeVariant(name) {
	if (name === "mcu" || name in MCU_PROGRAMS) return makeChip(name);
	const known = [...Object.keys(VARIANTS), "mcu", ...Object.keys(MCU_PROGRAMS)];
	if (!(name in VARIANTS)) throw new SetupError(`no variant ${name}: ${known}`);
	await ensureDebian(VARIANTS[name].packages);
	await buildEngine(root, name);
}

/**
 * Brings everything under build/ up to date or, where `variant` is given, that variant of the simulator.
 *
 * @throws {@link SetupError} with what the user can do.
 */
export async function ensureBuilt(variant) {
	const unlock = await lock();
	try {
		await (variant === undefined ? makeAll() : makeVariant(variant));
	} finally {
		unlock();
		progress("");
		if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K");
	}
}

/** The same for a command: where it fails, says why and ends the process with status 1. */
export async function ensureBuiltOrExit(variant) {
	try {
		await ensureBuilt(variant);
	} catch (error) {
		if (!(error instanceof SetupError)) throw error;
		say(error.message);
		process.exit(1);
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await ensureBuiltOrExit(process.argv[2]);
