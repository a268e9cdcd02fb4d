/** Published vectors (test/vectors/crypto/extract.mjs says whose) on every implementation. */

import assert from "node:assert/strict";
import type { Answer, Operation } from "../on-xs/crypto-operations.js";
import { fingerprintOf, type Keys, pkcs1, subjects, vectors } from "./subjects.js";

interface Case {
	operation: Operation;
	expected: Answer;
	comment?: string;
}

interface File<T> {
	readonly source: string;
	readonly cases: readonly T[];
}

function fromHex(text: string): Uint8Array {
	return new Uint8Array(Buffer.from(text, "hex"));
}

function aesGcm(): Case[] {
	type Row = { key: string; nonce: string; aad: string; sealed: string; plaintext: string | null };
	return vectors<File<Row>>("aes-gcm").cases.flatMap(({ key, nonce, aad, sealed, plaintext }) => {
		const opening: Case = {
			operation: { op: "open", key, nonce, aad, data: sealed },
			expected: plaintext,
		};
		if (plaintext === null) return [opening];
		const operation: Operation = { op: "seal", key, nonce, aad, data: plaintext };
		return [opening, { operation, expected: sealed }];
	});
}

function sha256(): Case[] {
	const { cases } = vectors<File<{ message: string; digest: string }>>("sha256");
	return cases.flatMap(({ message, digest }) => {
		const half = message.length / 4;
		const cut = 2 * Math.floor(half);
		const parts = [message.slice(0, cut), message.slice(cut)];
		return [
			{ operation: { op: "sha256", parts: [message] }, expected: digest },
			{ operation: { op: "hash", parts }, expected: digest },
		];
	});
}

function hmac(): Case[] {
	const { cases } = vectors<File<{ key: string; message: string; mac: string }>>("hmac");
	return cases.map(({ key, message, mac }) => ({
		operation: { op: "mac", key, message },
		expected: mac,
	}));
}

/** The same input in one secret and, where it is long enough, cut into three. */
function hkdf(): Case[] {
	type Row = { ikm: string; salt: string; info: string; output: string };
	return vectors<File<Row>>("hkdf").cases.flatMap(({ ikm, salt, info, output }) => {
		const cuts = [[ikm], [ikm.slice(0, 2), ikm.slice(2, 40), ikm.slice(40)]];
		return cuts.map((secrets) => ({
			operation: { op: "hkdf", ikm: secrets, salt, info, size: output.length / 2 },
			expected: output,
		}));
	});
}

function x25519(): Case[] {
	type Row = { private: string; public: string; shared: string | null };
	return vectors<File<Row>>("x25519").cases.map(({ shared, ...pair }) => ({
		operation: { op: "agree", ...pair },
		expected: shared === null ? null : fingerprintOf(fromHex(shared)),
	}));
}

/** Only 32-byte messages are secrets; any other must be refused, well formed or not. */
function oaep(): [Case[], Keys] {
	type Row = { comment: string; label: string; wrapped: string; message: string | null };
	const file = vectors<File<Row> & { privateKey: string }>("rsa-oaep-2048");
	const cases = file.cases.map(
		({ comment, label, wrapped, message }): Case => ({
			operation: { op: "unwrap", name: "vector", wrapped, label },
			expected: message?.length === 64 ? fingerprintOf(fromHex(message)) : null,
			comment,
		}),
	);
	return [cases, { vector: pkcs1(file.privateKey) }];
}

function pss(bits: number): Case[] {
	type Row = { comment: string; message: string; signature: string; valid: boolean };
	const file = vectors<File<Row> & { publicKey: string }>(`rsa-pss-${bits}`);
	return file.cases.map(({ comment, message, signature, valid }) => ({
		operation: { op: "verify", der: file.publicKey, message, signature },
		expected: valid,
		comment,
	}));
}

for (const subject of subjects) {
	describe(`published crypto vectors on ${subject.name}`, function () {
		this.timeout(120_000 * subject.patience);

		async function check(cases: readonly Case[], keys: Keys = {}): Promise<void> {
			const answers = await subject.run(
				cases.map(({ operation }) => operation),
				keys,
			);
			for (const [i, { expected, comment, operation }] of cases.entries())
				assert.equal(answers[i], expected, `case ${i} (${operation.op}) ${comment ?? ""}`);
		}

		it("AES-256-GCM", () => check(aesGcm()));
		it("SHA-256", () => check(sha256()));
		it("HMAC-SHA-256", () => check(hmac()));
		it("HKDF-SHA-256", () => check(hkdf()));
		it("X25519", () => check(x25519()));
		it("RSA-OAEP, 2,048 bits", () => check(...oaep()));
		it("RSA-PSS, 2,048 bits", () => check(pss(2048)));
		it("RSA-PSS, 3,072 bits", () => check(pss(3072)));
	});
}
