import assert from "node:assert/strict";
import { concat, hex } from "../../modules/bytes/bytes.js";
import { EnvelopeError } from "../../modules/envelope/head.js";
import { SealError } from "../../server/seal.js";
import { open, seal } from "../envelope/support.js";

const plaintext = new Uint8Array(1000).map((_, i) => i);

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
	for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function opened({ head, segments }: Awaited<ReturnType<typeof seal>>): string {
	const opener = open(head);
	return hex(concat(...segments.map((segment, i) => opener.open(i, segment) as Uint8Array)));
}

describe("sealing a recipe", () => {
	for (const size of [1, 99, 100, 101, 250, 1000, 5000]) {
		it(`takes a stream in pieces of ${size} bytes`, async () => {
			const sealed = await seal(plaintext, 100, { plaintext: pieces(plaintext, size) });
			assert.equal(sealed.segments.length, 10);
			assert.equal(opened(sealed), hex(plaintext));
		});
	}

	it("seals an empty file as one empty segment", async () => {
		const empty = new Uint8Array(0);
		for (const source of [empty, pieces(empty, 1)]) {
			const sealed = await seal(empty, 4096, { plaintext: source });
			assert.equal(sealed.segments.length, 1);
			assert.equal(opened(sealed), "");
		}
	});

	it("refuses a source of another size than was said", async () => {
		for (const size of [999, 1001, 0, 1100]) {
			await assert.rejects(
				seal(plaintext, 100, { size }),
				(error) => error instanceof SealError && error.code === "source",
			);
		}
	});

	it("refuses a header outside its ranges before it reads the source", async () => {
		let read = false;
		const source = (async function* () {
			read = true;
			yield plaintext;
		})();
		await assert.rejects(seal(plaintext, 5000, { plaintext: source }), EnvelopeError);
		assert.equal(read, false);
	});
});
