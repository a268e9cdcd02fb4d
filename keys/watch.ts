/** The keys of a plant directory, for a server that runs while they are changed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { NodeCrypto } from "../server/crypto.js";
import { settlePlant } from "./change.js";
import { KeysError } from "./errors.js";
import { loadServerKeys, type ServerKeys } from "./load.js";
import { plantStamp } from "./stamp.js";

export class PlantWatch {
	readonly #directory: string;
	readonly #crypto = new NodeCrypto();
	readonly #nowS: (() => number) | undefined;
	#stamp: string;
	/** As they were first. */
	readonly keys: ServerKeys;

	/**
	 * @param nowS - seconds since 1970-01-01; the system's clock if left out.
	 * @throws {@link KeysError}.
	 */
	constructor(directory: string, nowS?: () => number) {
		this.#directory = directory;
		this.#nowS = nowS;
		// Taken first: what changes during the load is noticed.
		this.#stamp = plantStamp(directory);
		this.keys = this.#load();
	}

	/**
	 * The keys, where they have changed since the last call; cheap where they have not. A change that is being made is
	 * waited for by being asked again.
	 *
	 * @throws {@link KeysError} where they cannot be used, once for each state of the directory.
	 */
	changed(): ServerKeys | undefined {
		const stamp = plantStamp(this.#directory);
		if (stamp === this.#stamp) return undefined;
		if (existsSync(join(this.#directory, ".change")) && !this.#settled()) return undefined;
		this.#stamp = plantStamp(this.#directory);
		return this.#load();
	}

	/** Finishes what a killed command left; false while a command is at it. */
	#settled(): boolean {
		try {
			settlePlant(this.#directory);
			return true;
		} catch (error) {
			if (error instanceof KeysError && error.code === "busy") return false;
			throw error;
		}
	}

	#load(): ServerKeys {
		return loadServerKeys(this.#directory, this.#crypto, this.#nowS?.());
	}
}
