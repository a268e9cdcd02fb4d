/**
 * Sealed segments, made when they are asked for. The store has the plaintext in pieces and, beside it, the content key
 * of each envelope; the same key, nonce and plaintext give the same segment every time
 * (docs/decisions/0014-segments-are-sealed-when-asked-for.md).
 *
 * Kept at hand: the files and pieces used last. Neither ever changes. Left out: who may have a file (files.ts).
 */
import { concat, hex } from "../modules/bytes/bytes.js";
import { type Head, parseHead } from "../modules/envelope/head.js";
import { segmentKey, segmentNonce } from "../modules/envelope/segment.js";
import { plainSegmentSize, segmentCount } from "../modules/envelope/sizes.js";
import type { Aead } from "../modules/ports/crypto.js";
import type { NodeCrypto } from "./crypto.js";
import { Recent } from "./recent.js";
import { checkedPiece } from "./store/pieces.js";
import { type Envelope, PIECE_SIZE, type Recipe, type Store } from "./store/store.js";

/** Pieces kept: 2 MiB, so that stations that fetch at one time do not drive out each other's. */
export const PIECES_KEPT_MAX = 32;
/** Files whose head and key are kept. */
export const FILES_KEPT_MAX = 64;

const NONE = new Uint8Array(0);

/** A file that can be given out. */
export interface ServedFile {
	/** Full name of the only station that it is for. */
	readonly station: string;
	readonly head: Head;
	/** Number of segments. */
	readonly segments: number;
	/** Where its plaintext lies in the store. */
	readonly file: number;
	readonly contentKey: Uint8Array;
}

export class Segments {
	readonly #store: Store;
	readonly #crypto: NodeCrypto;
	/** By digest. */
	readonly #files = new Recent<string, ServedFile>(FILES_KEPT_MAX);
	readonly #keys = new Recent<ServedFile, Aead>(FILES_KEPT_MAX, (key) => key.close());
	/** By file and number. */
	readonly #pieces = new Recent<string, Uint8Array>(PIECES_KEPT_MAX);

	constructor(store: Store, crypto: NodeCrypto) {
		this.#store = store;
		this.#crypto = crypto;
	}

	/** @returns `undefined` where there is no such file, or only an older release could give it out. @throws StoreError. */
	async file(digest: Uint8Array): Promise<ServedFile | undefined> {
		const name = hex(digest);
		const kept = this.#files.get(name);
		if (kept) return kept;
		const found = await this.#store.read(async (tx) => {
			const envelope = await tx.envelope(digest);
			const recipe = envelope && (await tx.recipe(envelope.station, envelope.id, envelope.version));
			return recipe && served(envelope, recipe);
		});
		// Another request may have found it meanwhile.
		return found && (this.#files.get(name) ?? this.#files.add(name, found));
	}

	/**
	 * At most `count` segments from `first`, in order.
	 *
	 * @param room - where a segment is to lie; without it each gets an array of its own.
	 * @throws StoreError.
	 */
	async sealed(
		served: ServedFile,
		first: number,
		count: number,
		room: (index: number) => Uint8Array | undefined = () => undefined,
	): Promise<Uint8Array[]> {
		const { head, segments } = served;
		const end = Math.min(first + count, segments);
		if (first >= end) return [];
		const at = first * head.segmentSize;
		const size = Math.min(end * head.segmentSize, head.size) - at;
		const plaintext = await this.#read(served, at, size);
		// Nothing is waited for from here on: a key may give way only between two requests.
		const key = this.#keys.get(served) ?? this.#keys.add(served, this.#open(served));
		return Array.from({ length: end - first }, (_, i) => {
			const index = first + i;
			const from = i * head.segmentSize;
			const segment = plaintext(from, plainSegmentSize(head.size, head.segmentSize, index));
			const nonce = segmentNonce(head.prefix, index, index === segments - 1);
			return key.seal(nonce, NONE, segment, room(index));
		});
	}

	#open({ head, contentKey }: ServedFile): Aead {
		return segmentKey(this.#crypto, head.bound, this.#crypto.importSecret(contentKey));
	}

	/** `size` bytes of the plaintext from `at`, as a function that gives parts of them. */
	async #read(
		{ file, head }: ServedFile,
		at: number,
		size: number,
	): Promise<(from: number, size: number) => Uint8Array> {
		const first = Math.floor(at / PIECE_SIZE);
		const count = Math.ceil((at + size) / PIECE_SIZE) - first;
		const pieces = Array.from({ length: count }, (_, i) =>
			this.#pieces.get(`${file}/${first + i}`),
		);
		if (pieces.includes(undefined))
			await this.#store.read(async (tx) => {
				for (const [i, kept] of pieces.entries())
					if (!kept)
						pieces[i] = checkedPiece(await tx.piece(file, first + i), file, first + i, head.size);
			});
		for (const [i, piece] of pieces.entries()) {
			const name = `${file}/${first + i}`;
			if (piece && !this.#pieces.get(name)) this.#pieces.add(name, piece);
		}
		return (from, length) => {
			const offset = at + from - first * PIECE_SIZE;
			const [piece = NONE, next = NONE] = pieces.slice(
				Math.floor(offset / PIECE_SIZE),
			) as Uint8Array[];
			const part = piece.subarray(offset % PIECE_SIZE, (offset % PIECE_SIZE) + length);
			return part.length === length ? part : concat(part, next.subarray(0, length - part.length));
		};
	}
}

function served(envelope: Envelope, { file }: Recipe): ServedFile | undefined {
	const { station, contentKey } = envelope;
	if (!contentKey) return undefined;
	const head = parseHead(envelope.head);
	return { station, head, segments: segmentCount(head.size, head.segmentSize), file, contentKey };
}
