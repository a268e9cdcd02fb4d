/**
 * Suite 0: one of the paper's stations.
 *
 * | it waits for | what comes | what it does |
 * | --- | --- | --- |
 * | a part (and a file) | a part | tries the first value set |
 * | the fixture | the outcome | sends the result |
 * | the verdict | `fail` | tries the same file's next value set; after the last, waits for a part |
 * | the verdict | `pass` | sends `done` to the server |
 * | the acknowledgement | `ack` | sends `done` to the next station; waits for a part |
 */
import type { KeyObject } from "node:crypto";
import { utf8 } from "../../modules/bytes/bytes.js";
import type { Fixture, NamedValue, TrialOutcome } from "../../modules/ports/fixture.js";
import { RecipeError } from "../../modules/recipe/error.js";
import { SetPicker, type Summary } from "../../modules/recipe/sets.js";
import { checkRecipe } from "../../server/recipe-check.js";
import { type PartyOptions, Post } from "./post.js";
import { encodeResult } from "./result.js";

/** Parts that stand before a station. */
export const PARTS_WAITING_MAX = 1000;

export interface StationOptions extends PartyOptions {
	/** 1 to 32 characters of `[a-z0-9-]`. */
	readonly name: string;
	/** The server's public key. */
	readonly server: KeyObject;
	/** Whether it is the line's first: then it listens to no other station. */
	readonly first: boolean;
	/** Left out for the last station. */
	readonly next?: { readonly name: string; readonly publicKey: KeyObject };
	readonly fixture: Fixture;
}

interface Recipe {
	readonly bytes: Uint8Array;
	readonly summary: Summary;
}

export class Station {
	readonly #options: StationOptions;
	readonly #post: Post;
	#waitsFor: "part" | "fixture" | "verdict" | "acknowledgement" | "nothing" = "part";
	/** The newest that came. */
	#recipe: Recipe | undefined;
	/** Parts that came and have not been started. */
	#partsWaiting = 0;
	/** The part in work: its number, its recipe, the value set tried last. */
	#part = 0;
	#inUse: Recipe | undefined;
	#set = 0;

	constructor(options: StationOptions) {
		this.#options = options;
		this.#post = new Post({ ...options, party: options.name });
	}

	start(): void {
		const { name, first, server } = this.#options;
		const post = this.#post;
		post.receive(name, "file", (text) => this.#takeFile(text));
		post.receive(name, "verdict", (text) => this.#takeVerdict(text));
		post.receive(name, "ack", (text) => this.#takeAcknowledgement(text));
		if (!first) post.receive(name, "arrival", (text) => text === "done" && this.bringPart());
		post.send(name, "request", server, "request");
	}

	/**
	 * The next part stands before the station: put there by hand, or by the station before.
	 *
	 * @returns false where PARTS_WAITING_MAX wait already.
	 */
	bringPart(): boolean {
		if (this.#partsWaiting === PARTS_WAITING_MAX) return false;
		this.#partsWaiting++;
		this.#startPart();
		return true;
	}

	/** For good; may be called twice. Nothing is kept of a part in work. */
	close(): void {
		this.#waitsFor = "nothing";
		this.#post.close();
		this.#options.fixture.stop();
	}

	#takeFile(text: string): boolean {
		const bytes = utf8(text);
		try {
			this.#recipe = { bytes, summary: checkRecipe(bytes) };
		} catch (error) {
			if (error instanceof RecipeError) return false;
			throw error;
		}
		this.#options.onEvent({ event: "recipe", station: this.#options.name, text });
		this.#startPart();
		return true;
	}

	#startPart(): void {
		if (this.#waitsFor !== "part" || this.#partsWaiting === 0 || !this.#recipe) return;
		this.#partsWaiting--;
		this.#part++;
		this.#inUse = this.#recipe;
		const { name: station, onEvent } = this.#options;
		onEvent({ event: "started", station, part: this.#part });
		this.#try(this.#inUse, 0);
	}

	#try({ bytes, summary }: Recipe, set: number): void {
		const picker = new SetPicker(summary, set);
		picker.write(bytes);
		const values = picker.end();
		this.#set = set;
		this.#waitsFor = "fixture";
		const { name: station, fixture, onEvent } = this.#options;
		onEvent({ event: "tried", station, part: this.#part, set, values });
		const trial = { serial: `part-${this.#part}`, attempt: set + 1, values };
		fixture.run(trial, (outcome) => this.#report(values, outcome));
	}

	#report(values: readonly NamedValue[], outcome: TrialOutcome): void {
		const readings = "readings" in outcome ? outcome.readings : [];
		const { name, server } = this.#options;
		this.#waitsFor = "verdict";
		this.#post.send(name, "result", server, encodeResult({ values, readings }));
	}

	#takeVerdict(text: string): boolean {
		const recipe = this.#inUse;
		if (this.#waitsFor !== "verdict" || recipe === undefined) return false;
		if (text === "pass") {
			const { name, server } = this.#options;
			this.#waitsFor = "acknowledgement";
			this.#post.send(name, "done", server, "done");
		} else if (text === "fail") {
			if (this.#set + 1 < recipe.summary.sets) this.#try(recipe, this.#set + 1);
			else this.#finish(false);
		} else return false;
		return true;
	}

	#takeAcknowledgement(text: string): boolean {
		if (this.#waitsFor !== "acknowledgement" || text !== "ack") return false;
		const { next } = this.#options;
		if (next) this.#post.send(next.name, "arrival", next.publicKey, "done");
		this.#finish(true);
		return true;
	}

	#finish(passed: boolean): void {
		this.#waitsFor = "part";
		const { name: station, onEvent } = this.#options;
		onEvent({ event: "finished", station, part: this.#part, passed });
		this.#startPart();
	}
}
