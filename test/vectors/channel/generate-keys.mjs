/**
 * Writes keys.json: the RSA keys of the channel's vectors and tests, PKCS#1 DER in hexadecimal. They protect nothing.
 *
 *   node test/vectors/channel/generate-keys.mjs      (changes session.json's keys: run generate.mjs afterwards)
 */
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";

const form = { type: "pkcs1", format: "der" };
const keys = {};
for (const name of [
	"root",
	"nextRoot",
	"otherRoot",
	"serverKem",
	"serverSign",
	"station",
	"otherStation",
]) {
	const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
	keys[name] = {
		private: pair.privateKey.export(form).toString("hex"),
		public: pair.publicKey.export(form).toString("hex"),
	};
}
writeFileSync(new URL("keys.json", import.meta.url), `${JSON.stringify(keys, null, "\t")}\n`);
