/** `interlock broker`: the embedded broker as a process of its own. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { BrokerOptions } from "../../server/broker.js";
import { BROKER_PORT, whole } from "./options.js";
import { printJson, printLine } from "./output.js";
import { stopRequest } from "./stop.js";

interface BrokerCommandOptions {
	readonly port: number;
	readonly host: string;
	readonly keys?: string;
	readonly json?: true;
}

const EPILOGUE = `
With --keys only the plant's server and stations may log in, each to its own topics. The broker sees nothing but
sealed messages either way.

Examples:
  interlock broker --keys keys/plant
  interlock broker --port 0 --json        any free port; the first line says which
`;

/** How often the file of users is looked at while somebody publishes. */
const USERS_LOOK_MS = 500;

/** Who may log in and what they may do, by a plant directory; who is enrolled or revoked later counts at once. */
async function rulesOf(keys: string, log: (line: string) => void): Promise<Partial<BrokerOptions>> {
	const { checkBrokerUser, parseUsers, readPlant } = await import("../../keys/keys.js");
	const { mayPublish, maySubscribe, nextStations } = await import("../../server/broker-rules.js");
	const passwd = join(keys, "broker", "passwd");
	const load = () => {
		const { line, stations } = readPlant(keys);
		const names = stations.map((name) => name.slice(line.length + 1));
		return {
			writtenAtMs: statSync(passwd).mtimeMs,
			users: parseUsers(readFileSync(passwd, "utf8"), passwd),
			next: nextStations(line, names),
		};
	};
	let current = load();
	/** A file that cannot be read leaves those who were known; nobody's connection depends on it. */
	const refresh = () => {
		try {
			if (statSync(passwd).mtimeMs !== current.writtenAtMs) current = load();
		} catch (error) {
			log(`broker: going on with the users it had: ${(error as Error).message}`);
		}
	};
	let lookedAtMs = performance.now();
	/** Whoever is taken out of the file is disconnected by what it next publishes. */
	const isUser = (name: string) => {
		const nowMs = performance.now();
		if (nowMs - lookedAtMs >= USERS_LOOK_MS) {
			lookedAtMs = nowMs;
			refresh();
		}
		return current.users.has(name);
	};
	return {
		sessions: false,
		users: (name, password) => {
			refresh();
			return checkBrokerUser(current.users, name, Buffer.from(password).toString("utf8"));
		},
		mayPublish: ({ user = "" }, topic) => isUser(user) && mayPublish(user, topic, current.next),
		maySubscribe: ({ user = "" }, filter) => maySubscribe(user, filter),
	};
}

async function broker(options: BrokerCommandOptions): Promise<void> {
	const stop = stopRequest();
	const { startBroker } = await import("../../server/broker.js");
	const { port, host } = options;
	const log = (line: string) => process.stderr.write(`${line}\n`);
	const rules = options.keys === undefined ? {} : await rulesOf(options.keys, log);
	const running = await startBroker({ port, host, log, ...rules });
	if (options.json) printJson({ event: "listening", url: running.url, port: running.port });
	else printLine(`listening at ${running.url}`);
	await stop;
	await running.close();
}

export function addBrokerCommand(program: Command): void {
	program
		.command("broker")
		.description("run the embedded broker (MQTT 3.1.1) until it is told to stop")
		.option("--port <n>", "TCP port; 0 takes a free one", whole(0, 65535), BROKER_PORT)
		.option("--host <address>", "address to listen on", "127.0.0.1")
		.option("--keys <dir>", "a plant directory: who may log in and what they may do")
		.option("--json", "print JSON")
		.addHelpText("after", EPILOGUE)
		.action(broker);
}
