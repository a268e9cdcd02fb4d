/** Real RSA key pairs for simulated plants. They are slow to make, so a process makes a few and uses them in turn. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { publicDer } from "../../keys/rsa.js";
import { NodeCrypto } from "../../server/crypto.js";
import type { RsaPair } from "./ideal-keys.js";

/** More than the largest simulated plant has parties. */
const PAIRS_MAX = 16;

const pairs: KeyObject[] = [];
let next = 0;

/** @returns a pair that none of the last 15 was. */
export function makeRealPair(): RsaPair {
	const index = next++ % PAIRS_MAX;
	pairs[index] ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
	const key = pairs[index];
	return { public: publicDer(key), private: (kind) => NodeCrypto.privateKey(key, kind) };
}
