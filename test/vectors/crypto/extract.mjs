/**
 * Makes the JSON files beside it from published test vectors:
 *
 *     node extract.mjs CRYPTOGRAPHY NSS
 *
 * CRYPTOGRAPHY is the folder `cryptography_vectors` of Debian's python3-cryptography-vectors 38.0.4
 * (NIST CAVP and the RFCs); NSS is the folder `gtests/common` of Debian's source package nss 3.87.1
 * (Wycheproof 0.8r12, Apache-2.0). The files are kept, so that tests need neither.
 */
import { createPrivateKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [cryptography, nss] = process.argv.slice(2);
if (!cryptography || !nss) throw new Error("usage: node extract.mjs CRYPTOGRAPHY NSS");

const lines = (name) => readFileSync(join(cryptography, name), "latin1").split(/\r?\n/);

/** Records of `name = value` lines; a line `[name = value]` holds for all that follow. */
function records(name, first) {
	const found = [];
	let shared = {};
	for (const line of lines(name)) {
		const setting = /^\[(\w+) = (\w+)\]$/.exec(line);
		const field = /^(\w+)\s*=\s*(\S*)$/.exec(line.trim());
		if (setting) shared = { ...shared, [setting[1]]: setting[2] };
		else if (line === "FAIL") found.at(-1).fails = true;
		else if (field?.[1] === first) found.push({ ...shared, [first]: field[2] });
		else if (field && found.length) found.at(-1)[field[1]] = field[2];
	}
	return found;
}

/** At most `count` of those that `key` says are alike. */
function some(list, count, key) {
	const seen = new Map();
	return list.filter((item) => {
		const n = (seen.get(key(item)) ?? 0) + 1;
		seen.set(key(item), n);
		return n <= count;
	});
}

function save(name, source, cases, more = {}) {
	const rows = cases.map((row) => `\t\t${JSON.stringify(row)}`).join(",\n");
	const entries = Object.entries({ source, ...more });
	const rest = entries.map(([name, value]) => `\t"${name}": ${JSON.stringify(value)},\n`);
	const url = new URL(`${name}.json`, import.meta.url);
	writeFileSync(url, `{\n${rest.join("")}\t"cases": [\n${rows}\n\t]\n}\n`);
}

const shape = (r) => `${r.PTlen},${r.AADlen},${r.fails === true}`;
const gcm = ["Encrypt", "Decrypt"].flatMap((way) => {
	const name = `ciphers/AES/GCM/gcm${way}${way === "Encrypt" ? "ExtIV" : ""}256.rsp`;
	return some(
		records(name, "Count").filter((r) => r.IVlen === "96" && r.Taglen === "128"),
		1,
		shape,
	);
});
save(
	"aes-gcm",
	"NIST CAVP, GCM encrypt and decrypt, 256-bit keys, 96-bit IV, 128-bit tag; one of each shape",
	gcm.map((r) => ({
		key: r.Key,
		nonce: r.IV,
		aad: r.AAD,
		sealed: r.CT + r.Tag,
		plaintext: r.fails ? null : (r.PT ?? ""),
	})),
);

save(
	"sha256",
	"NIST CAVP, SHA-256 short messages, byte-oriented",
	records("hashes/SHA2/SHA256ShortMsg.rsp", "Len").map((r) => ({
		message: r.Len === "0" ? "" : r.Msg,
		digest: r.MD,
	})),
);

save(
	"hmac",
	"RFC 4231, cases 1 to 4; shorter keys padded with zeros to 32 bytes, which HMAC does anyway",
	records("HMAC/rfc-4231-sha256.txt", "Key")
		.filter((r) => r.Key.length <= 64)
		.map((r) => ({ key: r.Key.padEnd(64, "0"), message: r.Msg, mac: r.MD })),
);

save(
	"hkdf",
	"RFC 5869, A.1 to A.3",
	records("KDF/rfc-5869-HKDF-SHA256.txt", "IKM").map((r) => ({
		ikm: r.IKM,
		salt: r.salt,
		info: r.info,
		output: r.OKM,
	})),
);

const wycheproof = (name) =>
	JSON.parse(readFileSync(join(nss, `wycheproof/source_vectors/${name}_test.json`), "utf8"));

const zero = "0".repeat(64);
const x25519 = wycheproof("x25519").testGroups[0].tests;
save(
	"x25519",
	"RFC 7748 5.2, and Wycheproof 0.8r12 x25519 (two of each kind; every all-zero result); null is refused",
	[
		...records("asymmetric/X25519/rfc7748.txt", "INPUT_SCALAR").map((r) => ({
			private: r.INPUT_SCALAR,
			public: r.INPUT_U,
			shared: r.OUTPUT_U,
		})),
		...some(x25519, 2, (t) =>
			t.shared === zero ? `${t.tcId}` : t.comment.replace(/ in .*/, ""),
		).map((t) => ({
			private: t.private,
			public: t.public,
			shared: t.shared === zero ? null : t.shared,
		})),
	],
);

for (const bits of [2048, 3072]) {
	const group = wycheproof(`rsa_pss_${bits}_sha256_mgf1_32`).testGroups[0];
	save(
		`rsa-pss-${bits}`,
		`Wycheproof 0.8r12 rsa_pss_${bits}_sha256_mgf1_32, three of each kind`,
		some(group.tests, 3, (t) => `${t.comment}${t.result}`).map((t) => ({
			comment: t.comment,
			message: t.msg,
			signature: t.sig,
			valid: t.result === "valid",
		})),
		{ publicKey: group.keyAsn },
	);
}

/** The fields of one `{...}` of a C table, bytes as hexadecimal. */
function oaepCases(text) {
	const block = /\/\/ Comment: ?(.*)\n\s*\/\/ tcID: (\d+)\n([\s\S]*?),\s*(true|false)\}/g;
	return [...text.matchAll(block)].map(([, comment, , body, valid]) => {
		const lists = [...body.matchAll(/\{([0-9a-fx,\s]*)\}/g)].map(([, list]) =>
			[...list.matchAll(/0x(..)/g)].map(([, byte]) => byte).join(""),
		);
		const [message, wrapped, label] = lists;
		return { comment, label, wrapped, message: valid === "true" ? message : null };
	});
}

const header = "testvectors/rsa_oaep_2048_sha256_mgf1sha256-vectors.h";
const oaep = readFileSync(join(nss, header), "latin1");
/* One key for all of its OAEP tables; this header defines it. */
const keys = readFileSync(
	join(nss, "testvectors/rsa_oaep_2048_sha256_mgf1sha1-vectors.h"),
	"latin1",
);
const keyText = /priv_key_1\{([0-9a-fx,\s]*)\}/.exec(keys)?.[1] ?? "";
const pkcs8 = Buffer.from([...keyText.matchAll(/0x(..)/g)].map(([, b]) => b).join(""), "hex");
const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
save(
	"rsa-oaep-2048",
	"Wycheproof 0.8 rsa_oaep_2048_sha256_mgf1sha256; a message of null is refused",
	oaepCases(oaep),
	{ privateKey: key.export({ format: "der", type: "pkcs1" }).toString("hex") },
);
