/**
 * Writes session.json: one whole session, byte for byte. Written from docs/protocol.md §2 and §4 to §7 over node:crypto, with
 * a CBOR encoder of its own: it shares no code with modules/, so that it checks them.
 *
 *   node test/vectors/channel/generate.mjs
 *
 * Signatures and wrapped keys are randomised: each run gives another, equally good, file.
 */
import {
	constants,
	createCipheriv,
	createHash,
	createHmac,
	createPrivateKey,
	createPublicKey,
	diffieHellman,
	hkdfSync,
	publicEncrypt,
	sign,
} from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const keys = JSON.parse(readFileSync(new URL("keys.json", import.meta.url), "utf8"));
const der = (name, half) => Buffer.from(keys[name][half], "hex");
const pkcs1 = (key) => ({ key, format: "der", type: "pkcs1" });
const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
/** `size` bytes that differ from name to name. */
const fixed = (name, size) => sha256(Buffer.from(name)).subarray(0, size);

// CBOR (RFC 8949), only what is needed: lengths and integers below 2^32
function head(major, n) {
	const lead = major << 5;
	if (n < 24) return Buffer.from([lead | n]);
	if (n < 0x100) return Buffer.from([lead | 24, n]);
	if (n < 0x10000) return Buffer.from([lead | 25, n >> 8, n & 255]);
	const bytes = Buffer.from([lead | 26, 0, 0, 0, 0]);
	bytes.writeUInt32BE(n, 1);
	return bytes;
}
const uint = (n) => (n < 0 ? head(1, -1 - n) : head(0, n));
const bstr = (bytes) => Buffer.concat([head(2, bytes.length), bytes]);
const tstr = (text) => Buffer.concat([head(3, Buffer.byteLength(text)), Buffer.from(text)]);
const array = (...items) => Buffer.concat([head(4, items.length), ...items]);
const map = (...pairs) => Buffer.concat([head(5, pairs.length), ...pairs.flat()]);
const bool = (value) => Buffer.from([value ? 0xf5 : 0xf4]);

// credentials, signed by the root
const protectedHeader = Buffer.from("a1013824", "hex");
function credential({ sub, epoch, kem, sign: signKey }) {
	const pairs = [
		[uint(2), tstr(sub)],
		[uint(4), uint(1_900_000_000)],
		[uint(5), uint(1_700_000_000)],
		[uint(-65537), uint(epoch)],
		[uint(-65538), bstr(kem)],
	];
	if (signKey) pairs.push([uint(-65539), bstr(signKey)]);
	const payload = map(...pairs);
	const toSign = array(
		tstr("Signature1"),
		bstr(protectedHeader),
		bstr(Buffer.alloc(0)),
		bstr(payload),
	);
	const signature = sign("sha256", toSign, {
		key: createPrivateKey(pkcs1(der("root", "private"))),
		padding: constants.RSA_PKCS1_PSS_PADDING,
		saltLength: 32,
	});
	const parts = array(bstr(protectedHeader), map(), bstr(payload), bstr(signature));
	return Buffer.concat([Buffer.from([0xd2]), parts]);
}
const name = "line-1.press";
const stationCredential = credential({ sub: name, epoch: 3, kem: der("station", "public") });
const serverCredential = credential({
	sub: "server",
	epoch: 5,
	kem: der("serverKem", "public"),
	sign: der("serverSign", "public"),
});

// handshake
const wrap = (to, secret, label) =>
	publicEncrypt(
		{
			key: createPublicKey(pkcs1(der(to, "public"))),
			padding: constants.RSA_PKCS1_OAEP_PADDING,
			oaepHash: "sha256",
			oaepLabel: Buffer.from(label),
		},
		secret,
	);
function x25519(scalar) {
	const prefix = Buffer.from("302e020100300506032b656e04220420", "hex");
	const privateKey = createPrivateKey({
		key: Buffer.concat([prefix, scalar]),
		format: "der",
		type: "pkcs8",
	});
	const publicKey = createPublicKey(privateKey);
	return {
		privateKey,
		publicKey,
		raw: publicKey.export({ type: "spki", format: "der" }).subarray(12),
	};
}
const stationScalar = fixed("station scalar", 32);
const serverScalar = fixed("server scalar", 32);
const xc = x25519(stationScalar);
const xs = x25519(serverScalar);
const kc = fixed("k_c", 32);
const ks = fixed("k_s", 32);
const nc = fixed("n_c", 32);
const ns = fixed("n_s", 32);
const sessionId = fixed("session id", 8);
const wrappedKc = wrap("serverKem", kc, "interlock/1 hello");
const wrappedKs = wrap("station", ks, "interlock/1 welcome");
const hello = array(
	uint(1),
	uint(1),
	tstr(name),
	uint(3),
	uint(5),
	bstr(nc),
	bstr(xc.raw),
	bstr(wrappedKc),
);
const body = array(
	uint(1),
	tstr(name),
	bstr(sessionId),
	bstr(sha256(hello)),
	bstr(ns),
	bstr(xs.raw),
	bstr(wrappedKs),
);
const th = sha256(sha256(stationCredential), sha256(serverCredential), sha256(hello), sha256(body));
const shared = diffieHellman({ privateKey: xc.privateKey, publicKey: xs.publicKey });
const key = (output, size) =>
	Buffer.from(
		hkdfSync("sha256", Buffer.concat([kc, ks, shared]), th, `interlock/1 ${output}`, size),
	);
const confirm = createHmac("sha256", key("confirm", 32)).update(th).digest();
const welcome = array(uint(2), bstr(body), bstr(confirm));

// records and tickets
const up = key("up", 44);
const down = key("down", 44);
const ticketKey = key("ticket", 44);
function seal(keyAndIv, kind, counter, plaintext) {
	const header = Buffer.concat([Buffer.from([kind]), sessionId, Buffer.alloc(8)]);
	header.writeBigUInt64BE(BigInt(counter), 9);
	const nonce = Buffer.from(keyAndIv.subarray(32));
	for (let i = 0; i < 8; i++) nonce[4 + i] ^= header[9 + i];
	const cipher = createCipheriv("aes-256-gcm", keyAndIv.subarray(0, 32), nonce, {
		authTagLength: 16,
	});
	cipher.setAAD(header);
	return Buffer.concat([header, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}
const pad = (content) => {
	const size = [64, 256, 1024, 4000].find((padded) => content.length < padded);
	return Buffer.concat([content, Buffer.from([0x80]), Buffer.alloc(size - content.length - 1)]);
};
const serial = [uint(1), tstr("SN-0001")];
const visit = [uint(2), uint(1)];
const step = [uint(3), uint(0)];
const attempt = [uint(4), uint(1)];
const reading = array(tstr("resonance"), Buffer.from("fa44bbe800", "hex")); // 1503.25 kHz
const proof = Buffer.from(Array.from({ length: 16 }, (_, i) => i));
const messages = [
	// ready
	["up", 0, [0, 1], [10, 0], [11, 1], [12, array()], [14, tstr("Idle")]],
	// noted
	["down", 0, [0, 23]],
	// result, after lost records; key 5 is a recipe's digest
	[
		"up",
		7,
		[0, 4],
		serial,
		visit,
		step,
		attempt,
		[5, bstr(fixed("digest", 32))],
		[6, 2],
		[7, array(reading)],
		[8, 1500],
	],
	// verdict: pass
	["down", 5, [0, 18], serial, visit, step, attempt, [10, 12], [22, bool(true)]],
	["ticket", 0, serial, visit, step, [9, bstr(proof)], [23, tstr(name)], [27, tstr("")]],
	["ticket", 1, serial, visit, step, [9, bstr(proof)], [23, tstr(name)], [27, tstr("")]],
];
const item = (value) => (typeof value === "number" ? uint(value) : value);
const plaintexts = messages.map(([kind, counter, ...fields]) => ({
	kind,
	counter,
	plaintext: pad(map(...fields.map((field) => field.map(item)))),
}));
const records = plaintexts.map(({ kind, counter, plaintext }) => {
	const [code, keyAndIv] = { up: [0x10, up], down: [0x10, down], ticket: [0x20, ticketKey] }[kind];
	return { kind, counter, plaintext, bytes: seal(keyAndIv, code, counter, plaintext) };
});

const vectors = {
	name,
	stationCredential,
	serverCredential,
	kc,
	ks,
	nc,
	ns,
	stationScalar,
	serverScalar,
	sessionId,
	wrappedKc,
	wrappedKs,
	hello,
	body,
	th,
	shared,
	up,
	down,
	ticket: ticketKey,
	confirm,
	welcome,
	records,
};
const asHex = (_, value) =>
	value?.type === "Buffer" ? Buffer.from(value.data).toString("hex") : value;
writeFileSync(
	new URL("session.json", import.meta.url),
	`${JSON.stringify(vectors, asHex, "\t")}\n`,
);
