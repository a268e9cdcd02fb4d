/**
 * A line's own Mosquitto, as a plant would have it: with the files that `interlock keys broker-config mosquitto` writes
 * into the plant's directory, on the host's loopback. It is told when these files change, and killed when this process
 * is gone, however it went.
 */
import { spawn } from "node:child_process";
import { existsSync, unwatchFile, watchFile } from "node:fs";
import { createInterface } from "node:readline";
import { type BrokerFiles, writeMosquittoFiles } from "../../keys/keys.js";
import { asChild } from "./child.js";
import { answers, freePort, LOOPBACK } from "./local-port.js";
import { LineError } from "./prepare.js";
import type { Child } from "./supervisor.js";

const KNOCK_INTERVAL_MS = 20;
/** How often its users' file is looked at. */
const LOOK_INTERVAL_MS = 500;
/** Of what it says, what a reader of the line's log should see: who comes and goes is told by server and stations. */
const WORTH_TELLING = /error|warning|denied|not authori[sz]ed|refused/i;
/** Where Debian puts it, or where one builds it oneself. */
export const MOSQUITTO = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].find(existsSync);

/**
 * Chooses a port and writes the files.
 *
 * @param directory - the plant's.
 * @throws KeysError; LineError `broker` where there is no Mosquitto.
 */
export async function prepareMosquitto(directory: string): Promise<BrokerFiles & { port: number }> {
	if (MOSQUITTO === undefined)
		throw new LineError("broker", "Mosquitto is not installed: apt-get install mosquitto");
	const port = await freePort();
	// Started by root it becomes another user, who may not read what is its owner's alone.
	const user = process.getuid?.() === 0 ? { user: "root" } : {};
	return { ...(await writeMosquittoFiles({ directory, port, host: LOOPBACK, ...user })), port };
}

/** @param onText - a line of what it says that is worth telling. */
export function startMosquitto(
	{ conf, passwd }: BrokerFiles,
	onText: (line: string) => void,
): Child {
	const argv = ["--pdeathsig", "KILL", String(MOSQUITTO), "-c", conf];
	const child = spawn("setpriv", argv, { stdio: ["ignore", "ignore", "pipe"] });
	createInterface({ input: child.stderr }).on("line", (line) => {
		if (WORTH_TELLING.test(line)) onText(line);
	});
	const readAgain = () => void child.kill("SIGHUP");
	watchFile(passwd, { persistent: false, interval: LOOK_INTERVAL_MS }, readAgain);
	const mosquitto = asChild(child, onText);
	mosquitto.ended.then(() => unwatchFile(passwd, readAgain));
	return mosquitto;
}

/** Settles when something listens there, or `signal` is aborted. */
export async function listening(port: number, signal: AbortSignal): Promise<void> {
	while (!signal.aborted && !(await answers(port)))
		await new Promise((resolve) => setTimeout(resolve, KNOCK_INTERVAL_MS));
}
