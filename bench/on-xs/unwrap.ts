/**
 * What a private RSA operation takes on XS, for bench/session.ts, with the key in the board's flash.
 * The host's options: `wrapped` in hexadecimal digits, its `label`, `count` of operations.
 */
import option from "host-options";
import Time from "time";
import { PsaCrypto } from "../../modules/crypto/crypto.js";

const digits = String(option("wrapped"));
const wrapped = new Uint8Array(digits.length / 2).map((_, i) =>
	Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
);
const label = String(option("label"));
const count = Number(option("count"));
const crypto = new PsaCrypto();
const key = crypto.privateKey("kem", "unwrap");
const startMs = Time.ticks;
for (let i = 0; i < count; i++) {
	const secret = crypto.unwrap(key, wrapped, label);
	if (secret === undefined) throw new Error("it does not unwrap");
	secret.close();
}
trace(`@bench {"unwrapMs":${Time.delta(startMs) / count}}\n`);
