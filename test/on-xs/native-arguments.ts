/**
 * Runs on XS: what is no byte array is none for the natives, whatever it says of itself. XS takes a host object for
 * memory of `byteLength` bytes, so that a Key's handle would be an address and a Hash's memory open to all.
 */

import { Derivation, equal, Hash, Key, random } from "../../modules/crypto/native.js";

const byteLength = 32;
const hash = new Hash();
hash.start();

for (const [name, object] of Object.entries({
	"an empty Key": new Key(),
	"a running Hash": hash,
	"a Derivation": new Derivation(),
})) {
	const claim = Object.assign(object, { byteLength }) as unknown as Uint8Array;
	for (const [use, call] of Object.entries({
		read: () => equal(claim, claim),
		write: () => random(claim),
	}))
		try {
			call();
			trace(`${name}: ${use}\n`);
		} catch (error) {
			trace(`${name}: ${(error as Error).name}\n`);
		}
}
