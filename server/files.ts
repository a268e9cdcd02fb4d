/**
 * Recipes as sealed files: each released recipe is sealed once for its station's present key, kept, and given
 * out in blocks (docs/protocol.md §8). Which version applies to a unit, and which a station should hold, is
 * read here too.
 *
 * A unit keeps the version it started with; a new one is used from the next unit on. Left out: releasing
 * (operations.ts), sending (stations.ts, server.ts).
 */

import { concat, sameBytes } from "../modules/bytes/bytes.js";
import type { Credential } from "../modules/channel/credential.js";
import { encodeHeadBlock, encodeSegmentBlocks } from "../modules/envelope/block.js";
import type { Blocks, RecipeName, RecipeOffer } from "../modules/messages/types.js";
import type { PrivateKey } from "../modules/ports/crypto.js";
import type { RecipeFacts } from "./core/decision.js";
import { judge, type Limits, parseLimits } from "./core/limits.js";
import { ROUTE_MAX, type Unit } from "./core/unit.js";
import type { NodeCrypto } from "./crypto.js";
import { sealRecipe } from "./seal.js";
import type { Envelope, Recipe, Store, StoreReader } from "./store/store.js";

/** Plaintext bytes of a segment. */
export const SEGMENT_SIZE = 4096;
/** Envelopes up to this many bytes are also kept by the broker, retained, for when the server is away. */
export const RETAINED_SIZE_MAX = 4000;
/** Files that a station is offered: that of its unit, and the newest. */
export const OFFERS_MAX = 2;
/** Parsed limits kept at hand. */
const LIMITS_KEPT_MAX = 2 * ROUTE_MAX;

export interface FilesOptions {
	readonly store: Store;
	readonly fence: number;
	readonly crypto: NodeCrypto;
	/** Full names. */
	readonly route: readonly string[];
	/** The server's own of this moment; another one later, where its keys are replaced. */
	readonly credential: Credential;
	readonly signKey: PrivateKey;
	readonly stationCredential: (name: string) => Credential | undefined;
	/** Milliseconds since 1970-01-01. */
	readonly timeMs: () => number;
}

export interface Sealed {
	readonly station: string;
	readonly id: string;
	readonly version: number;
}

export class Files {
	readonly #options: FilesOptions;
	readonly #limits = new Map<string, Limits>();

	constructor(options: FilesOptions) {
		this.#options = options;
	}

	/** What applies to `unit` at `station`; without a unit, to the next one that arrives there. */
	async facts(
		tx: StoreReader,
		station: string,
		unit: Unit | undefined,
	): Promise<RecipeFacts | undefined> {
		const recipe = await this.#recipe(tx, station, unit);
		const all = recipe && (await tx.envelopes(station, recipe.id, recipe.version));
		// Between a change of keys and the new envelope a unit is judged as before.
		const envelope =
			all && (this.#present(station, all, unit?.recipe) ?? sameFile(all, unit?.recipe));
		if (!recipe || !envelope) return undefined;
		const limits = this.#limitsOf(recipe);
		return {
			name: nameOf(envelope),
			digests: all.map(({ digest }) => digest),
			sets: recipe.sets,
			attemptsMax: recipe.attemptsMax,
			judge: (readings) => judge(limits, readings),
		};
	}

	/** What `station` should hold: the version of the unit it has, then the newest. */
	async offers(tx: StoreReader, station: string, unit: Unit | undefined): Promise<RecipeOffer[]> {
		const envelopes: Envelope[] = [];
		for (const each of unit?.recipe ? [unit, undefined] : [undefined]) {
			const recipe = await this.#recipe(tx, station, each);
			const all = recipe && (await tx.envelopes(station, recipe.id, recipe.version));
			const envelope = all && this.#present(station, all, each?.recipe);
			if (envelope && !envelopes.some(({ digest }) => sameBytes(digest, envelope.digest)))
				envelopes.push(envelope);
		}
		return envelopes.map((envelope) => ({
			...nameOf(envelope),
			headSize: envelope.head.length,
			segments: envelope.segments,
		}));
	}

	/** The blocks asked for; `undefined` where the station has no such file. */
	async blocks(station: string, request: Blocks): Promise<readonly Uint8Array[] | undefined> {
		const { digest, head, first, count, each = 1 } = request;
		return await this.#options.store.read(async (tx) => {
			const envelope = await tx.envelope(digest);
			if (envelope?.station !== station) return undefined;
			const segments = count > 0 ? await tx.segments(digest, first, count) : [];
			return [
				...(head ? [encodeHeadBlock(digest, envelope.head)] : []),
				...encodeSegmentBlocks(digest, first, segments, each),
			];
		});
	}

	/** The small ones among the files that `station` should hold, whole; `undefined` for one that is not small. */
	async retained(station: string): Promise<(Uint8Array | undefined)[]> {
		const { store, route } = this.#options;
		return await store.read(async (tx) => {
			const line = station.slice(0, station.indexOf("."));
			const offers = await this.offers(tx, station, await tx.unitAt(line, route.indexOf(station)));
			const files: (Uint8Array | undefined)[] = [];
			for (const { digest, segments } of offers) {
				const envelope = await tx.envelope(digest);
				const parts =
					segments * SEGMENT_SIZE <= 2 * RETAINED_SIZE_MAX
						? await tx.segments(digest, 0, segments)
						: undefined;
				const file = envelope && parts && concat(envelope.head, ...parts);
				files.push(file && file.length <= RETAINED_SIZE_MAX ? file : undefined);
			}
			return files;
		});
	}

	/** Seals what a station should hold and has no envelope for its present key. @throws StoreError. */
	async sealMissing(): Promise<Sealed[]> {
		const sealed: Sealed[] = [];
		for (const [step, station] of this.#options.route.entries()) {
			for (const recipe of await this.#unsealed(station, step)) {
				await this.#seal(recipe);
				sealed.push({ station, id: recipe.id, version: recipe.version });
			}
		}
		return sealed;
	}

	async #unsealed(station: string, step: number): Promise<Recipe[]> {
		if (!this.#options.stationCredential(station)) return [];
		const line = station.slice(0, station.indexOf("."));
		return await this.#options.store.read(async (tx) => {
			const missing: Recipe[] = [];
			const unit = await tx.unitAt(line, step);
			for (const each of unit?.recipe ? [unit, undefined] : [undefined]) {
				const recipe = await this.#recipe(tx, station, each);
				if (!recipe || missing.some(({ id, version }) => isVersion(recipe, id, version))) continue;
				const all = await tx.envelopes(station, recipe.id, recipe.version);
				if (!this.#present(station, all, undefined)) missing.push(recipe);
			}
			return missing;
		});
	}

	async #seal({ station, id, version }: Recipe): Promise<void> {
		const { store, fence, crypto, credential, signKey, stationCredential, timeMs } = this.#options;
		const recipient = stationCredential(station);
		const plaintext = await store.read((tx) => tx.recipeText(station, id, version));
		if (!recipient || !plaintext) return;
		const recipientKey = crypto.publicKey(recipient.kem, "wrap");
		const segments: Uint8Array[] = [];
		const sealing = sealRecipe({
			crypto,
			plaintext,
			size: plaintext.length,
			recipient: station,
			recipientKey,
			recipeId: id,
			version,
			segmentSize: SEGMENT_SIZE,
			signerEpoch: credential.epoch,
			signKey,
		});
		let next: Awaited<ReturnType<typeof sealing.next>>;
		try {
			next = await sealing.next();
			while (!next.done) {
				segments[next.value.index] = next.value.bytes;
				next = await sealing.next();
			}
		} finally {
			recipientKey.close();
		}
		const head = next.value;
		const digest = crypto.sha256(head);
		await store.write(async (tx) => {
			await tx.addEnvelope({
				digest,
				station,
				id,
				version,
				recipientEpoch: recipient.epoch,
				signerEpoch: credential.epoch,
				head,
				segments: segments.length,
			});
			for (const [i, bytes] of segments.entries()) await tx.addSegment(digest, i, bytes);
			const data = { id, version, recipientEpoch: recipient.epoch };
			await tx.append({ atMs: timeMs(), kind: "sealed", station, data });
		}, fence);
	}

	async #recipe(
		tx: StoreReader,
		station: string,
		unit: Unit | undefined,
	): Promise<Recipe | undefined> {
		const pinned = unit?.recipe;
		if (!pinned) return await tx.newestRecipe(station);
		return await tx.recipe(station, pinned.id, pinned.version);
	}

	/** The envelope that opens with today's keys; of several the one a unit started with. */
	#present(
		station: string,
		envelopes: readonly Envelope[],
		preferred: RecipeName | undefined,
	): Envelope | undefined {
		const { credential, stationCredential } = this.#options;
		const epoch = stationCredential(station)?.epoch;
		const present = envelopes.filter(
			({ recipientEpoch, signerEpoch }) =>
				recipientEpoch === epoch && signerEpoch === credential.epoch,
		);
		return sameFile(present, preferred) ?? present[0];
	}

	#limitsOf({ station, id, version, limits: text }: Recipe): Limits {
		const key = `${station}/${id}/${version}`;
		let limits = this.#limits.get(key);
		if (!limits) {
			limits = parseLimits(text);
			if (this.#limits.size >= LIMITS_KEPT_MAX) this.#limits.clear();
			this.#limits.set(key, limits);
		}
		return limits;
	}
}

function sameFile(all: readonly Envelope[], name: RecipeName | undefined): Envelope | undefined {
	return name && all.find(({ digest }) => sameBytes(digest, name.digest));
}

function nameOf({ id, version, digest }: Envelope): RecipeName {
	return { id, version, digest };
}

function isVersion(recipe: Recipe, id: string, version: number): boolean {
	return recipe.id === id && recipe.version === version;
}
