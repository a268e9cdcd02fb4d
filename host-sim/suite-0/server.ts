/** Suite 0: the paper's central server: hands out files, judges results, acknowledges `done`. */
import type { KeyObject } from "node:crypto";
import { judge, type Limits, parseLimits } from "../../server/core/limits.js";
import { type PartyOptions, Post } from "./post.js";
import { decodeResult } from "./result.js";

export interface ServerOptions extends PartyOptions {
	/** By name. `file` and `limits`: the texts of a parameter file and of its acceptance limits. */
	readonly stations: ReadonlyMap<
		string,
		{ readonly publicKey: KeyObject; readonly file: string; readonly limits: string }
	>;
}

interface StationRecord {
	readonly publicKey: KeyObject;
	file: string;
	readonly limits: Limits;
	/** Its last result passed, and nothing was done since. */
	passed: boolean;
}

export class Server {
	readonly #options: ServerOptions;
	readonly #post: Post;
	readonly #stations = new Map<string, StationRecord>();

	/** @throws RecipeError where limits cannot be read. */
	constructor(options: ServerOptions) {
		this.#options = options;
		this.#post = new Post({ ...options, party: "server" });
		for (const [name, { publicKey, file, limits }] of options.stations)
			this.#stations.set(name, { publicKey, file, limits: parseLimits(limits), passed: false });
	}

	/** @throws RangeError where a file is too large to be sealed. */
	start(): void {
		for (const [name, station] of this.#stations) {
			const post = this.#post;
			post.receive(name, "request", (text) => this.#answerRequest(name, station, text));
			post.receive(name, "result", (text) => this.#judge(name, station, text));
			post.receive(name, "done", (text) => this.#acknowledge(name, station, text));
			post.send(name, "file", station.publicKey, station.file);
		}
	}

	/**
	 * Publishes another file for a station, for its next part; the limits stay. @throws as `start`.
	 */
	release(name: string, file: string): void {
		const station = this.#stations.get(name);
		if (station === undefined) throw new Error(`no station ${name}`);
		this.#post.send(name, "file", station.publicKey, file);
		station.file = file;
	}

	/** May be called twice. */
	close(): void {
		this.#post.close();
	}

	#answerRequest(name: string, station: StationRecord, text: string): boolean {
		if (text !== "request") return false;
		this.#options.onEvent({ event: "request", station: name });
		this.#post.send(name, "file", station.publicKey, station.file);
		return true;
	}

	#judge(name: string, station: StationRecord, text: string): boolean {
		const result = decodeResult(text);
		if (result === undefined) return false;
		this.#options.onEvent({ event: "result", station: name, ...result });
		const passed = judge(station.limits, result.readings);
		station.passed = passed;
		this.#options.onEvent({ event: "verdict", station: name, passed });
		this.#post.send(name, "verdict", station.publicKey, passed ? "pass" : "fail");
		return true;
	}

	#acknowledge(name: string, station: StationRecord, text: string): boolean {
		if (text !== "done" || !station.passed) return false;
		station.passed = false;
		this.#options.onEvent({ event: "done", station: name });
		this.#post.send(name, "ack", station.publicKey, "ack");
		return true;
	}
}
