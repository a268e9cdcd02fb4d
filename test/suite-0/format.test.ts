import assert from "node:assert/strict";
import {
	constants,
	createCipheriv,
	createDecipheriv,
	createHash,
	createPublicKey,
	privateDecrypt,
	publicEncrypt,
} from "node:crypto";
import { HEAD_SIZE, open, seal, TEXT_SIZE_MAX } from "../../host-sim/suite-0/format.js";
import { newPair, pkcs1, vectors } from "../crypto/subjects.js";

/** Published test key; the sealed texts below are for it. */
const privateKey = pkcs1(vectors<{ privateKey: string }>("rsa-oaep-2048").privateKey);
const publicKey = createPublicKey(privateKey);

/**
 * Made with PyCryptodome 3.23.0 (PyCrypto's successor, same interface), `rsa` being the key above:
 *
 *   key, iv, text = bytes(range(32)), bytes(range(16)), b'# Resistors\nr1= 350\n'
 *   while len(text) % 16 != 0: text += b' '
 *   wrapped = PKCS1_OAEP.new(rsa.publickey()).encrypt(key)
 *   wrapped + iv + AES.new(key, AES.MODE_CBC, iv).encrypt(text)
 */
const PYTHON_TEXT = "# Resistors\nr1= 350\n";
const PYTHON_SEALED = Buffer.from(
	"190be037a0426521a792cfecc69c2f101bf4b5f5f436d0b226adeb40cb348eca1144c3b0057fa825436011f1" +
		"57201b24c8ac73996d1214c74148814332aabebe7f7f62be65b32bce0101096fa0c69fecbbc3189c2a11bc2d" +
		"7136eded52e1a21d758cec7b6e71108dd127782e186ce4f80475923f8e28c2318bf8c94e7ac418da8358d164" +
		"f64bb7cb8b5d49b037c73ac7aa18cade4737429610197d86caa2bfed13d9b999dfec088b694f50a375b80cfa" +
		"2a49f347c638d9a0dca1e2e5164f17bf44d6b6a9723cbedb0326bddfbec92eacb27460f2c742b39169734956" +
		"bb1f245e120efc92bd6a89f050554d922488e857e4c6c1341a6d2f9d1241b9b56a52edd10001020304050607" +
		"08090a0b0c0d0e0f6b1091cece6cff33f8e93a377a5e61930e4095e9fc7afc47711b82114cddbe59",
	"hex",
);
const KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
const IV = KEY.subarray(0, 16);

function sha1(...parts: Uint8Array[]): Buffer {
	return createHash("sha1").update(Buffer.concat(parts)).digest();
}

function xor(a: Uint8Array, b: Uint8Array): Buffer {
	return Buffer.from(a.map((byte, i) => byte ^ (b[i] as number)));
}

/** MGF1 with SHA-1 (RFC 8017, B.2.1). */
function mask(seed: Uint8Array, size: number): Buffer {
	const blocks = Array.from({ length: Math.ceil(size / 20) }, (_, i) =>
		sha1(seed, Buffer.from([0, 0, 0, i])),
	);
	return Buffer.concat(blocks).subarray(0, size);
}

/** The three fields, and the text with its padding, by node:crypto alone. */
function taken(sealed: Uint8Array): { key: Buffer; iv: Buffer; padded: string } {
	const bytes = Buffer.from(sealed);
	const key = privateDecrypt(
		{ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" },
		bytes.subarray(0, 256),
	);
	const iv = bytes.subarray(256, 272);
	const decipher = createDecipheriv("aes-256-cbc", key, iv).setAutoPadding(false);
	return { key, iv, padded: decipher.update(bytes.subarray(272)).toString() };
}

/** A message of somebody who chooses key and plaintext as he likes. */
function forged(key: Buffer, plaintext: Buffer): Uint8Array {
	const padding = constants.RSA_PKCS1_OAEP_PADDING;
	const wrapped = publicEncrypt({ key: publicKey, padding, oaepHash: "sha1" }, key);
	const cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, IV).setAutoPadding(false);
	return Buffer.concat([wrapped, IV, cipher.update(plaintext)]);
}

describe("suite 0 format", () => {
	it("opens what PyCryptodome sealed", () => {
		assert.equal(open(privateKey, PYTHON_SEALED), PYTHON_TEXT);
	});

	it("has RSA-OAEP with SHA-1 and no label in its first 256 bytes", () => {
		const padding = constants.RSA_NO_PADDING;
		const encoded = privateDecrypt({ key: privateKey, padding }, PYTHON_SEALED.subarray(0, 256));
		const [maskedSeed, maskedBlock] = [encoded.subarray(1, 21), encoded.subarray(21)];
		const seed = xor(maskedSeed, mask(maskedBlock, 20));
		const block = xor(maskedBlock, mask(seed, 235));
		const zeros = Buffer.alloc(235 - 20 - 1 - 32);
		assert.equal(encoded[0], 0);
		assert.deepEqual(block, Buffer.concat([sha1(), zeros, Buffer.from([1]), KEY]));
	});

	it("has the IV next, and then CBC blocks of the text and spaces", () => {
		const ecb = createCipheriv("aes-256-ecb", KEY, null).setAutoPadding(false);
		const first = ecb.update(xor(Buffer.from("# Resistors\nr1= "), IV));
		const second = ecb.update(xor(Buffer.from(`350\n${" ".repeat(12)}`), first));
		assert.deepEqual(PYTHON_SEALED.subarray(256), Buffer.concat([IV, first, second]));
	});

	it("seals in the same layout", () => {
		const sealed = seal(publicKey, PYTHON_TEXT);
		assert.equal(sealed.length, PYTHON_SEALED.length);
		const { key, padded } = taken(sealed);
		assert.equal(key.length, 32);
		assert.equal(padded, PYTHON_TEXT + " ".repeat(12));
	});

	it("pads to a multiple of 16 bytes and not beyond", () => {
		for (const [size, blocks] of [
			[0, 0],
			[1, 1],
			[15, 1],
			[16, 1],
			[17, 2],
			[32, 2],
		] as const) {
			const sealed = seal(publicKey, "x".repeat(size));
			assert.equal(sealed.length, HEAD_SIZE + 16 * blocks, `${size} bytes`);
			assert.equal(open(privateKey, sealed), "x".repeat(size));
		}
	});

	it("takes a new key and IV for each text", () => {
		const [one, other] = [taken(seal(publicKey, "pass")), taken(seal(publicKey, "pass"))];
		assert.notDeepEqual(one.key, other.key);
		assert.notDeepEqual(one.iv, other.iv);
	});

	it("loses spaces at the end of a text, and nothing else", () => {
		assert.equal(open(privateKey, seal(publicKey, " a  b\n\t  ")), " a  b\n\t");
		assert.equal(open(privateKey, seal(publicKey, "  ")), "");
	});

	it("carries UTF-8", () => {
		assert.equal(open(privateKey, seal(publicKey, "Ω µF")), "Ω µF");
	});

	it("does not open what is cut, too long, for another key or no text", () => {
		const sealed = seal(publicKey, "pass");
		assert.equal(open(newPair(2048), sealed), undefined);
		assert.equal(open(privateKey, new Uint8Array()), undefined);
		assert.equal(open(privateKey, sealed.subarray(0, HEAD_SIZE - 1)), undefined);
		assert.equal(open(privateKey, sealed.subarray(0, sealed.length - 1)), undefined);
		const long = (size: number) => forged(KEY, Buffer.alloc(size, 0x41));
		assert.equal(open(privateKey, long(TEXT_SIZE_MAX))?.length, TEXT_SIZE_MAX);
		assert.equal(open(privateKey, long(TEXT_SIZE_MAX + 16)), undefined);
		assert.equal(open(privateKey, forged(KEY, Buffer.alloc(16, 0xff))), undefined);
		assert.equal(open(privateKey, forged(KEY.subarray(0, 16), Buffer.alloc(16))), undefined);
	});

	it("seals up to TEXT_SIZE_MAX bytes", () => {
		const text = "x".repeat(TEXT_SIZE_MAX);
		assert.equal(open(privateKey, seal(publicKey, text)), text);
		assert.throws(() => seal(publicKey, `${text}x`), RangeError);
	});

	it("opens a message whose IV was changed, to another text", () => {
		const changed = Uint8Array.from(PYTHON_SEALED);
		changed[256] = IV[0]! ^ 0x23 ^ 0x40;
		assert.equal(open(privateKey, changed), "@ Resistors\nr1= 350\n");
	});
});
