/** The C of modules/crypto has the port's sizes. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
	DERIVE_SECRETS_MAX,
	DIGEST_SIZE,
	NONCE_SIZE,
	RSA_BITS_MAX,
	RSA_BITS_MIN,
	SECRET_SIZE,
	TAG_SIZE,
	X25519_SIZE,
} from "../../modules/ports/crypto.js";

describe("crypto constants", () => {
	it("are the same in handle.h and in the port", () => {
		const url = new URL("../../../modules/crypto/handle.h", import.meta.url);
		const header = readFileSync(url, "utf8");
		const defined = [...header.matchAll(/^#define (\w+) (\d+)$/gm)];
		const values = defined.map(([, name, value]) => [name, Number(value)]);
		assert.deepEqual(Object.fromEntries(values), {
			SECRET_SIZE,
			SECRETS_SIZE_MAX: DERIVE_SECRETS_MAX * SECRET_SIZE,
			DIGEST_SIZE,
			NONCE_SIZE,
			TAG_SIZE,
			X25519_SIZE,
			RSA_BITS_MIN,
			RSA_BITS_MAX,
		});
	});
});
