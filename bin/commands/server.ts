/** `interlock server`: the central server, until it is told to stop. */
import { join } from "node:path";
import type { Command } from "commander";
import { makeDirectories } from "../../host-sim/line/directory.js";
import { SEGMENT_SIZE_MAX } from "../../modules/envelope/sizes.js";
import {
	type BrokerOption,
	brokerUrl,
	DATA_DIRECTORY,
	DATABASE_FILE,
	KEYS_DIRECTORY,
	whole,
} from "./options.js";
import { printJson, printLine } from "./output.js";
import { stopRequest } from "./stop.js";

interface ServerOptions {
	readonly broker: BrokerOption;
	readonly data: string;
	readonly keys: string;
	readonly segmentSize?: number;
	readonly json?: true;
}

const EPILOGUE = `
The database in the data directory holds recipes, units, attempts and the journal; recipe and unit commands work
on the same directory, also while the server runs; keys that are rotated or revoked count at once. Whatever the server answers was stored before. SIGINT and
SIGTERM stop it cleanly; a server that was killed goes on from its database.

Example:
  interlock server --broker mqtt://127.0.0.1:1883 --keys keys/plant --data data
`;

async function server(options: ServerOptions): Promise<void> {
	const { PlantWatch } = await import("../../keys/keys.js");
	const { openStore } = await import("../../server/store/sqlite.js");
	const { startServer } = await import("../../server/server.js");
	const { describe } = await import("../../host-sim/line/display.js");
	const stop = stopRequest();
	const plant = new PlantWatch(options.keys);
	const { keys } = plant;
	makeDirectories(options.data);
	const store = await openStore(join(options.data, DATABASE_FILE));
	try {
		const running = await startServer({
			brokerUrl: options.broker.url,
			keys,
			changedKeys: () => plant.changed(),
			store,
			...(options.segmentSize !== undefined && { segmentSize: options.segmentSize }),
			log: (line) => process.stderr.write(`${line}\n`),
			onEvent: (event) => {
				if (options.json) return printJson(event);
				// Of the link to the broker the log tells more.
				const isTold = event.event === "online" || event.event === "offline";
				const text = isTold ? undefined : describe(event);
				if (text !== undefined) printLine(text);
			},
		});
		if (!options.json) printLine(`line ${keys.plant.line}, broker ${options.broker.url}`);
		const trouble = await Promise.race([stop.then(() => undefined), running.ended]);
		await running.close();
		if (trouble !== undefined) throw trouble;
	} finally {
		await store.close();
	}
}

export function addServerCommand(program: Command): void {
	program
		.command("server")
		.description("run the central server until it is told to stop")
		.requiredOption("--broker <url>", "any MQTT 3.1.1 broker, mqtt://host:port", brokerUrl)
		.option("--data <dir>", "where the database is", DATA_DIRECTORY)
		.option("--keys <dir>", "the plant directory", KEYS_DIRECTORY)
		.option(
			"--segment-size <bytes>",
			"of the files that it seals from now on",
			whole(1, SEGMENT_SIZE_MAX),
		)
		.option("--json", "print events as JSON, one a line")
		.addHelpText("after", EPILOGUE)
		.action(server);
}
