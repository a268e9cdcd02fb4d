/** A library on a board of its own for tests, and sealed recipes for it. */
import assert from "node:assert/strict";
import { encodeHeadBlock, encodeSegmentBlock } from "../../modules/envelope/block.js";
import type { Blocks, RecipeOffer } from "../../modules/messages/types.js";
import type { Aead, Derived, DerivedKind, PrivateKey, Secret } from "../../modules/ports/crypto.js";
import { Library, type Progress } from "../../modules/station/library.js";
import { BLOCKS_WAIT_MAX_MS } from "../../modules/station/window.js";
import { NodeCrypto } from "../../server/crypto.js";
import { sealRecipe } from "../../server/seal.js";
import * as channel from "../channel/support.js";
import { ManualClock } from "./clock.js";
import { MemoryKeyValue, MemoryPartition } from "./memory.js";

export const SEGMENT_SIZE = 512;
export const { crypto } = channel;

export interface Sealed {
	readonly offer: RecipeOffer;
	readonly head: Uint8Array;
	readonly segments: readonly Uint8Array[];
}

/** A board's, which counts what a library costs it: RSA private operations, and AES keys that it has not wiped. */
export class CountingCrypto extends NodeCrypto {
	unwraps = 0;
	keys = 0;

	override unwrap(key: PrivateKey, wrapped: Uint8Array, label: string): Secret | undefined {
		this.unwraps++;
		return super.unwrap(key, wrapped, label);
	}

	override derive<const K extends readonly DerivedKind[]>(
		...asked: [Uint8Array, readonly Secret[], string, K]
	): { [I in keyof K]: Derived<K[I]> } {
		const derived = super.derive(...asked);
		for (const each of derived as readonly (Aead | Uint8Array)[])
			if (!(each instanceof Uint8Array)) this.#count(each);
		return derived;
	}

	#count(key: Aead): void {
		this.keys++;
		const close = key.close.bind(key);
		let isOpen = true;
		key.close = () => {
			if (isOpen) this.keys--;
			isOpen = false;
			close();
		};
	}
}

/** A recipe of `sets` values in one section. */
function text(sets: number): Uint8Array {
	let lines = "# R\n";
	for (let i = 0; i < sets; i++) lines += `r${i}= ${i}\n`;
	return new TextEncoder().encode(lines);
}

export async function seal(
	version: number,
	options: { sets?: number; id?: string } = {},
): Promise<Sealed> {
	const { sets = 1000, id = "coil" } = options;
	const plaintext = text(sets);
	const sealing = sealRecipe({
		crypto,
		plaintext,
		size: plaintext.length,
		recipient: channel.STATION,
		recipientKey: crypto.publicKey(channel.publicDer("station"), "wrap"),
		recipeId: id,
		version,
		segmentSize: SEGMENT_SIZE,
		signerEpoch: channel.server.epoch,
		signKey: channel.privateKey("serverSign", "sign"),
	});
	const segments: Uint8Array[] = [];
	let next = await sealing.next();
	for (; !next.done; next = await sealing.next()) segments.push(next.value.bytes);
	const head = next.value;
	const digest = crypto.sha256(head);
	const offer = { id, version, digest, headSize: head.length, segments: segments.length };
	return { offer, head, segments };
}

/** A library on a board of its own, and what it asks for. */
export class Shelf {
	readonly crypto = new CountingCrypto();
	trust = {
		server: channel.server,
		signer: crypto.publicKey(channel.publicDer("serverSign"), "verify"),
	};
	readonly clock = new ManualClock();
	readonly store = new MemoryKeyValue();
	readonly slots;
	readonly lines: string[] = [];
	completed = 0;
	/** Recipes that were said to be too large, or old. */
	readonly tooLarge: string[] = [];
	readonly old: string[] = [];
	readonly progress: (Progress | undefined)[] = [];
	/** Segments in a block. */
	each = 1;
	library: Library;

	constructor(slots = 3, size = 64 * 1024) {
		this.slots = Array.from({ length: slots }, () => new MemoryPartition(size));
		this.library = this.open();
	}

	open(): Library {
		this.library?.close();
		this.library = new Library({
			crypto: this.crypto,
			clock: this.clock,
			log: (line) => this.lines.push(line),
			unwrap: channel.stationKey,
			recipient: channel.STATION,
			trust: this.trust,
			store: this.store,
			slots: this.slots,
			blockSegments: this.each,
			onProgress: () => this.progress.push(this.library.progress),
			onOld: ({ id, version }) => this.old.push(`${id} ${version}`),
			onChange: (isComplete) => {
				if (isComplete) this.completed++;
			},
			onTooLarge: ({ id, version }) => this.tooLarge.push(`${id} ${version}`),
		});
		return this.library;
	}

	ask(): Blocks | undefined {
		this.clock.advance(0);
		return this.library.request(this.clock.nowMs());
	}

	/** What the server answers; `keep` may drop or change blocks. */
	answer(file: Sealed, asked: Blocks, keep = (blocks: Uint8Array[]) => blocks): number {
		const { digest } = file.offer;
		const blocks = asked.head ? [encodeHeadBlock(digest, file.head)] : [];
		const { first, count, each = 1 } = asked;
		const end = Math.min(first + count, file.segments.length);
		for (let i = first; i < end; i += each)
			blocks.push(
				encodeSegmentBlock(digest, i, ...file.segments.slice(i, Math.min(i + each, end))),
			);
		for (const block of keep(blocks)) this.library.block(block);
		return blocks.length;
	}

	/** Fetches to the end; @returns how many blocks were sent. */
	fetch(file: Sealed, keep?: (blocks: Uint8Array[]) => Uint8Array[]): number {
		let blocks = 0;
		for (let turns = 0; this.completed === 0; turns++) {
			assert.ok(turns < 1000, "the file never completes");
			const asked = this.ask();
			if (asked) blocks += this.answer(file, asked, keep);
			else this.clock.advance(BLOCKS_WAIT_MAX_MS);
		}
		this.completed = 0;
		return blocks;
	}

	erases(): number {
		return this.slots.reduce((total, slot) => total + slot.erases, 0);
	}

	values(file: Sealed, set: number): unknown {
		const reader = this.library.reader(file.offer, set);
		for (;;) {
			const found = reader ? reader.step() : "unreadable";
			if (found !== undefined) return found;
		}
	}
}
