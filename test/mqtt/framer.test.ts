import assert from "node:assert/strict";
import type { MqttError } from "../../modules/mqtt/error.js";
import { Framer } from "../../modules/mqtt/framer.js";

const SIZE_MAX = 1000;

function packet(size: number): Uint8Array {
	const remaining = size - (size > 129 ? 3 : 2);
	const length = size > 129 ? [(remaining & 127) | 128, remaining >> 7] : [remaining];
	const bytes = new Uint8Array(size).map((_, i) => i);
	bytes.set([0x30, ...length]);
	return bytes;
}

function drain(framer: Framer): Uint8Array[] {
	const packets: Uint8Array[] = [];
	for (let next = framer.next(); next; next = framer.next()) packets.push(next);
	return packets;
}

function fails(chunk: readonly number[], code: MqttError["code"]): void {
	const framer = new Framer(SIZE_MAX);
	framer.push(new Uint8Array(chunk));
	assert.throws(() => framer.next(), { name: "MqttError", code });
}

describe("framer", () => {
	const sizes = [2, 3, 129, 131, 132, 500, SIZE_MAX];
	const stream = Buffer.concat(sizes.map(packet));

	for (const step of [1, 2, 7, 128, stream.length])
		it(`finds the same packets in pieces of ${step} bytes`, () => {
			const framer = new Framer(SIZE_MAX);
			const found: Uint8Array[] = [];
			for (let offset = 0; offset < stream.length; offset += step) {
				framer.push(stream.subarray(offset, offset + step));
				found.push(...drain(framer));
			}
			assert.deepEqual(
				found.map((bytes) => Buffer.from(bytes)),
				sizes.map((size) => Buffer.from(packet(size))),
			);
		});

	it("gives each packet a buffer of its own", () => {
		const framer = new Framer(SIZE_MAX);
		const chunk = packet(10);
		framer.push(chunk);
		const [first] = drain(framer);
		chunk.fill(0);
		assert.deepEqual(first, packet(10));
	});

	it("refuses a packet above the limit by its header alone", () => {
		// 1,001 bytes in all: of its content not one byte is there.
		fails([0x30, (998 & 127) | 128, 998 >> 7], "too-large");
	});

	it("refuses the largest length that can be written", () => {
		fails([0x30, 0xff, 0xff, 0xff, 0x7f], "too-large");
	});

	it("refuses a length of five bytes", () => {
		fails([0x30, 0xff, 0xff, 0xff, 0xff], "malformed");
	});

	it("refuses a length in more bytes than it needs", () => {
		fails([0x30, 0x85, 0x00], "malformed");
	});

	it("forgets what is incomplete when it is reset", () => {
		const framer = new Framer(SIZE_MAX);
		framer.push(packet(500).subarray(0, 400));
		assert.deepEqual(drain(framer), []);
		framer.reset();
		framer.push(packet(3));
		assert.deepEqual(drain(framer), [packet(3)]);
	});

	it("wants one chunk used up before the next", () => {
		const framer = new Framer(SIZE_MAX);
		framer.push(packet(3));
		assert.throws(() => framer.push(packet(3)), /not used up/);
	});
});
