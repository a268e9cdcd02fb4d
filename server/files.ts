/**
 * Recipes as sealed files: each released recipe gets an envelope for its station's present key, once, and is given
 * out in blocks (docs/protocol.md §8); its segments are sealed when they are asked for (segments.ts). Which version applies to a unit, and which a station should hold, is
 * read here too.
 *
 * A unit keeps the version it started with; a new one is used from the next unit on. Left out: releasing
 * (operations.ts), sending (stations.ts, server.ts).
 */

import { concat, sameBytes } from "../modules/bytes/bytes.js";
import type { Credential } from "../modules/channel/credential.js";
import { encodeHeadBlock, SEGMENTS_AT, segmentBlock } from "../modules/envelope/block.js";
import { cuttable, sealedSize, segmentCount } from "../modules/envelope/sizes.js";
import type { Blocks, RecipeName, RecipeOffer } from "../modules/messages/types.js";
import { type PrivateKey, TAG_SIZE } from "../modules/ports/crypto.js";
import type { RecipeFacts } from "./core/decision.js";
import { judge, type Limits, parseLimits } from "./core/limits.js";
import { ROUTE_MAX, type Unit } from "./core/unit.js";
import type { NodeCrypto } from "./crypto.js";
import { sealedHead } from "./seal.js";
import { Segments, type ServedFile } from "./segments.js";
import { storedFile } from "./store/pieces.js";
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
	/** Plaintext bytes of a segment, 1 to 4,096; {@link SEGMENT_SIZE}. */
	readonly segmentSize?: number | undefined;
}

export interface Sealed {
	readonly station: string;
	readonly id: string;
	readonly version: number;
}

export interface ServedBlocks {
	readonly file: ServedFile;
	/** As they go out. */
	readonly blocks: readonly Uint8Array[];
}

export class Files {
	readonly #options: FilesOptions;
	readonly #segments: Segments;
	readonly #limits = new Map<string, Limits>();

	constructor(options: FilesOptions) {
		if (!cuttable(0, options.segmentSize ?? SEGMENT_SIZE))
			throw new RangeError(`a segment has 1 to 4,096 bytes, not ${options.segmentSize}`);
		this.#options = options;
		this.#segments = new Segments(options.store, options.crypto);
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

	/** The blocks asked for, of which file; `undefined` where the station has no such file. */
	async blocks(station: string, request: Blocks): Promise<ServedBlocks | undefined> {
		const { digest, head, first, count, each = 1 } = request;
		const file = await this.#segments.file(digest);
		if (file?.station !== station) return undefined;
		const blocks = head ? [encodeHeadBlock(digest, file.head.bytes)] : [];
		const { size, segmentSize } = file.head;
		const end = Math.min(first + count, file.segments);
		// Each segment is sealed into its place in its block.
		await this.#segments.sealed(file, first, count, (index) => {
			const place = (index - first) % each;
			if (place === 0) {
				const plainSize = Math.min(Math.min(index + each, end) * segmentSize, size);
				const sealed = sealedSize(plainSize - index * segmentSize, segmentSize);
				blocks.push(segmentBlock(digest, index, sealed));
			}
			return blocks.at(-1)?.subarray(SEGMENTS_AT + place * (segmentSize + TAG_SIZE));
		});
		return { file, blocks };
	}

	/** The small ones among the files that `station` should hold, whole; `undefined` for one that is not small. */
	async retained(station: string): Promise<(Uint8Array | undefined)[]> {
		const { store, route } = this.#options;
		const line = station.slice(0, station.indexOf("."));
		const offers = await store.read(async (tx) =>
			this.offers(tx, station, await tx.unitAt(line, route.indexOf(station))),
		);
		const files: (Uint8Array | undefined)[] = [];
		for (const { digest } of offers) files.push(await this.#small(digest));
		return files;
	}

	async #small(digest: Uint8Array): Promise<Uint8Array | undefined> {
		const file = await this.#segments.file(digest);
		if (!file) return undefined;
		const { bytes, size, segmentSize } = file.head;
		if (bytes.length + sealedSize(size, segmentSize) > RETAINED_SIZE_MAX) return undefined;
		return concat(bytes, ...(await this.#segments.sealed(file, 0, file.segments)));
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

	/** One pass over the file for the digest of its segments, then one row; a crash before it leaves nothing. */
	async #seal({ station, id, version, file, size }: Recipe): Promise<void> {
		const { store, fence, crypto, credential, signKey, stationCredential, timeMs } = this.#options;
		const recipient = stationCredential(station);
		if (!recipient) return;
		const recipientKey = crypto.publicKey(recipient.kem, "wrap");
		const contentKey = crypto.secret();
		const kept = crypto.exportSecret(contentKey);
		let head: Uint8Array;
		try {
			head = await sealedHead({
				crypto,
				plaintext: storedFile(store, file, size),
				size,
				recipient: station,
				recipientKey,
				contentKey,
				recipeId: id,
				version,
				segmentSize: this.#segmentSize,
				signerEpoch: credential.epoch,
				signKey,
			});
		} finally {
			recipientKey.close();
		}
		await store.write(async (tx) => {
			await tx.addEnvelope({
				digest: crypto.sha256(head),
				station,
				id,
				version,
				recipientEpoch: recipient.epoch,
				signerEpoch: credential.epoch,
				head,
				segments: segmentCount(size, this.#segmentSize),
				contentKey: kept,
			});
			const data = { id, version, recipientEpoch: recipient.epoch };
			await tx.append({ atMs: timeMs(), kind: "sealed", station, data });
		}, fence);
	}

	get #segmentSize(): number {
		return this.#options.segmentSize ?? SEGMENT_SIZE;
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

	/** The envelope that opens with today's keys and can be given out; of several the one a unit started with. */
	#present(
		station: string,
		envelopes: readonly Envelope[],
		preferred: RecipeName | undefined,
	): Envelope | undefined {
		const { credential, stationCredential } = this.#options;
		const epoch = stationCredential(station)?.epoch;
		const present = envelopes.filter(
			({ recipientEpoch, signerEpoch, contentKey }) =>
				contentKey && recipientEpoch === epoch && signerEpoch === credential.epoch,
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
