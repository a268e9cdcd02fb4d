import assert from "node:assert/strict";
import { findAny, formsOfNumber, formsOfText } from "../../host-sim/adversary/needles.js";
import { Dice } from "../../host-sim/simulation/dice.js";
import { encode } from "../../modules/cbor/encode.js";

const TEXT = "v00= 350.25";
const dice = new Dice(1, "needles test");

/** In the middle of noise. */
function hidden(bytes: Uint8Array): Buffer {
	return Buffer.concat([dice.bytes(500), bytes, dice.bytes(500)]);
}

describe("needles", () => {
	const written: { readonly [how: string]: Uint8Array } = {
		"as it is": Buffer.from(TEXT),
		"in hexadecimal": Buffer.from(Buffer.from(TEXT).toString("hex")),
		"in upper-case hexadecimal": Buffer.from(Buffer.from(TEXT).toString("hex").toUpperCase()),
		"in base64 after another byte": Buffer.from(Buffer.from(`:${TEXT};`).toString("base64")),
		"in base64url after two others": Buffer.from(Buffer.from(`::${TEXT};`).toString("base64url")),
		"in UTF-16": Buffer.from(TEXT, "utf16le"),
		"in UTF-16, the other way round": Buffer.from(TEXT, "utf16le").swap16(),
	};
	for (const [how, bytes] of Object.entries(written))
		it(`find a text written ${how}`, () => {
			assert.ok(findAny([hidden(bytes)], formsOfText(TEXT)));
		});

	// One that CBOR writes as a double, and one as a single.
	for (const value of [0.12345678901, 100_000.25])
		it(`find the reading ${value} in CBOR and as text`, () => {
			for (const bytes of [encode(value), Buffer.from(` ${value} `)])
				assert.ok(findAny([hidden(bytes)], formsOfNumber(value)));
		});

	it("find nothing in noise", () => {
		assert.equal(findAny([hidden(new Uint8Array())], formsOfText(TEXT)), undefined);
	});
});
