/** Sealed files: heads, blocks, segments, and what a station's library makes of them. */
import assert from "node:assert/strict";
import { concat, hex, view } from "../../../modules/bytes/bytes.js";
import {
	type Block,
	encodeHeadBlock,
	encodeSegmentBlock,
	parseBlock,
} from "../../../modules/envelope/block.js";
import {
	completeHead,
	EnvelopeError,
	encodeBound,
	parseHead,
} from "../../../modules/envelope/head.js";
import { openHead } from "../../../modules/envelope/open.js";
import type { RecipeOffer } from "../../../modules/messages/types.js";
import { ENVELOPE_RATE } from "../../../modules/station/old-files.js";
import { parseStart } from "../../../modules/station/sealed-file.js";
import { unhex } from "../../cbor/support.js";
import { crypto, open, openOptions, vectors } from "../../envelope/support.js";
import { type Sealed, Shelf } from "../../station/shelf.js";
import { type Subject, writesAgain } from "../subject.js";
import { ENVELOPE_TOKENS } from "../tokens.js";

const heads = vectors.map(({ head }) => unhex(head));

const files: readonly Sealed[] = vectors.map(({ recipeId: id, version, segments, ...rest }) => {
	const head = unhex(rest.head);
	const digest = crypto.sha256(head);
	const offer: RecipeOffer = {
		id,
		version,
		digest,
		headSize: head.length,
		segments: segments.length,
	};
	return { offer, head, segments: segments.map(unhex) };
});
/** The one of several segments. */
const file = files[2] as Sealed;
const plaintext = unhex(vectors[2]?.plaintext ?? "");
const segmentSize = vectors[2]?.segmentSize ?? 0;
const opener = open(file.head);
const envelopes = files.map(({ head, segments }) => concat(head, ...segments));
const blocks = [
	encodeHeadBlock(file.offer.digest, file.head),
	...file.segments.map((sealed, i) => encodeSegmentBlock(file.offer.digest, i, sealed)),
];

function readHead(input: Uint8Array): void {
	const head = parseHead(input);
	writesAgain(() => encodeBound(head, head.wrappedKey, head.prefix), head.bound);
	writesAgain(() => completeHead(head.signed, head.signature), input);
}

function encodeBlock(block: Block, name: Uint8Array): Uint8Array {
	return block.kind === "head"
		? encodeHeadBlock(name, block.head)
		: encodeSegmentBlock(name, block.index, block.sealed);
}

function readBlock(input: Uint8Array): void {
	const block = parseBlock(input);
	if (block) writesAgain(() => encodeBlock(block, input.subarray(1)), input);
}

/** @param input - index (4), then what may be that segment. */
function openSegment(input: Uint8Array): void {
	if (input.length < 4) return;
	const index = view(input).getUint32(0);
	const opened = opener.open(index, input.subarray(4));
	if (opened === undefined) return;
	const start = index * segmentSize;
	assert.equal(hex(opened), hex(plaintext.subarray(start, start + segmentSize)));
}

/** Whatever comes, no more than the genuine file is ever held, and that can still be fetched. */
function fetchAfter(hostile: (shelf: Shelf) => void): void {
	const shelf = new Shelf(1, 8192);
	hostile(shelf);
	shelf.clock.advance((1000 * ENVELOPE_RATE.burst) / ENVELOPE_RATE.perSecond);
	const held = shelf.library.held.map(({ digest }) => hex(digest));
	if (held.length === 0) {
		shelf.library.want([file.offer]);
		shelf.fetch(file);
	}
	assert.ok(shelf.library.held.length === 1);
	shelf.library.close();
}

function takeEnvelope(input: Uint8Array): void {
	fetchAfter((shelf) => shelf.library.envelope(input));
}

function takeBlock(input: Uint8Array): void {
	fetchAfter((shelf) => {
		shelf.library.want([file.offer]);
		shelf.ask();
		shelf.library.block(input);
		shelf.library.block(blocks[0] as Uint8Array);
		shelf.library.block(input);
	});
}

export const envelopeSubjects: readonly Subject[] = [
	{ name: "head", seeds: heads, work: readHead, errors: [EnvelopeError], tokens: ENVELOPE_TOKENS },
	{ name: "head-start", seeds: envelopes, work: parseStart, errors: [], tokens: ENVELOPE_TOKENS },
	{
		name: "head-opened",
		seeds: heads,
		work(input) {
			const opened = openHead(openOptions(input));
			const isGenuine = heads.some((head) => hex(head) === hex(input));
			assert.equal(typeof opened === "object", isGenuine, "a damaged head was opened");
		},
		errors: [EnvelopeError],
		tokens: ENVELOPE_TOKENS,
		cost: 10,
	},
	{ name: "block", seeds: blocks, work: readBlock, errors: [] },
	{
		name: "segment",
		seeds: blocks.slice(1).map((block) => block.slice(5)),
		work: openSegment,
		errors: [],
	},
	{
		name: "library-envelope",
		seeds: envelopes,
		work: takeEnvelope,
		errors: [],
		tokens: ENVELOPE_TOKENS,
		cost: 400,
	},
	{ name: "library-block", seeds: blocks, work: takeBlock, errors: [], cost: 400 },
];
