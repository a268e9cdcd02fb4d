/**
 * A line's own Mosquitto, as a plant would have it: with the files that `interlock keys broker-config mosquitto` writes
 * into the plant's directory, on the host's loopback. It is told when these files change, and killed when this process
 * is gone, however it went.
 */
import { spawn } from "node:child_process";
import { unwatchFile, watchFile } from "node:fs";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { type BrokerFiles, writeMosquittoFiles } from "../../keys/keys.js";
import type { Child, ChildEnd } from "./supervisor.js";

const HOST = "127.0.0.1";
const KNOCK_INTERVAL_MS = 20;
/** How often its users' file is looked at. */
const LOOK_INTERVAL_MS = 500;
/** Of what it says, what a reader of the line's log should see: who comes and goes is told by server and stations. */
const WORTH_TELLING = /error|warning|denied|not authori[sz]ed|refused/i;
/** Where Debian puts it: not on the path of everybody. */
const PROGRAM = "/usr/sbin/mosquitto";

/** A port that is free now. */
function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer().once("error", reject);
		server.listen(0, HOST, () => {
			const address = server.address();
			server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
		});
	});
}

/**
 * Chooses a port and writes the files.
 *
 * @param directory - the plant's.
 * @throws KeysError.
 */
export async function prepareMosquitto(directory: string): Promise<BrokerFiles & { port: number }> {
	const port = await freePort();
	// Started by root it becomes another user, who may not read what is its owner's alone.
	const user = process.getuid?.() === 0 ? { user: "root" } : {};
	return { ...(await writeMosquittoFiles({ directory, port, host: HOST, ...user })), port };
}

/** @param onText - a line of what it says that is worth telling. */
export function startMosquitto(
	{ conf, passwd }: BrokerFiles,
	onText: (line: string) => void,
): Child {
	const argv = ["--pdeathsig", "KILL", PROGRAM, "-c", conf];
	const child = spawn("setpriv", argv, { stdio: ["ignore", "ignore", "pipe"] });
	createInterface({ input: child.stderr }).on("line", (line) => {
		if (WORTH_TELLING.test(line)) onText(line);
	});
	const readAgain = () => void child.kill("SIGHUP");
	watchFile(passwd, { persistent: false, interval: LOOK_INTERVAL_MS }, readAgain);
	const ended = new Promise<ChildEnd>((resolve) => {
		child.once("close", (code, signal) => {
			unwatchFile(passwd, readAgain);
			resolve({ code, signal });
		});
		child.once("error", (error) => {
			onText(error.message);
			if (child.pid === undefined) resolve({ code: null, signal: null });
		});
	});
	return {
		pid: child.pid,
		ended,
		stop: () => void child.kill("SIGTERM"),
		kill: () => void child.kill("SIGKILL"),
	};
}

/** Settles when something listens there, or `signal` is aborted. */
export async function listening(port: number, signal: AbortSignal): Promise<void> {
	while (!signal.aborted && !(await knock(port)))
		await new Promise((resolve) => setTimeout(resolve, KNOCK_INTERVAL_MS));
}

function knock(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, HOST);
		const answer = (isOpen: boolean) => {
			socket.destroy();
			resolve(isOpen);
		};
		socket.once("connect", () => answer(true)).once("error", () => answer(false));
	});
}
