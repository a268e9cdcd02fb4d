import assert from "node:assert/strict";
import { type Sealed, Shelf, seal } from "./shelf.js";

describe("open files", () => {
	let v1: Sealed;
	let v2: Sealed;
	let v3: Sealed;
	before(async () => {
		v1 = await seal(1);
		v2 = await seal(2);
		v3 = await seal(3);
	});

	function fetched(shelf: Shelf, ...files: readonly Sealed[]): Shelf {
		for (const file of files) {
			shelf.library.want([file.offer]);
			shelf.fetch(file);
		}
		return shelf;
	}

	function reads(shelf: Shelf, file: Sealed, set: number): void {
		assert.deepEqual(shelf.values(file, set), [{ section: "R", name: `r${set}`, value: set }]);
	}

	it("reads a file that has come with one RSA private operation in all", () => {
		const shelf = fetched(new Shelf(), v1);
		assert.equal(shelf.crypto.unwraps, 1);
		shelf.library.activate(v1.offer);
		reads(shelf, v1, 1);
		shelf.library.forget();
		reads(shelf, v1, 2);
		assert.equal(shelf.crypto.unwraps, 1);
		assert.equal(shelf.crypto.keys, 1);
	});

	it("does so where the file was found in flash and checked again, too", () => {
		const shelf = fetched(new Shelf(), v1);
		shelf.library.distrust(v1.offer);
		while (shelf.library.stateOf(v1.offer) === "missing") assert.equal(shelf.ask(), undefined);
		assert.equal(shelf.crypto.unwraps, 2);
		reads(shelf, v1, 1);
		assert.equal(shelf.crypto.unwraps, 2);
	});

	it("opens what it held before a restart when it is read from, once", () => {
		const shelf = fetched(new Shelf(), v1);
		shelf.open();
		assert.equal(shelf.crypto.keys, 0);
		reads(shelf, v1, 1);
		reads(shelf, v1, 2);
		assert.equal(shelf.crypto.unwraps, 2);
	});

	it("keeps two keys at most: of the file that is read from and of the one that came last", () => {
		const shelf = fetched(new Shelf(), v1);
		reads(shelf, v1, 1);
		fetched(shelf, v2);
		assert.equal(shelf.crypto.keys, 2);
		fetched(shelf, v3);
		assert.equal(shelf.crypto.keys, 2);
		reads(shelf, v1, 2);
		assert.equal(shelf.crypto.unwraps, 3);
		reads(shelf, v3, 1);
		assert.equal(shelf.crypto.unwraps, 3);
		assert.equal(shelf.crypto.keys, 1);
	});

	it("wipes the key of the one that came last where another is read from", () => {
		const shelf = fetched(new Shelf(), v1, v2);
		assert.equal(shelf.crypto.keys, 1);
		reads(shelf, v1, 1);
		assert.equal(shelf.crypto.keys, 1);
		assert.equal(shelf.crypto.unwraps, 3);
	});

	it("wipes all when a file turns out unreadable, and when it is closed", () => {
		const shelf = fetched(new Shelf(), v1);
		reads(shelf, v1, 1);
		fetched(shelf, v2);
		assert.equal(shelf.crypto.keys, 2);
		shelf.library.distrust(v1.offer);
		// That file is on its way again, with a key of its own.
		assert.equal(shelf.crypto.keys, 1);
		shelf.library.close();
		assert.equal(shelf.crypto.keys, 0);

		const other = fetched(new Shelf(), v1);
		reads(other, v1, 1);
		fetched(other, v2);
		other.library.close();
		assert.equal(other.crypto.keys, 0);
	});

	it("does not read a file that has come under a server key which was replaced since", () => {
		const shelf = fetched(new Shelf(), v1);
		const { server } = shelf.trust;
		shelf.trust.server = { ...server, epoch: server.epoch + 1 };
		assert.equal(shelf.library.reader(v1.offer, 0), undefined);
		assert.equal(shelf.crypto.keys, 0);
	});

	it("wipes its key in the next session, if not before", () => {
		const shelf = fetched(new Shelf(), v1);
		const { server } = shelf.trust;
		shelf.library.want([v1.offer]);
		assert.equal(shelf.crypto.keys, 1);
		shelf.trust.server = { ...server, epoch: server.epoch + 1 };
		shelf.library.want([]);
		assert.equal(shelf.crypto.keys, 0);
	});
});
