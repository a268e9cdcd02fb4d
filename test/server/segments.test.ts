import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import {
	enrol,
	initPlant,
	loadBundle,
	loadServerKeys,
	type ServerKeys,
	stationDirectory,
} from "../../keys/keys.js";
import { concat, fromUtf8, hex } from "../../modules/bytes/bytes.js";
import { parseBlock } from "../../modules/envelope/block.js";
import { type Head, parseHead } from "../../modules/envelope/head.js";
import { openHead, SegmentsDigest } from "../../modules/envelope/open.js";
import { NodeCrypto } from "../../server/crypto.js";
import { Files } from "../../server/files.js";
import { releaseRecipe } from "../../server/operations.js";
import { FILES_KEPT_MAX, PIECES_KEPT_MAX } from "../../server/segments.js";
import { openStore } from "../../server/store/sqlite.js";
import { PIECE_SIZE, type Store } from "../../server/store/store.js";
import { Died, dyingAfter } from "./dying-store.js";
import { code } from "./store-cases.js";

const ONE = "line.one";
const LIMITS = "# q\nmin= 1\n";
/** Some bytes more than two pieces. */
const TEXT = `# R\n${Array.from({ length: (2 * PIECE_SIZE) / 20 + 7 }, (_, i) => `${`r${i}= ${i}`.padEnd(19)}\n`).join("")}`;

describe("sealed segments", function () {
	this.timeout(20_000);
	const crypto = new NodeCrypto();
	let plant: string;
	let keys: ServerKeys;
	let directory: string;
	let store: Store;

	before(async () => {
		plant = join(mkdtempSync(join(tmpdir(), "interlock-plant-")), "plant");
		await initPlant({ directory: plant, line: "line", rsaBits: 2048 });
		await enrol({ directory: plant, stations: ["one"], rsaBits: 2048 });
		keys = loadServerKeys(plant);
	});
	after(() => rmSync(join(plant, ".."), { recursive: true }));
	beforeEach(async () => {
		directory = mkdtempSync(join(tmpdir(), "interlock-segments-"));
		store = await openStore(join(directory, "interlock.db"));
	});
	afterEach(async () => {
		await store.close();
		rmSync(directory, { recursive: true });
	});

	async function files(segmentSize?: number, its = store): Promise<Files> {
		return new Files({
			store: its,
			fence: await store.takeLease(),
			crypto,
			route: [ONE],
			credential: keys.credential,
			signKey: keys.sign,
			stationCredential: (name) => keys.stations.get(name),
			timeMs: () => 7,
			segmentSize,
		});
	}
	const release = (text: string) =>
		releaseRecipe(store, { station: ONE, id: "trim", text, limitsText: LIMITS });

	async function head(of: Files): Promise<{ digest: Uint8Array; head: Head; segments: number }> {
		const [offer] = await store.read((tx) => of.offers(tx, ONE, undefined));
		assert.ok(offer);
		const { digest, segments } = offer;
		const [block] = await ask(of, digest, true, 0, 0);
		const parsed = parseBlock(block as Uint8Array);
		assert.ok(parsed?.kind === "head");
		return { digest, segments, head: parseHead(parsed.head) };
	}

	async function ask(of: Files, digest: Uint8Array, head: boolean, first: number, count: number) {
		return (await of.blocks(ONE, { type: "blocks", digest, head, first, count })) ?? [];
	}

	async function segments(of: Files, digest: Uint8Array, count: number): Promise<Uint8Array[]> {
		const found: Uint8Array[] = [];
		for (let first = 0; first < count; first += 8)
			for (const bytes of await ask(of, digest, false, first, 8)) {
				const block = parseBlock(bytes);
				assert.ok(block?.kind === "segment" && block.index === found.length);
				found.push(block.sealed);
			}
		return found;
	}

	function opener(of: Head) {
		const bundle = loadBundle(stationDirectory(plant, ONE), crypto);
		const key = createPrivateKey({ key: Buffer.from(bundle.kem), format: "der", type: "pkcs1" });
		const opened = openHead({
			crypto,
			head: of,
			recipient: ONE,
			verify: crypto.publicKey(keys.credential.sign as Uint8Array, "verify"),
			unwrap: NodeCrypto.privateKey(key, "unwrap"),
			versionFloor: 0,
		});
		assert.ok(typeof opened === "object");
		return opened;
	}

	for (const size of [4096, 1000, 37])
		it(`of ${size} bytes are the ones that were signed, and open to the recipe`, async () => {
			const all = await files(size);
			await release(TEXT);
			await all.sealMissing();
			const file = await head(all);
			assert.equal(file.segments, Math.ceil(TEXT.length / size));
			const sealed = await segments(all, file.digest, file.segments);
			const whole = new SegmentsDigest(crypto, file.head);
			for (const bytes of sealed) whole.add(bytes);
			assert.ok(whole.matches());
			const open = opener(file.head);
			const plain = sealed.map((bytes, i) => open.open(i, bytes) as Uint8Array);
			assert.equal(fromUtf8(concat(...plain)), TEXT);
		});

	it("are the same from another process, after a change of their size too", async () => {
		const first = await files(512);
		await release(TEXT);
		await first.sealMissing();
		const { digest, segments: count } = await head(first);
		const before = await segments(first, digest, count);
		const second = await files(4096);
		assert.deepEqual(await second.sealMissing(), []);
		assert.deepEqual(await segments(second, digest, count), before);
		assert.deepEqual(await ask(second, digest, false, count, 8), []);
	});

	it("are made again when what was kept at hand has given way", async () => {
		const all = await files();
		const digests: Uint8Array[] = [];
		for (let i = 0; i <= FILES_KEPT_MAX; i++) {
			await release(`# R\nr= ${i}\n`);
			await all.sealMissing();
			digests.push((await head(all)).digest);
		}
		assert.ok(FILES_KEPT_MAX > PIECES_KEPT_MAX);
		const own = async (of: Files) => {
			const found: string[] = [];
			for (const digest of digests) found.push(hex(concat(...(await ask(of, digest, true, 0, 1)))));
			return found;
		};
		const once = await own(all);
		assert.deepEqual(await own(all), once);
		assert.equal(new Set(once).size, digests.length);
	});

	it("are sealed anew where an older release had sealed them, and results for its file still count", async () => {
		const all = await files();
		await release(TEXT);
		await all.sealMissing();
		const { digest } = await head(all);
		const database = new Database(join(directory, "interlock.db"));
		database.exec("update envelope set content_key = null");
		database.close();
		const now = await files();
		assert.deepEqual(await store.read((tx) => now.offers(tx, ONE, undefined)), []);
		assert.equal(
			await now.blocks(ONE, { type: "blocks", digest, head: true, first: 0, count: 1 }),
			undefined,
		);
		assert.equal((await now.sealMissing()).length, 1);
		const facts = await store.read((tx) => now.facts(tx, ONE, undefined));
		assert.deepEqual(facts?.digests.map(hex), [hex((await head(now)).digest), hex(digest)]);
	});

	it("have an envelope or none, in whichever transaction the process dies", async () => {
		await release(TEXT);
		let deaths = 0;
		for (; ; deaths++) {
			const dying = await files(4096, dyingAfter(store, deaths));
			try {
				await dying.sealMissing();
				break;
			} catch (error) {
				assert.ok(error instanceof Died, String(error));
				assert.deepEqual(await store.read((tx) => tx.envelopes(ONE, "trim", 1)), []);
			}
		}
		// What is missing, three pieces, the row.
		assert.equal(deaths, 5);
		const all = await files();
		const file = await head(all);
		const whole = new SegmentsDigest(crypto, file.head);
		for (const bytes of await segments(all, file.digest, file.segments)) whole.add(bytes);
		assert.ok(whole.matches());
	});

	it("are not made of a damaged file", async () => {
		const all = await files();
		await release(TEXT);
		await all.sealMissing();
		const { digest } = await head(all);
		await release(`${TEXT}\n`);
		const database = new Database(join(directory, "interlock.db"));
		database.exec("delete from piece where number = 1");
		database.close();
		const later = PIECE_SIZE / 4096;
		assert.equal((await ask(all, digest, false, 0, 8)).length, 8);
		await assert.rejects(ask(all, digest, false, later, 1), code("corrupt"));
		await assert.rejects(all.sealMissing(), code("corrupt"));
	});

	it("have 1 to 4,096 bytes", async () => {
		for (const size of [0, 4097, 1.5]) await assert.rejects(files(size), RangeError);
	});
});
