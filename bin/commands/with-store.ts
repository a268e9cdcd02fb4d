/** The server's database for the time of one command. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { makeDirectories } from "../../host-sim/line/directory.js";
import type { Store } from "../../server/store/store.js";
import { CommandFailure, EXIT } from "./failure.js";
import { DATABASE_FILE } from "./options.js";

/**
 * @param make - whether a directory without a database gets a new one; else that is an error.
 */
export async function withStore<T>(
	data: string,
	work: (store: Store) => Promise<T>,
	make = true,
): Promise<T> {
	const file = join(data, DATABASE_FILE);
	if (!make && !existsSync(file))
		throw new CommandFailure(
			EXIT.input,
			"no-data",
			`${file} is not there: name the server's --data`,
		);
	if (existsSync(file) && !statSync(file).isFile())
		throw new CommandFailure(
			EXIT.input,
			"no-data",
			`${file} is not a database, but something else`,
		);
	makeDirectories(data);
	const { openStore } = await import("../../server/store/sqlite.js");
	const store = await openStore(file);
	try {
		return await work(store);
	} finally {
		await store.close();
	}
}
