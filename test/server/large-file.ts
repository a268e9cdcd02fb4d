/**
 * Run by large-file.test.ts in a process of its own: releases a recipe of so many bytes, seals it, gives out all of it
 * in the windows that a station asks for, and prints what it took.
 */
import { join } from "node:path";
import { loadServerKeys } from "../../keys/keys.js";
import { parseHead } from "../../modules/envelope/head.js";
import { SegmentsDigest } from "../../modules/envelope/open.js";
import { NodeCrypto } from "../../server/crypto.js";
import { Files } from "../../server/files.js";
import { releaseRecipe } from "../../server/operations.js";
import { openStore } from "../../server/store/sqlite.js";

const [plant = "", directory = "", bytes = ""] = process.argv.slice(2);
const STATION = "line.one";
const WINDOW = 8;
const SEGMENT_AT = 37;
const LINE_SIZE = 128;
const PART_LINES = 512;

/** Two sections, with a value in every fourth line; `size` is a multiple of a part's. */
function* recipe(size: number): Generator<Uint8Array> {
	const parts = size / LINE_SIZE / PART_LINES;
	for (let part = 0; part < parts; part++) {
		const bytes = Buffer.alloc(LINE_SIZE * PART_LINES, " ");
		for (let i = 0; i < PART_LINES; i++) {
			const isHeading = i === 0 && (part === 0 || part === Math.floor(parts / 2));
			const text = isHeading ? `# part ${part}` : i % 4 === 0 ? `v${part}-${i}= 1.5` : "";
			bytes.write(text, i * LINE_SIZE);
			bytes.write("\n", (i + 1) * LINE_SIZE - 1);
		}
		yield bytes;
	}
}

const size = Number(bytes);
const keys = loadServerKeys(plant);
const crypto = new NodeCrypto();
const store = await openStore(join(directory, `${size}.db`));
await releaseRecipe(store, {
	station: STATION,
	id: "large",
	text: { size, read: () => recipe(size) },
	limitsText: "# q\nmin= 1\n",
	slotSize: 2 * size,
});
const files = new Files({
	store,
	fence: await store.takeLease(),
	crypto,
	route: [STATION],
	credential: keys.credential,
	signKey: keys.sign,
	stationCredential: (name) => keys.stations.get(name),
	timeMs: Date.now,
});
await files.sealMissing();
const [offer] = await store.read((tx) => files.offers(tx, STATION, undefined));
if (!offer) throw new Error("nothing is offered");
const { digest, segments } = offer;
const ask = async (head: boolean, first: number, count: number) =>
	(await files.blocks(STATION, { type: "blocks", digest, head, first, count })) ?? [];
const [head] = await ask(true, 0, 0);
if (!head) throw new Error("no head");
const whole = new SegmentsDigest(crypto, parseHead(head.subarray(1 + digest.length)));
for (let first = 0; first < segments; first += WINDOW)
	for (const block of await ask(false, first, WINDOW)) whole.add(block.subarray(SEGMENT_AT));
await store.close();
const { maxRSS } = process.resourceUsage();
process.stdout.write(JSON.stringify({ segments, isWhole: whole.matches(), maxRSS }));
