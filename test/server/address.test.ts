import assert from "node:assert/strict";
import fc from "fast-check";
import { fromUtf8 } from "../../modules/bytes/bytes.js";
import { brokerAddress, ServerError } from "../../server/address.js";

const user = { username: "server", password: "secret" };

function parts(text: string): unknown[] {
	const { host, port, username, password } = brokerAddress(text, user);
	return [host, port, username, fromUtf8(password)];
}

describe("brokerAddress", () => {
	it("takes port and user from the address, else the usual port and the plant's user", () => {
		assert.deepEqual(parts("mqtt://broker"), ["broker", 1883, "server", "secret"]);
		assert.deepEqual(parts("mqtt://10.0.0.1:2000/"), ["10.0.0.1", 2000, "server", "secret"]);
		assert.deepEqual(parts("mqtt://a%40b:p%3A@[::1]:9"), ["::1", 9, "a@b", "p:"]);
	});

	it("refuses whatever is not a plain MQTT address", () => {
		for (const text of [
			"",
			"broker",
			"http://x",
			"mqtts://x",
			"mqtt://",
			"mqtt://x/y",
			"mqtt://%zz@x",
			// A port that nothing listens on, names that are none, and what would be ignored.
			"mqtt://x:0",
			"mqtt://%00",
			"mqtt://ä",
			"mqtt://x?y",
			"mqtt://x#y",
			"mqtt://:secret@x",
		])
			assert.throws(
				() => brokerAddress(text, user),
				(error) => error instanceof ServerError && error.code === "url",
				text,
			);
	});

	it("reads back whatever name, port, user and password are written into it", () => {
		const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
		const host = fc.oneof(fc.domain(), fc.ipV4());
		fc.assert(
			fc.property(
				host,
				fc.integer({ min: 1, max: 65535 }),
				text,
				text,
				(name, port, by, secret) => {
					const own = `${encodeURIComponent(by)}:${encodeURIComponent(secret)}`;
					assert.deepEqual(parts(`mqtt://${own}@${name}:${port}`), [name, port, by, secret]);
				},
			),
		);
	});
});
