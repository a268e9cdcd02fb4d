/** Suite 0: the parties of a whole line, each with a key pair of its own and all public keys. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { generateRsa } from "../../keys/rsa.js";
import type { Fixture } from "../../modules/ports/fixture.js";
import type { RecipeFiles } from "../line/prepare.js";
import type { Bus } from "./bus.js";
import type { OnEvent } from "./events.js";
import { RSA_BITS } from "./format.js";
import { Server } from "./server.js";
import { Station } from "./station.js";

/** The private keys by party: `server` and each station. */
export type PrivateKeys = ReadonlyMap<string, KeyObject>;

export interface LineOptions {
	/**
	 * By station, in route order (readRecipes of host-sim/line gives them). None is named `server`.
	 */
	readonly recipes: ReadonlyMap<string, Pick<RecipeFiles, "text" | "limits">>;
	readonly keys: PrivateKeys;
	/** A bus for each party. */
	bus(party: string): Bus;
	fixture(station: string): Fixture;
	readonly onEvent: OnEvent;
}

/** Not yet started. */
export interface Line {
	readonly server: Server;
	/** In route order. */
	readonly stations: readonly Station[];
}

export async function generateKeys(stations: Iterable<string>): Promise<PrivateKeys> {
	const parties = ["server", ...stations];
	const keys = await Promise.all(parties.map(() => generateRsa(RSA_BITS)));
	return new Map(parties.map((party, i) => [party, keys[i] as KeyObject]));
}

export function makeLine({ recipes, keys, bus, fixture, onEvent }: LineOptions): Line {
	const names = [...recipes.keys()];
	const privateKey = (party: string): KeyObject => {
		const key = keys.get(party);
		if (key === undefined) throw new Error(`no key for ${party}`);
		return key;
	};
	const publicKey = (party: string): KeyObject => createPublicKey(privateKey(party));
	const party = (name: string) => ({ bus: bus(name), privateKey: privateKey(name), onEvent });
	const server = new Server({
		...party("server"),
		stations: new Map(
			[...recipes].map(([name, { text, limits }]) => [
				name,
				{ publicKey: publicKey(name), file: Buffer.from(text).toString(), limits },
			]),
		),
	});
	const stations = names.map((name, place) => {
		const next = names[place + 1];
		return new Station({
			...party(name),
			name,
			server: publicKey("server"),
			first: place === 0,
			...(next !== undefined && { next: { name: next, publicKey: publicKey(next) } }),
			fixture: fixture(name),
		});
	});
	return { server, stations };
}
