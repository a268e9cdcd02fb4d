/** How the implementations behave beside their answers; the checks are in test/on-xs/crypto-conduct.ts. */

import assert from "node:assert/strict";
import { type KeyObject, webcrypto } from "node:crypto";
import { CryptoError } from "../../modules/ports/crypto.js";
import { NodeCrypto } from "../../server/crypto.js";
import { conduct } from "../on-xs/crypto-conduct.js";
import { fingerprint } from "../on-xs/crypto-operations.js";
import { BOARDS } from "../support/boards.js";
import { newPair, publicDer, runAgent } from "./subjects.js";

describe("crypto conduct", function () {
	this.timeout(60_000);
	let pair: KeyObject;
	let publicKey: Uint8Array;

	before(() => {
		pair = newPair(2048);
		publicKey = publicDer(pair);
	});

	for (const [name, check] of Object.entries(conduct))
		it(`Node ${name}`, () => {
			const unwrap = NodeCrypto.privateKey(pair, "unwrap");
			const sign = NodeCrypto.privateKey(pair, "sign");
			check({ crypto: new NodeCrypto(), publicKey, unwrap, sign });
		});

	for (const board of BOARDS)
		it(`XS ${board.on} does all of that`, async function () {
			this.timeout(60_000 * board.patience);
			const hex = Buffer.from(publicKey).toString("hex");
			const answers = await runAgent(board, { pair }, { public: hex });
			assert.deepEqual(
				answers,
				Object.keys(conduct).map((name) => [name, "ok"]),
			);
		});

	it("Node unwraps off the event loop as on it", async () => {
		const crypto = new NodeCrypto();
		const secret = crypto.secret();
		const wrapped = crypto.wrap(crypto.publicKey(publicKey, "wrap"), secret, "label");
		const key = NodeCrypto.privateKey(pair, "unwrap");
		const expected = fingerprint(crypto, secret);
		for (let turn = 0; turn < 2; turn++) {
			const unwrapped = await crypto.unwrapAsync(key, wrapped, "label");
			assert.equal(fingerprint(crypto, unwrapped), expected);
		}
		assert.equal(await crypto.unwrapAsync(key, wrapped, "other"), undefined);
		assert.equal(await crypto.unwrapAsync(key, wrapped.subarray(1), "label"), undefined);
		assert.equal(await crypto.unwrapAsync(key, new Uint8Array(0), "label"), undefined);
		key.close();
		await assert.rejects(crypto.unwrapAsync(key, wrapped, "label"), { code: "closed" });
	});

	it("Node unwraps off the event loop only what holds 32 bytes", async () => {
		const crypto = new NodeCrypto();
		const der = pair.export({ type: "pkcs8", format: "der" });
		const algorithm = { name: "RSA-OAEP", hash: "SHA-256" };
		const jwk = await webcrypto.subtle.exportKey(
			"jwk",
			await webcrypto.subtle.importKey("pkcs8", der, algorithm, true, ["decrypt"]),
		);
		const { kty = "", n = "", e = "" } = jwk;
		const wrap = await webcrypto.subtle.importKey("jwk", { kty, n, e }, algorithm, false, [
			"encrypt",
		]);
		for (const size of [0, 31, 33]) {
			const wrapped = await webcrypto.subtle.encrypt(algorithm, wrap, new Uint8Array(size));
			const key = NodeCrypto.privateKey(pair, "unwrap");
			assert.equal(await crypto.unwrapAsync(key, new Uint8Array(wrapped), ""), undefined);
			assert.equal(crypto.unwrap(key, new Uint8Array(wrapped), ""), undefined);
		}
	});

	it("Node refuses a wrapped key without its leading zero byte", async function () {
		this.timeout(20_000);
		const crypto = new NodeCrypto();
		const to = crypto.publicKey(publicKey, "wrap");
		const key = NodeCrypto.privateKey(pair, "unwrap");
		const secret = crypto.secret();
		let wrapped = crypto.wrap(to, secret, "label");
		// One in 256 begins with zero; that none of 8,192 does has a chance of 10^-14.
		for (let i = 0; i < 8192 && wrapped[0] !== 0; i++) wrapped = crypto.wrap(to, secret, "label");
		assert.equal(wrapped[0], 0);
		assert.ok(crypto.unwrap(key, wrapped, "label"));
		assert.equal(crypto.unwrap(key, wrapped.subarray(1), "label"), undefined);
		assert.equal(await crypto.unwrapAsync(key, wrapped.subarray(1), "label"), undefined);
	});

	it("Node signs off the event loop as on it", async () => {
		const crypto = new NodeCrypto();
		const message = new Uint8Array([1, 2, 3]);
		const key = NodeCrypto.privateKey(pair, "sign");
		const signature = await crypto.signAsync(key, message);
		assert.ok(crypto.verify(crypto.publicKey(publicKey, "verify"), message, signature));
		key.close();
		await assert.rejects(crypto.signAsync(key, message), { code: "closed" });
	});

	it("Node refuses private keys that are none", () => {
		const isKeyError = (error: unknown) => error instanceof CryptoError && error.code === "key";
		const small = newPair(1024);
		assert.throws(() => NodeCrypto.privateKey(small, "sign"), isKeyError);
	});
});
