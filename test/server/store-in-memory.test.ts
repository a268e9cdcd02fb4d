import assert from "node:assert/strict";
import { MemoryStore, type MemoryStoreOptions } from "../../host-sim/simulation/store.js";
import { type Change, Tables } from "../../host-sim/simulation/tables.js";
import { settled } from "../../host-sim/simulation/time.js";
import type { StoreWriter } from "../../server/store/store.js";
import { fill, storeCases, working } from "./store-cases.js";

/** What a promise has come to by now. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
	let state = "open";
	promise.then(
		() => {
			state = "done";
		},
		() => {
			state = "failed";
		},
	);
	await settled();
	return state;
}

const one = (tx: StoreWriter) => tx.append({ atMs: 1, kind: "route", data: {} });

describe("store in memory", () => {
	let tables: Tables;
	/** Of the process that `dying` belongs to. */
	let isAlive: boolean;

	beforeEach(() => {
		tables = new Tables();
		isAlive = true;
	});

	storeCases(async () => new MemoryStore(tables));

	function dying(options: MemoryStoreOptions): MemoryStore {
		return new MemoryStore(tables, { isAlive: () => isAlive, ...options });
	}

	function die(): void {
		isAlive = false;
	}

	it("keeps nothing where its process dies before the commit", async () => {
		const store = dying({ beforeCommit: async () => die() });
		assert.equal(await stateOf(store.write(fill)), "open");
		tables.abandon();
		const next = new MemoryStore(tables);
		assert.equal(await next.read((tx) => tx.journalNumber()), 0);
		assert.equal(await next.read((tx) => tx.unit("A-1")), undefined);
		assert.equal(tables.commits, 0);
		await next.write(fill);
	});

	it("keeps everything where it dies after the commit, and does not tell it", async () => {
		const store = dying({ afterCommit: die });
		assert.equal(await stateOf(store.write(fill)), "open");
		tables.abandon();
		const next = new MemoryStore(tables);
		assert.equal((await next.read((tx) => tx.unit("A-1")))?.stage, "working");
		assert.equal(tables.commits, 1);
	});

	it("undoes what was under way when the caller was killed, and lets the next one begin", async () => {
		const slow = dying({ beforeCommit: () => new Promise(() => undefined) });
		const waiting = slow.write(fill);
		assert.equal(await stateOf(waiting), "open");
		const blocked = new MemoryStore(tables).write(one);
		assert.equal(await stateOf(blocked), "open", "they run one after another");
		die();
		tables.abandon();
		const next = new MemoryStore(tables);
		assert.equal(await next.write(one), 1);
		assert.equal(await next.read((tx) => tx.unit("A-1")), undefined);
		assert.equal(await stateOf(waiting), "open");
	});

	it("gives a dead caller no answer: neither to what it asks nor to what it had asked", async () => {
		const store = dying({});
		const read = store.read((tx) => tx.journalNumber());
		die();
		assert.equal(await stateOf(read), "open");
		assert.equal(await stateOf(store.write(one)), "open");
		tables.abandon();
		assert.equal(await new MemoryStore(tables).read((tx) => tx.journalNumber()), 0);
	});

	it("tells what was committed, and nothing of what was not", async () => {
		const told: (readonly Change[])[] = [];
		const store = new MemoryStore(tables, { afterCommit: (changes) => told.push(changes) });
		await assert.rejects(
			store.write(async (tx) => {
				await fill(tx);
				throw new Error("mine");
			}),
		);
		await store.read((tx) => tx.journalNumber());
		assert.equal(told.length, 0);
		await store.write(fill);
		const kinds = told[0]?.map((change) =>
			change.kind === "unit" ? [change.before?.stage, change.unit.stage] : change.kind,
		);
		assert.deepEqual(kinds, [[undefined, "released"], ["released", working.stage], "attempt"]);
	});
});
