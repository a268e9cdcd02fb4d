/**
 * Runs on XS: carries out the operations of the option `operations` (JSON with ' for "), or the
 * conduct checks where there is none, and prints each answer as `@answer JSON`. The key store holds
 * an RSA pair as `pair`; its public key is the option `public`.
 */
import option from "host-options";
import { PsaCrypto } from "../../modules/crypto/crypto.js";
import { conduct } from "./crypto-conduct.js";
import { type Operation, perform, unhex } from "./crypto-operations.js";

const crypto = new PsaCrypto();

function answer(value: unknown): void {
	trace(`@answer ${JSON.stringify(value)}\n`);
}

function runConduct(publicKey: string): void {
	const unwrap = crypto.privateKey("pair", "unwrap");
	const sign = crypto.privateKey("pair", "sign");
	const subject = { crypto, publicKey: unhex(publicKey), unwrap, sign };
	for (const [name, check] of Object.entries(conduct)) {
		try {
			check(subject);
			answer([name, "ok"]);
		} catch (error) {
			answer([name, String(error)]);
		}
	}
}

const operations = option("operations");
if (operations === undefined) runConduct(option("public") ?? "");
else
	for (const operation of JSON.parse(operations.replaceAll("'", '"')) as Operation[])
		answer(perform(crypto, (name, kind) => crypto.privateKey(name, kind), operation));
