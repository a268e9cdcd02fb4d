/**
 * Runs on XS in the memcheck host, under valgrind: every operation on secrets, refusals too, and that what should be
 * secret or public for valgrind is. The options are those of a Board in test/native/hosts.ts.
 */

import option from "host-options";
import { PsaCrypto } from "../../modules/crypto/crypto.js";
import { unhex } from "./crypto-operations.js";
import { collect, makePublic, makeSecret, secretCount } from "./native-memcheck.js";

const crypto = new PsaCrypto();
const nothing = new Uint8Array(0);
const nonce = new Uint8Array(12);

function expect(condition: boolean, what: string): void {
	if (!condition) throw new Error(`expected ${what}`);
}

function expectSecret(bytes: Uint8Array, what: string): void {
	expect(
		secretCount(bytes) === bytes.length,
		`${what} to be secret, not ${secretCount(bytes)} bytes`,
	);
}

function expectPublic(bytes: Uint8Array, what: string): void {
	expect(secretCount(bytes) === 0, `${what} to be public, not ${secretCount(bytes)} bytes secret`);
}

function thirtyTwo(value: number): Uint8Array {
	return new Uint8Array(32).fill(value);
}

function rsa(): void {
	const unwrap = crypto.privateKey("pair", "unwrap");
	const wrapped = unhex(option("wrapped") ?? "");
	const secret = crypto.unwrap(unwrap, wrapped, "");
	if (!secret) throw new Error("expected a secret");
	expect(crypto.unwrap(unwrap, wrapped, "label") === undefined, "a refusal of the label");
	for (const other of [option("short"), option("long")])
		expect(crypto.unwrap(unwrap, unhex(other ?? ""), "") === undefined, "a refusal of the size");
	const der = unhex(option("public") ?? "");
	const wrap = crypto.publicKey(der, "wrap");
	const mine = crypto.secret();
	for (const each of [secret, mine])
		expectPublic(crypto.wrap(wrap, each, "label"), "a wrapped secret");
	const sign = crypto.privateKey("pair", "sign");
	const signature = crypto.sign(sign, nonce);
	expectPublic(signature, "a signature");
	const verify = crypto.publicKey(der, "verify");
	expect(crypto.verify(verify, nonce, signature), "a valid signature");
	expect(!crypto.verify(verify, nothing, signature), "an invalid one");
	for (const handle of [unwrap, secret, wrap, mine, sign, verify]) handle.close();
}

function agreement(): void {
	const [one, other] = [crypto.agreement(), crypto.importAgreement(thirtyTwo(9))];
	expectPublic(one.publicKey, "a public key");
	expectPublic(other.publicKey, "the public key of a known pair");
	const shared = [one.agree(other.publicKey), other.agree(one.publicKey)];
	expect(!shared.includes(undefined), "two shared secrets");
	expect(one.agree(new Uint8Array(32)) === undefined, "a refusal of a point of low order");
	for (const handle of [one, other, ...shared]) handle?.close();
}

function aead(): void {
	const key = thirtyTwo(1);
	const aead = crypto.importAead(key);
	expectSecret(key, "an imported key");
	const plaintext = thirtyTwo(2);
	const sealed = aead.seal(nonce, nothing, plaintext);
	expectSecret(plaintext, "what is sealed");
	expectPublic(sealed, "what was sealed");
	const opened = aead.open(nonce, nothing, sealed);
	if (!opened) throw new Error("expected the plaintext");
	expectSecret(opened, "what was opened");
	expect(crypto.equal(opened, plaintext), "the same plaintext");
	sealed[0] = (sealed[0] as number) ^ 1;
	const target = thirtyTwo(3);
	expect(aead.open(nonce, nothing, sealed, target) === undefined, "a refusal");
	expectPublic(target, "nothing");
	aead.close();
}

function derive(): void {
	const secrets = [crypto.secret(), crypto.importSecret(thirtyTwo(4)), crypto.secret()];
	for (const count of [1, 2, 3]) {
		const kinds = ["aead", "mac", "iv"] as const;
		const [aead, mac, iv] = crypto.derive(nothing, secrets.slice(0, count), "info", kinds);
		expectSecret(iv, "derived bytes");
		makePublic(iv);
		expectPublic(aead.seal(iv, nothing, thirtyTwo(5)), "what was sealed");
		const [once, again] = [mac.compute(nonce), mac.compute(nonce)];
		makeSecret(once);
		makeSecret(again);
		expect(crypto.equal(once, again), "the same mac twice");
		again[31] = 0;
		expect(!crypto.equal(once, again), "a difference");
		for (const handle of [aead, mac]) handle.close();
	}
	for (const secret of secrets) secret.close();
	crypto.importMac(thirtyTwo(6)).compute(nonce);
	collect();
}

for (const part of [rsa, agreement, aead, derive]) part();
trace("@done\n");
