/** Each implementation takes what the other made, both ways, and both refuse the same. */

import assert from "node:assert/strict";
import { createHash, type KeyObject } from "node:crypto";
import type { Operation } from "../on-xs/crypto-operations.js";
import {
	fingerprintOf,
	type Keys,
	newPair,
	onBoards,
	onNode,
	pkcs1,
	publicDer,
	subjects,
	vectors,
} from "./subjects.js";

/** `size` bytes, hexadecimal, that follow from `name`. */
function bytes(name: string, size: number): string {
	let text = "";
	for (let i = 0; text.length < 2 * size; i++)
		text += createHash("sha256").update(`${name} ${i}`).digest("hex");
	return text.slice(0, 2 * size);
}

function fromHex(text: string): Uint8Array {
	return new Uint8Array(Buffer.from(text, "hex"));
}

function toHex(data: Uint8Array): string {
	return Buffer.from(data).toString("hex");
}

/** The text with one bit of byte `at` (from the end where negative) turned over. */
function turned(text: string, at: number): string {
	const data = Buffer.from(text, "hex");
	const place = at < 0 ? data.length + at : at;
	data[place] = (data[place] as number) ^ 1;
	return data.toString("hex");
}

const SIZES = [0, 1, 15, 16, 17, 64, 256, 1024];
const LABELS = ["", Buffer.from("interlock/1 hello").toString("hex")];
const ways = onBoards.flatMap((onXs) => [
	{ from: onNode, to: onXs },
	{ from: onXs, to: onNode },
]);
const PATIENCE = Math.max(...onBoards.map(({ patience }) => patience));

describe("crypto on XS and Node", function () {
	this.timeout(120_000 * PATIENCE);
	let keys: Keys;
	let der: string;

	before(() => {
		keys = { pair: newPair(3072) };
		der = toHex(publicDer(keys.pair as KeyObject));
	});

	for (const { from, to } of ways) {
		const route = `${from.name} to ${to.name}`;

		it(`${route}: AEAD, and every changed part refused`, async () => {
			const sealing = SIZES.map((size) => ({
				key: bytes("key", 32),
				nonce: bytes(`nonce ${size}`, 12),
				aad: bytes("aad", size % 20),
				data: bytes("plaintext", size),
			}));
			const sealed = await from.run(sealing.map((s): Operation => ({ op: "seal", ...s })));
			const opening = sealing.map((s, i): Operation & { op: "open" } => ({
				...s,
				op: "open",
				data: String(sealed[i]),
			}));
			const opened = await to.run(opening);
			assert.deepEqual(
				opened,
				sealing.map(({ data }) => data),
			);
			const [last] = opening.slice(-1);
			assert.ok(last);
			const changed: Operation[] = [
				{ ...last, data: turned(last.data, 0) },
				{ ...last, data: turned(last.data, -1) },
				{ ...last, data: turned(last.data, -17) },
				{ ...last, data: last.data.slice(0, -2) },
				{ ...last, data: `${last.data}00` },
				{ ...last, aad: turned(last.aad, 0) },
				{ ...last, aad: "" },
				{ ...last, nonce: turned(last.nonce, 11) },
				{ ...last, key: turned(last.key, 0) },
			];
			assert.deepEqual(new Set(await to.run(changed)), new Set([null]));
		});

		it(`${route}: wrapped keys, and every changed part refused`, async () => {
			const wraps = LABELS.map(
				(label, i): Operation => ({ op: "wrap", der, secret: bytes(`secret ${i}`, 32), label }),
			);
			const wrapped = (await from.run(wraps)).map(String);
			const unwrap = (text: string, label: string): Operation => ({
				op: "unwrap",
				name: "pair",
				wrapped: text,
				label,
			});
			const [first, second] = wrapped as [string, string];
			const [none, some] = LABELS as [string, string];
			const answers = await to.run([unwrap(first, none), unwrap(second, some)], keys);
			const expected = [0, 1].map((i) => fingerprintOf(fromHex(bytes(`secret ${i}`, 32))));
			assert.deepEqual(answers, expected);
			const changed = [
				unwrap(first, some),
				unwrap(second, none),
				unwrap(second, turned(some, 0)),
				unwrap(turned(second, -1), some),
				unwrap(second.slice(2), some),
				unwrap(`00${second}`, some),
			];
			assert.deepEqual(new Set(await to.run(changed, keys)), new Set([null]));
		});

		it(`${route}: signatures, and every changed part refused`, async () => {
			const messages = SIZES.map((size) => bytes("message", size));
			const signing = messages.map((message): Operation => ({ op: "sign", name: "pair", message }));
			const signatures = (await from.run(signing, keys)).map(String);
			const verify = (message: string, signature: string): Operation => ({
				op: "verify",
				der,
				message,
				signature,
			});
			const valid = await to.run(messages.map((m, i) => verify(m, String(signatures[i]))));
			assert.deepEqual(new Set(valid), new Set([true]));
			const [message, signature] = [messages.at(-1) as string, signatures.at(-1) as string];
			const changed = [
				verify(turned(message, 0), signature),
				verify(message.slice(2), signature),
				verify(message, turned(signature, 0)),
				verify(message, turned(signature, -1)),
				verify(message, signature.slice(2)),
				verify(message, `${signature}00`),
				verify(message, ""),
				{
					...verify(message, signature),
					der: vectors<{ publicKey: string }>("rsa-pss-3072").publicKey,
				},
			] as Operation[];
			assert.deepEqual(new Set(await to.run(changed)), new Set([false]));
		});

		it(`${route}: a fresh X25519 pair agrees with a known one`, async () => {
			const known = bytes("known private key", 32);
			const [ours] = await onNode.run([
				{ op: "agree", private: known, public: `09${"0".repeat(62)}` },
			]);
			assert.equal(typeof ours, "string");
			const peer = await publicHalf(known);
			const [answer] = await from.run([{ op: "agreement", peer }]);
			const [fresh, shared] = String(answer).split(" ");
			const agreed = await to.run([{ op: "agree", private: known, public: String(fresh) }]);
			assert.deepEqual(agreed, [shared]);
		});
	}

	it("derive the same keys from the same secrets", async () => {
		const operations = [1, 2, 3].flatMap((count) =>
			SIZES.map(
				(size): Operation => ({
					op: "derive",
					ikm: Array.from({ length: count }, (_, i) => bytes(`ikm ${i}`, 32)),
					salt: bytes("salt", 32),
					info: toHex(Buffer.from("interlock/1 line.station")),
					message: bytes("message", size),
				}),
			),
		);
		const node = await onNode.run(operations);
		assert.equal(new Set(node).size, operations.length);
		for (const onXs of onBoards) assert.deepEqual(await onXs.run(operations), node, onXs.name);
	});

	it("hash any cut of a message alike", async () => {
		const message = bytes("message", 200);
		const operations = [0, 1, 63, 64, 65, 199, 200].map(
			(cut): Operation => ({
				op: "hash",
				parts: [message.slice(0, 2 * cut), "", message.slice(2 * cut)],
			}),
		);
		const whole = createHash("sha256").update(fromHex(message)).digest("hex");
		for (const subject of subjects)
			assert.deepEqual(new Set(await subject.run(operations)), new Set([whole]));
	});

	for (const subject of subjects) {
		it(`${subject.name} takes exactly the public keys of the protocol`, async () => {
			const ask = (text: string): Operation => ({ op: "publicKey", der: text, kind: "wrap" });
			const accepted = [2048, 2056, 3072, 4096].map((bits) => synthetic(bits));
			assert.deepEqual(await subject.run(accepted.map(ask)), [256, 257, 384, 512]);
			const key = synthetic(2048);
			const refused = {
				"a modulus of 1,024 bits": synthetic(1024),
				"a modulus of 4,104 bits": synthetic(4104),
				"a modulus of 2,047 bits": key.replace("8201010080", "8201010040"),
				"an even modulus": key.replace("ff020301", "fe020301"),
				"another exponent": key.replace(/0203010001$/, "0203010003"),
				"a short exponent": `3082010802820101${key.slice(16, -10)}020103`,
				"a byte after the key": `${key}00`,
				"a byte too few": key.slice(0, -2),
				"an indefinite length": `3080${key.slice(8)}0000`,
				"an exponent in a longer form": key.replace(/0203010001$/, "02040000010001"),
				SubjectPublicKeyInfo: `30820122300d06092a864886f70d01010105000382010f00${key}`,
				"no bytes": "",
				"a private key": vectors<{ privateKey: string }>("rsa-oaep-2048").privateKey,
			};
			const answers = await subject.run(Object.values(refused).map(ask));
			for (const [i, name] of Object.keys(refused).entries())
				assert.equal(answers[i], "error: key", name);
		});

		it(`${subject.name} takes private keys of 2,048 to 4,096 bits`, async () => {
			const own = { ...keys, small: newPair(1024), vector: pkcs1(vectorKey()) };
			const ask = (name: string): Operation => ({ op: "privateKey", name, kind: "unwrap" });
			const answers = await subject.run([ask("pair"), ask("vector"), ask("small")], own);
			assert.deepEqual(answers, [384, 256, "error: key"]);
		});
	}

	for (const onXs of onBoards)
		it(`${onXs.name} says that a key is not in the store`, async () => {
			const names = ["absent", "", "a-name-of-more-than-15"];
			const answers = await onXs.run(
				names.map((name): Operation => ({ op: "privateKey", name, kind: "sign" })),
				keys,
			);
			assert.deepEqual(answers, ["error: key", "error: size", "error: size"]);
		});
});

function vectorKey(): string {
	return vectors<{ privateKey: string }>("rsa-oaep-2048").privateKey;
}

/** A public key in the protocol's form whose modulus is 80 00 ... ff. */
function synthetic(bits: number): string {
	const size = bits / 8;
	const modulus = `80${"00".repeat(size - 2)}ff`;
	const length = (value: number) => value.toString(16).padStart(4, "0");
	return `3082${length(size + 10)}0282${length(size + 1)}00${modulus}0203010001`;
}

/** The public key that belongs to a private one. */
async function publicHalf(privateKey: string): Promise<string> {
	const { NodeCrypto } = await import("../../server/crypto.js");
	return toHex(new NodeCrypto().importAgreement(fromHex(privateKey)).publicKey);
}
