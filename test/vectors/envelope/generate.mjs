/**
 * Writes envelope.json and log.json: sealed files and logs, byte for byte. Written from docs/protocol.md §8 over node:crypto: it shares no code with
 * modules/, so that it checks them. The keys are those of ../channel/keys.json.
 *
 *   node test/vectors/envelope/generate.mjs
 *
 * Signatures and wrapped keys are randomised: each run gives another, equally good, file.
 */
import {
	constants,
	createCipheriv,
	createHash,
	createPrivateKey,
	createPublicKey,
	hkdfSync,
	publicEncrypt,
	sign,
} from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const keys = JSON.parse(readFileSync(new URL("../channel/keys.json", import.meta.url), "utf8"));
const pkcs1 = (name, half) => ({
	key: Buffer.from(keys[name][half], "hex"),
	format: "der",
	type: "pkcs1",
});
const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();

function head(major, n) {
	const lead = major << 5;
	if (n < 24) return Buffer.from([lead | n]);
	if (n < 256) return Buffer.from([lead | 24, n]);
	return Buffer.from([lead | 25, n >> 8, n & 255]);
}
const cbor = (value) =>
	typeof value === "string"
		? Buffer.concat([head(3, value.length), Buffer.from(value)])
		: head(0, value);
const u16 = (n) => Buffer.from([n >> 8, n & 255]);

function seal({ recipient, recipeId, version, segmentSize, signerEpoch, plaintext }) {
	const values = [recipient, recipeId, version, plaintext.length, segmentSize, signerEpoch];
	const header = Buffer.concat([head(5, 6), ...values.flatMap((v, i) => [cbor(i + 1), cbor(v)])]);
	const contentKey = sha256(Buffer.from(`content key ${recipeId}`));
	const wrapped = publicEncrypt(
		{
			key: createPublicKey(pkcs1("station", "public")),
			padding: constants.RSA_PKCS1_OAEP_PADDING,
			oaepHash: "sha256",
			oaepLabel: Buffer.from("interlock/1 envelope"),
		},
		contentKey,
	);
	const prefix = sha256(Buffer.from(`prefix ${recipeId}`)).subarray(0, 7);
	const before = Buffer.concat([
		Buffer.from("ILK1"),
		Buffer.from([1, 0]),
		u16(header.length),
		header,
		u16(wrapped.length),
		wrapped,
		prefix,
	]);
	const key = Buffer.from(
		hkdfSync("sha256", contentKey, sha256(before), "interlock/1 segment", 32),
	);
	const count = Math.max(1, Math.ceil(plaintext.length / segmentSize));
	const segments = [];
	for (let i = 0; i < count; i++) {
		const nonce = Buffer.concat([
			prefix,
			Buffer.from([0, 0, i >> 8, i & 255, i === count - 1 ? 1 : 0]),
		]);
		const cipher = createCipheriv("aes-256-gcm", key, nonce);
		const part = plaintext.subarray(i * segmentSize, (i + 1) * segmentSize);
		segments.push(Buffer.concat([cipher.update(part), cipher.final(), cipher.getAuthTag()]));
	}
	const signed = Buffer.concat([before, sha256(...segments)]);
	const signature = sign("sha256", signed, {
		key: createPrivateKey(pkcs1("serverSign", "private")),
		padding: constants.RSA_PKCS1_PSS_PADDING,
		saltLength: 32,
	});
	const whole = Buffer.concat([signed, u16(signature.length), signature]);
	return {
		recipient,
		recipeId,
		version,
		segmentSize,
		signerEpoch,
		plaintext: plaintext.toString("hex"),
		head: whole.toString("hex"),
		digest: sha256(whole).toString("hex"),
		segments: segments.map((segment) => segment.toString("hex")),
	};
}

const base = { recipient: "line-1.press", signerEpoch: 5 };
const recipe = Buffer.from("# Resistors\nr1= 350\nr2= 450\n\n# Capacitors\nc4= .5456\n");
const vectors = [
	seal({ ...base, recipeId: "empty", version: 1, segmentSize: 1024, plaintext: Buffer.alloc(0) }),
	seal({ ...base, recipeId: "one", version: 2, segmentSize: 4096, plaintext: recipe }),
	seal({ ...base, recipeId: "several", version: 300, segmentSize: 16, plaintext: recipe }),
	seal({
		...base,
		recipeId: "even",
		version: 7,
		segmentSize: 256,
		plaintext: Buffer.alloc(512, 0xa5),
	}),
];
const text = JSON.stringify({ generator: "generate.mjs", vectors }, null, "\t");
writeFileSync(new URL("envelope.json", import.meta.url), `${text}\n`);

function sealLog({ sender, serverEpoch, plaintext }) {
	const segmentSize = 4096;
	const header = Buffer.concat([
		head(5, 3),
		...[sender, segmentSize, serverEpoch].flatMap((v, i) => [cbor(i + 1), cbor(v)]),
	]);
	const contentKey = sha256(Buffer.from(`log key ${plaintext.length}`));
	const wrapped = publicEncrypt(
		{
			key: createPublicKey(pkcs1("serverKem", "public")),
			padding: constants.RSA_PKCS1_OAEP_PADDING,
			oaepHash: "sha256",
			oaepLabel: Buffer.from("interlock/1 log"),
		},
		contentKey,
	);
	const prefix = sha256(Buffer.from(`log prefix ${plaintext.length}`)).subarray(0, 7);
	const opening = Buffer.concat([
		Buffer.from("ILL1"),
		Buffer.from([1, 0]),
		u16(header.length),
		header,
		u16(wrapped.length),
		wrapped,
		prefix,
	]);
	const digest = sha256(opening);
	const key = Buffer.from(hkdfSync("sha256", contentKey, digest, "interlock/1 log segment", 32));
	const count = Math.ceil(plaintext.length / segmentSize);
	const segments = [];
	for (let i = 0; i < count; i++) {
		const nonce = Buffer.concat([
			prefix,
			Buffer.from([0, 0, i >> 8, i & 255, i === count - 1 ? 1 : 0]),
		]);
		const cipher = createCipheriv("aes-256-gcm", key, nonce);
		const part = plaintext.subarray(i * segmentSize, (i + 1) * segmentSize);
		segments.push(Buffer.concat([cipher.update(part), cipher.final(), cipher.getAuthTag()]));
	}
	return {
		sender,
		segmentSize,
		serverEpoch,
		plaintext: plaintext.toString("hex"),
		opening: opening.toString("hex"),
		digest: digest.toString("hex"),
		segments: segments.map((segment) => segment.toString("hex")),
	};
}

const logs = [1, 4096, 5000].map((size) =>
	sealLog({ sender: "line-1.press", serverEpoch: 5, plaintext: Buffer.alloc(size, "0,1,2\n") }),
);
writeFileSync(
	new URL("log.json", import.meta.url),
	`${JSON.stringify({ generator: "generate.mjs", vectors: logs }, null, "\t")}\n`,
);
