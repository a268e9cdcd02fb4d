import assert from "node:assert/strict";
import { type KeyUse, SimulatedCrypto } from "../../host-sim/simulation/crypto.js";
import { Dice } from "../../host-sim/simulation/dice.js";
import { IdealKeys, type RsaPair } from "../../host-sim/simulation/ideal-keys.js";
import { makeRealPair } from "../../host-sim/simulation/real-keys.js";
import { hex, utf8 } from "../../modules/bytes/bytes.js";
import { rsaPublicKeySize } from "../../modules/bytes/rsa-key.js";
import { CryptoError, type Secret, X25519_SIZE } from "../../modules/ports/crypto.js";
import { NodeSecret } from "../../server/crypto-handles.js";

const SALT = new Uint8Array(32);
const NONCE = new Uint8Array(12);
const message = utf8("a message");

function bytesOf(secret: Secret | undefined): string | undefined {
	return secret && hex(NodeSecret.bytesOf(secret));
}

function flipped(bytes: Uint8Array): Uint8Array {
	const copy = bytes.slice();
	copy[copy.length - 1] = (copy.at(-1) as number) ^ 1;
	return copy;
}

/** Parties of one world. */
interface World {
	party(name: string): SimulatedCrypto;
	pair(): RsaPair;
	readonly uses: KeyUse[];
}

function world(isReal: boolean): World {
	const ideal = isReal ? undefined : new IdealKeys(new Dice(1, "keys"));
	const uses: KeyUse[] = [];
	return {
		uses,
		pair: () => ideal?.pair() ?? makeRealPair(),
		party: (name) => new SimulatedCrypto(new Dice(1, name), ideal, (use) => uses.push(use)),
	};
}

for (const isReal of [false, true])
	describe(`simulated cryptography, ${isReal ? "real" : "modelled"} keys`, () => {
		it("unwraps with the right private key and label only", () => {
			const { party, pair } = world(isReal);
			const [a, b] = [party("a"), party("b")];
			const [own, other] = [pair(), pair()];
			const secret = a.secret();
			const wrapped = a.wrap(a.publicKey(own.public, "wrap"), secret, "label");
			const key = own.private("unwrap");
			assert.equal(wrapped.length, key.size);
			assert.equal(bytesOf(b.unwrap(key, wrapped, "label")), bytesOf(secret));
			assert.equal(b.unwrap(key, wrapped, "other label"), undefined);
			assert.equal(b.unwrap(other.private("unwrap"), wrapped, "label"), undefined);
			assert.equal(b.unwrap(key, flipped(wrapped), "label"), undefined);
			assert.equal(b.unwrap(key, new Uint8Array(wrapped.length), "label"), undefined);
		});

		it("verifies a signature by that key over that message only", () => {
			const { party, pair } = world(isReal);
			const [a, b] = [party("a"), party("b")];
			const [own, other] = [pair(), pair()];
			const signature = a.sign(own.private("sign"), message);
			const key = b.publicKey(own.public, "verify");
			assert.equal(signature.length, key.size);
			assert.equal(b.verify(key, message, signature), true);
			assert.equal(b.verify(key, flipped(message), signature), false);
			assert.equal(b.verify(key, message, flipped(signature)), false);
			assert.equal(b.verify(b.publicKey(other.public, "verify"), message, signature), false);
		});

		it("agrees on a secret that no outsider gets", () => {
			const { party } = world(isReal);
			const [a, b, c] = ["a", "b", "c"].map((name) => party(name).agreement());
			assert.ok(a && b && c);
			const shared = bytesOf(a.agree(b.publicKey));
			assert.equal(bytesOf(b.agree(a.publicKey)), shared);
			assert.notEqual(bytesOf(c.agree(a.publicKey)), shared);
			assert.notEqual(bytesOf(c.agree(b.publicKey)), shared);
			assert.notEqual(bytesOf(a.agree(new Uint8Array(X25519_SIZE).fill(9))), shared);
		});

		it("refuses a handle of another kind, and what is no key", () => {
			const { party, pair } = world(isReal);
			const a = party("a");
			const own = pair();
			assert.equal(rsaPublicKeySize(own.public), own.private("sign").size);
			assert.throws(() => a.sign(own.private("unwrap"), message), CryptoError);
			const verify = a.publicKey(own.public, "verify");
			assert.throws(() => a.wrap(verify, a.secret(), "label"), CryptoError);
			assert.throws(() => a.publicKey(own.public.subarray(1), "wrap"), CryptoError);
		});

		it("tells what was done with a key, and what went into it", () => {
			const { party, pair, uses } = world(isReal);
			const a = party("a");
			const own = pair();
			const fresh = a.secret();
			const wrapped = a.wrap(a.publicKey(own.public, "wrap"), fresh, "label");
			const unwrapped = a.unwrap(own.private("unwrap"), wrapped, "label");
			const agreed = party("b").agreement().agree(a.agreement().publicKey);
			assert.ok(unwrapped && agreed);
			assert.deepEqual(uses.splice(0), [{ use: "unwrapped", label: "label", isDone: true }]);
			const [aead] = a.derive(SALT, [fresh, unwrapped, agreed], "info", ["aead", "iv"]);
			const [derived] = uses.splice(0);
			assert.ok(derived?.use === "derived");
			assert.deepEqual([derived.info, derived.keys.length], ["info", 1]);
			assert.deepEqual(
				derived.secrets.map(({ origin }) => origin),
				["fresh", "unwrapped", "agreed"],
			);
			fresh.close();
			assert.deepEqual(
				derived.secrets.map(({ isClosed }) => isClosed),
				[true, false, false],
			);
			const sealed = aead.seal(NONCE, SALT, message);
			assert.equal(aead.open(NONCE, SALT, flipped(sealed)), undefined);
			aead.open(NONCE, SALT, sealed);
			const shared = { key: derived.keys[0], nonce: NONCE, aad: SALT, plaintext: message, sealed };
			assert.deepEqual(uses, [
				{ use: "sealed", ...shared },
				{ use: "opened", ...shared },
			]);
		});
	});

describe("simulated cryptography", () => {
	it("draws everything random from the seed: a second world has the same keys", () => {
		const drawn = () => {
			const { party, pair } = world(false);
			const a = party("a");
			return [a.random(32), NodeSecret.bytesOf(a.secret()), a.agreement().publicKey, pair().public];
		};
		assert.deepEqual(drawn().map(hex), drawn().map(hex));
		assert.equal(new Set(drawn().map(hex)).size, 4);
	});

	it("gives two parties different random bytes", () => {
		const { party } = world(false);
		assert.notDeepEqual(party("a").random(32), party("b").random(32));
	});

	it("waits for RSA where it is not done in place", async () => {
		let waits = 0;
		const keys = new IdealKeys(new Dice(1, "keys"));
		const wait = async () => {
			waits++;
		};
		const a = new SimulatedCrypto(new Dice(1, "a"), keys, () => undefined, wait);
		const own = keys.pair();
		const wrapped = a.wrap(a.publicKey(own.public, "wrap"), a.secret(), "label");
		assert.ok(await a.unwrapAsync(own.private("unwrap"), wrapped, "label"));
		const signature = await a.signAsync(own.private("sign"), message);
		assert.ok(a.verify(a.publicKey(own.public, "verify"), message, signature));
		assert.equal(waits, 2);
	});
});
