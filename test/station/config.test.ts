import assert from "node:assert/strict";
import fc from "fast-check";
import { utf8 } from "../../modules/bytes/bytes.js";
import { ConfigError, encodeConfig, readConfig } from "../../modules/station/config.js";
import { MemoryKeyValue } from "./memory.js";

const config = {
	station: "line-1.press",
	host: "10.0.0.2",
	port: 1883,
	username: "line-1.press",
	password: "geheim ü",
	credential: new Uint8Array([1]),
	server: new Uint8Array([2]),
	roots: [new Uint8Array([3]), new Uint8Array([4])],
} as const;

function enrolled(): MemoryKeyValue {
	const store = new MemoryKeyValue();
	for (const [key, value] of Object.entries(encodeConfig(config))) store.write(key, value);
	return store;
}

describe("station config", () => {
	it("is read as it was written", () => {
		assert.deepEqual(readConfig(enrolled()), config);
	});

	it("is read as it was written, whatever user and password are", () => {
		const text = fc.string({ unit: "grapheme", maxLength: 40 });
		const host = fc.string({ minLength: 1, maxLength: 253 });
		fc.assert(
			fc.property(
				text,
				text,
				host,
				fc.integer({ min: 1, max: 65535 }),
				(username, password, name, port) => {
					const drawn = { ...config, username, password, host: name, port };
					const store = new MemoryKeyValue();
					for (const [key, value] of Object.entries(encodeConfig(drawn))) store.write(key, value);
					assert.deepEqual(readConfig(store), drawn);
				},
			),
		);
	});

	it("says which part is missing", () => {
		for (const key of ["station.json", "cred", "server", "root0", "root1"]) {
			const store = enrolled();
			store.delete(key);
			assert.throws(
				() => readConfig(store),
				(error) => error instanceof ConfigError && error.code === "missing" && error.key === key,
			);
		}
	});

	it("refuses what cannot be used, in writing and in reading", () => {
		for (const change of [
			{ station: "press" },
			{ station: "Line.Press" },
			{ host: "" },
			{ port: 0 },
			{ port: 65536 },
			{ port: 1.5 },
		])
			assert.throws(() => encodeConfig({ ...config, ...change }), ConfigError);
		for (const text of ["", "7", "null", "{}", '{"station":1}', "\u0000"]) {
			const store = enrolled();
			store.write("station.json", utf8(text));
			assert.throws(() => readConfig(store), ConfigError);
		}
	});
});
