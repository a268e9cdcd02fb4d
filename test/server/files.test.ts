import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { enrol, initPlant, loadServerKeys, type ServerKeys } from "../../keys/keys.js";
import { utf8 } from "../../modules/bytes/bytes.js";
import type { Credential } from "../../modules/channel/credential.js";
import { parseBlock } from "../../modules/envelope/block.js";
import { releasedUnit } from "../../server/core/unit.js";
import { NodeCrypto } from "../../server/crypto.js";
import { Files, RETAINED_SIZE_MAX, SEGMENT_SIZE } from "../../server/files.js";
import { releaseRecipe } from "../../server/operations.js";
import { startServer } from "../../server/server.js";
import { openStore } from "../../server/store/sqlite.js";
import { DROP_MAX, type Store } from "../../server/store/store.js";

const ONE = "line.one";
const SMALL = "# R\nr1= 1\nr2= 2\n";
const LIMITS = "# q\nmin= 1\n";
/** A recipe of `count` lines of 12 bytes. */
const large = (count: number): string =>
	`# R\n${Array.from({ length: count }, (_, i) => `r${String(i).padStart(6, "0")}= 1\n`).join("")}`;

describe("files", function () {
	this.timeout(10_000);
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
		directory = mkdtempSync(join(tmpdir(), "interlock-files-"));
		store = await openStore(join(directory, "interlock.db"));
	});
	afterEach(async () => {
		await store.close();
		rmSync(directory, { recursive: true });
	});

	/** @param epoch - of the station's credential. */
	async function files(epoch = 1): Promise<Files> {
		const station = { ...(keys.stations.get(ONE) as Credential), epoch };
		return new Files({
			store,
			fence: await store.takeLease(),
			crypto: new NodeCrypto(),
			route: [ONE],
			credential: keys.credential,
			signKey: keys.sign,
			stationCredential: (name) => (name === ONE ? station : undefined),
			timeMs: () => 7,
		});
	}
	const release = (text: string) =>
		releaseRecipe(store, { station: ONE, id: "trim", text, limitsText: LIMITS });

	it("seals what was released once, and again for another key", async () => {
		const first = await files();
		assert.deepEqual(await first.sealMissing(), []);
		assert.equal(await store.read((tx) => first.facts(tx, ONE, undefined)), undefined);
		await release(SMALL);
		assert.equal(await store.read((tx) => first.facts(tx, ONE, undefined)), undefined);
		assert.deepEqual(await first.sealMissing(), [{ station: ONE, id: "trim", version: 1 }]);
		assert.deepEqual(await first.sealMissing(), []);
		const facts = await store.read((tx) => first.facts(tx, ONE, undefined));
		assert.deepEqual([facts?.sets, facts?.digests.length], [2, 1]);
		assert.equal(facts?.judge([{ name: "q", value: 1 }]), true);
		assert.equal(facts?.judge([{ name: "q", value: 0 }]), false);

		const second = await files(2);
		assert.equal(await store.read((tx) => second.facts(tx, ONE, undefined)), undefined);
		await second.sealMissing();
		const after = await store.read((tx) => second.facts(tx, ONE, undefined));
		assert.equal(after?.digests.length, 2);

		// A unit that is being tried does not wait for the new envelope.
		const third = await files(3);
		assert.equal(await store.read((tx) => third.facts(tx, ONE, undefined)), undefined);
		const unit = { ...releasedUnit("U", "line", new Uint8Array(16)), recipe: after!.name };
		const meanwhile = await store.read((tx) => third.facts(tx, ONE, unit));
		assert.deepEqual(meanwhile?.name, after?.name);
		assert.notDeepEqual(after?.name.digest, facts?.name.digest);
		assert.ok(after?.digests.some((digest) => Buffer.from(digest).equals(facts!.name.digest)));
	});

	it("keeps a unit's version while newer ones are released, and offers both", async () => {
		const all = await files();
		await release(SMALL);
		await all.sealMissing();
		const facts = await store.read((tx) => all.facts(tx, ONE, undefined));
		const proof = new Uint8Array(16);
		const unit = {
			...releasedUnit("A", "line", proof),
			stage: "working" as const,
			recipe: facts!.name,
		};
		await release(`${SMALL}r3= 3\n`);
		await all.sealMissing();
		const versions = async (of: typeof unit | undefined) =>
			(await store.read((tx) => all.offers(tx, ONE, of))).map(({ version }) => version);
		assert.deepEqual(await versions(unit), [1, 2]);
		assert.deepEqual(await versions(undefined), [2]);
		assert.equal((await store.read((tx) => all.facts(tx, ONE, unit)))?.name.version, 1);
		assert.equal((await store.read((tx) => all.facts(tx, ONE, undefined)))?.name.version, 2);
	});

	it("gives out the blocks asked for, to the station whose file it is", async () => {
		const all = await files();
		const text = large(500);
		await release(text);
		await all.sealMissing();
		const [offer] = await store.read((tx) => all.offers(tx, ONE, undefined));
		assert.ok(offer);
		assert.equal(offer.segments, Math.ceil(utf8(text).length / SEGMENT_SIZE));
		const ask = async (head: boolean, first: number, count: number, station = ONE) => {
			const { digest } = offer;
			const blocks = await all.blocks(station, { type: "blocks", digest, head, first, count });
			return blocks?.map((bytes) => {
				const block = parseBlock(bytes);
				return block?.kind === "segment" ? block.index : block?.kind;
			});
		};
		assert.deepEqual(await ask(true, 0, 0), ["head"]);
		assert.deepEqual(await ask(true, 0, 2), ["head", 0, 1]);
		assert.deepEqual(await ask(false, offer.segments - 1, 8), [offer.segments - 1]);
		assert.deepEqual(await ask(false, offer.segments, 8), []);
		assert.equal(await ask(true, 0, 1, "line.two"), undefined);
		const digest = new Uint8Array(32);
		const none = await all.blocks(ONE, { type: "blocks", digest, head: true, first: 0, count: 1 });
		assert.equal(none, undefined);
	});

	it("leaves only small files to the broker", async () => {
		const all = await files();
		await release(SMALL);
		await all.sealMissing();
		const [file] = await all.retained(ONE);
		assert.ok(file && file.length <= RETAINED_SIZE_MAX);
		for (const count of [320, 2000]) {
			await release(large(count));
			await all.sealMissing();
			assert.deepEqual(await all.retained(ONE), [undefined]);
		}
	});

	it("that nothing refers to are dropped a day after they were begun, when a server starts", async () => {
		const hourMs = 60 * 60_000;
		const now = Date.now();
		await release(SMALL);
		const add = async (atMs: number) => {
			const file = await store.write((tx) => tx.addFile(atMs));
			for (let i = 0; i <= 2 * DROP_MAX; i++)
				await store.write((tx) => tx.addPiece(file, i, Uint8Array.of(1)));
			return file;
		};
		const [old, older, young] = [
			await add(now - 25 * hourMs),
			await add(now - 26 * hourMs),
			await add(now - 23 * hourMs),
		];
		const server = await startServer({ brokerUrl: "mqtt://127.0.0.1:1", keys, store });
		const unused = () => store.write((tx) => tx.unusedFile(now));
		while ((await unused()) !== young) await setTimeout(10);
		await server.close();
		for (const [file, isThere] of [
			[old, false],
			[older, false],
			[young, true],
		] as const)
			assert.equal((await store.read((tx) => tx.piece(file, 0))) !== undefined, isThere);
		const recipe = await store.read((tx) => tx.newestRecipe(ONE));
		assert.ok(recipe && (await store.read((tx) => tx.piece(recipe.file, 0))));
	});
});
