import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeMessage } from "../../modules/messages/codec.js";
import { MessageError } from "../../modules/messages/error.js";
import { CONTENT_SIZE_MAX, PADDED_SIZES, pad, unpad } from "../../modules/messages/padding.js";

function refused(padded: Uint8Array): void {
	assert.throws(
		() => unpad(padded),
		(error) => error instanceof MessageError && error.code === "padding",
	);
}

describe("padding", () => {
	it("pads to the smallest size that fits, and back", () => {
		for (const [size, padded] of [
			[0, 64],
			[63, 64],
			[64, 256],
			[255, 256],
			[256, 1024],
			[1023, 1024],
			[1024, 4000],
			[3999, 4000],
		] as const) {
			const content = new Uint8Array(size).fill(0x80);
			assert.equal(pad(content).length, padded);
			assert.deepEqual(unpad(pad(content)), content);
		}
	});

	it("refuses more than its largest size", () => {
		assert.throws(
			() => pad(new Uint8Array(CONTENT_SIZE_MAX + 1)),
			(error) => error instanceof MessageError && error.code === "size",
		);
	});

	it("refuses other sizes, a size too large, and no mark", () => {
		refused(new Uint8Array(0));
		for (const size of PADDED_SIZES) {
			refused(new Uint8Array(size));
			const odd = new Uint8Array(size + 1);
			odd[size] = 0x80;
			refused(odd);
		}
		const roomy = new Uint8Array(256);
		roomy[63] = 0x80;
		refused(roomy);
		const dirty = pad(new Uint8Array(10));
		dirty[63] = 1;
		refused(dirty);
	});

	it("gives what was padded, whatever it is", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: CONTENT_SIZE_MAX }), (content) => {
				assert.deepEqual(unpad(pad(content)), content);
			}),
		);
	});

	it("hides pass from fail", () => {
		const base = {
			type: "verdict",
			serial: "A",
			visit: 1,
			step: 0,
			attempt: 1,
			journal: 1,
		} as const;
		const sizes = [true, false].map((pass) => pad(encodeMessage({ ...base, pass })).length);
		assert.equal(sizes[0], sizes[1]);
	});
});
