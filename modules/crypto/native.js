/*
 * Binds the C of this folder to XS. Every function takes integers, buffers and these objects only,
 * writes its result into a buffer or an empty Key that the caller made, and returns `undefined`
 * where it succeeded, else the name of the failure: "refused" (authentication) or a CryptoError's
 * code. So the C never allocates in the XS heap, and a pointer into it stays good for the length of
 * a call.
 */

/** Holds one PSA key handle, or none. The destructor and close() destroy the key, which wipes it. */
export class Key @ "xs_interlock_key_destructor" {
	constructor() @ "xs_interlock_key";
	close() @ "xs_interlock_key_close";
	sizeInBytes() @ "xs_interlock_key_size";

	generateSecret() @ "xs_interlock_secret_generate";
	importSecret(bytes) @ "xs_interlock_secret_import";

	importAead(bytes) @ "xs_interlock_aead_import";
	seal(nonce, aad, plaintext, target) @ "xs_interlock_aead_seal";
	open(nonce, aad, sealed, target) @ "xs_interlock_aead_open";

	importMac(bytes) @ "xs_interlock_mac_import";
	mac(message, target) @ "xs_interlock_mac_compute";

	importPublic(der, isVerify) @ "xs_interlock_rsa_public";
	loadPrivate(name, isSign) @ "xs_interlock_rsa_private";
	wrap(secret, label, target) @ "xs_interlock_rsa_wrap";
	unwrap(wrapped, label, secret) @ "xs_interlock_rsa_unwrap";
	sign(message, target) @ "xs_interlock_rsa_sign";
	verify(message, signature) @ "xs_interlock_rsa_verify";

	generateAgreement(publicKey) @ "xs_interlock_x25519_generate";
	importAgreement(bytes, publicKey) @ "xs_interlock_x25519_import";
	agree(peer, secret) @ "xs_interlock_x25519_agree";
}

/** One running SHA-256. */
export class Hash @ "xs_interlock_hash_destructor" {
	constructor() @ "xs_interlock_hash";
	close() @ "xs_interlock_hash_close";
	start() @ "xs_interlock_hash_start";
	update(bytes) @ "xs_interlock_hash_update";
	digest(target) @ "xs_interlock_hash_digest";
}

/** One running HKDF-SHA-256. */
export class Derivation @ "xs_interlock_derivation_destructor" {
	constructor() @ "xs_interlock_derivation";
	close() @ "xs_interlock_derivation_close";
	start(salt, info, first, second, third) @ "xs_interlock_derivation_start";
	aead(key) @ "xs_interlock_derivation_aead";
	mac(key) @ "xs_interlock_derivation_mac";
	bytes(target) @ "xs_interlock_derivation_bytes";
}

export function random(target) @ "xs_interlock_random";
export function equal(a, b) @ "xs_interlock_equal";
