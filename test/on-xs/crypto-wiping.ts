/**
 * Runs on XS: makes and uses secret keys, closes them where the option `close` is "yes", says
 * `@ready` and waits to be looked at from outside. The key store holds `pair`; `public` is its
 * public key, `wrapped` a secret under it.
 */
import option from "host-options";
import Timer from "timer";
import { PsaCrypto } from "../../modules/crypto/crypto.js";
import { unhex } from "./crypto-operations.js";

const WAIT_MS = 60_000;

const crypto = new PsaCrypto();
const nothing = new Uint8Array(0);
const key = crypto.privateKey("pair", "unwrap");
const secret = crypto.unwrap(key, unhex(option("wrapped") ?? ""), "label");
if (!secret) throw new Error("the secret does not unwrap");

const [aead, mac, iv] = crypto.derive(nothing, [secret], "one", ["aead", "mac", "iv"]);
const [joined] = crypto.derive(nothing, [secret, secret], "two", ["aead"]);
aead.open(iv, iv, joined.seal(iv, iv, iv));
mac.compute(aead.seal(iv, iv, iv));
const wrapping = crypto.publicKey(unhex(option("public") ?? ""), "wrap");
crypto.wrap(wrapping, secret, "label");

export const handles = [key, secret, aead, mac, joined];
if (option("close") === "yes") for (const handle of handles) handle.close();
trace("@ready\n");
Timer.set(() => {}, WAIT_MS);
