/** The list of epoch floors as a plant root signs it. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { openFloors, signFloors } from "../../keys/signing.js";
import { crypto, roots } from "../channel/support.js";

describe("list of epoch floors", () => {
	it("is read as it was signed, by that root's key alone", () => {
		const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
		const der = publicKey.export({ format: "der", type: "pkcs1" });
		const own = [crypto.publicKey(new Uint8Array(der), "verify")];
		const counter = fc.maxSafeNat();
		fc.assert(
			fc.property(counter, fc.array(fc.tuple(fc.string(), counter)), (issuedS, pairs) => {
				const list = { issuedS, floors: new Map(pairs) };
				const signed = signFloors(crypto, privateKey, list);
				assert.deepEqual(openFloors(crypto, signed, own), list);
				assert.equal(openFloors(crypto, signed, roots), undefined);
			}),
			{ numRuns: 20 },
		);
	});
});
