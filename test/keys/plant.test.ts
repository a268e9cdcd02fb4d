import assert from "node:assert/strict";
import {
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseUsers } from "../../keys/broker-users.js";
import {
	checkBrokerUser,
	enrol,
	initPlant,
	KeysError,
	type KeysErrorCode,
	listPlant,
	loadBundle,
	loadServerKeys,
	provisioning,
	readPlant,
} from "../../keys/keys.js";
import { readConfig } from "../../modules/station/config.js";
import { NodeCrypto } from "../../server/crypto.js";

const crypto = new NodeCrypto();
const NOW_S = 1_800_000_000;
const small = { rsaBits: 2048, nowS: NOW_S };

function is(code: KeysErrorCode) {
	return (error: unknown) => error instanceof KeysError && error.code === code;
}

function files(directory: string, below = ""): string[] {
	return readdirSync(join(directory, below), { withFileTypes: true }).flatMap((entry) => {
		const path = join(below, entry.name);
		return entry.isDirectory() ? files(directory, path) : [path];
	});
}

describe("plant directory", function () {
	this.timeout(60_000);
	let base: string;
	let plant: string;

	before(async () => {
		base = mkdtempSync(join(tmpdir(), "interlock-keys-"));
		plant = join(base, "plant");
		await initPlant({ directory: plant, line: "demo", ...small });
		await enrol({ directory: plant, stations: ["s1", "s2"], ...small });
		await enrol({ directory: plant, stations: ["s3"], ...small });
	});
	after(() => rmSync(base, { recursive: true, force: true }));

	it("lists stations in route order", () => {
		assert.deepEqual(readPlant(plant), {
			line: "demo",
			stations: ["demo.s1", "demo.s2", "demo.s3"],
		});
		const { stations } = listPlant(plant);
		assert.deepEqual(
			stations.map(({ station, epoch }) => [station, epoch]),
			[
				["demo.s1", 1],
				["demo.s2", 1],
				["demo.s3", 1],
			],
		);
		assert.equal(stations[0]?.notBeforeS, NOW_S);
	});

	it("keeps every private file and directory from others", () => {
		for (const file of files(plant)) {
			const open = /\.(cose)$|root\.der$|plant\.json$/.test(file);
			assert.equal(statSync(join(plant, file)).mode & 0o777, open ? 0o644 : 0o600, file);
		}
		for (const directory of [".", "server", "stations", "stations/demo.s1", "broker"])
			assert.equal(statSync(join(plant, directory)).mode & 0o777, 0o700, directory);
	});

	it("gives the server its keys and everyone's credentials", () => {
		const keys = loadServerKeys(plant, crypto, NOW_S);
		assert.equal(keys.credential.subject, "server");
		assert.deepEqual([...keys.stations.keys()], ["demo.s1", "demo.s2", "demo.s3"]);
		assert.deepEqual(keys.problems, []);
		assert.equal(keys.floors.get("demo.s3"), 1);
		assert.equal(keys.kem.kind, "unwrap");
		assert.equal(keys.sign.kind, "sign");
		const bundle = loadBundle(join(plant, "stations/demo.s2"), crypto);
		assert.deepEqual(keys.stations.get("demo.s2"), bundle.credential);
		assert.deepEqual(keys.credential, bundle.server);
	});

	it("gives a board what its config module reads", () => {
		const bundle = loadBundle(join(plant, "stations/demo.s2"), crypto);
		const { keys, config } = provisioning(bundle, { host: "127.0.0.1", port: 1883 });
		assert.deepEqual(keys, { kem: bundle.kem });
		const store = { read: (key: string) => config[key], write() {}, delete() {}, close() {} };
		const read = readConfig(store);
		assert.equal(read.station, "demo.s2");
		assert.equal(read.password, bundle.password);
		assert.deepEqual(read.credential, bundle.credential.bytes);
		assert.deepEqual(read.server, bundle.server.bytes);
		assert.deepEqual(read.roots, bundle.roots);
	});

	it("serves a server that does not have the roots' private keys", () => {
		for (const file of ["root.key.pem", "next-root.key.pem"])
			renameSync(join(plant, file), join(base, file));
		assert.equal(loadServerKeys(plant, crypto, NOW_S).stations.size, 3);
		for (const file of ["root.key.pem", "next-root.key.pem"])
			renameSync(join(base, file), join(plant, file));
	});

	it("lets the broker check every user", () => {
		const passwd = readFileSync(join(plant, "broker/passwd"), "utf8");
		const users = parseUsers(passwd, "passwd");
		const { broker } = loadServerKeys(plant, crypto, NOW_S);
		assert.ok(checkBrokerUser(users, "server", broker.password));
		for (const name of ["s1", "s2", "s3"]) {
			const bundle = loadBundle(join(plant, `stations/demo.${name}`), crypto);
			assert.equal(bundle.username, `demo.${name}`);
			assert.ok(checkBrokerUser(users, bundle.username, bundle.password));
			assert.ok(!checkBrokerUser(users, bundle.username, broker.password));
		}
		assert.ok(!checkBrokerUser(users, "nobody", ""));
	});

	it("never overwrites a plant or a station", async () => {
		const before = files(plant).map((file) => readFileSync(join(plant, file)));
		await assert.rejects(initPlant({ directory: plant, line: "demo", ...small }), is("exists"));
		await assert.rejects(enrol({ directory: plant, stations: ["s2"], ...small }), is("exists"));
		await assert.rejects(enrol({ directory: plant, stations: ["x", "x"], ...small }), is("exists"));
		assert.deepEqual(
			files(plant).map((file) => readFileSync(join(plant, file))),
			before,
		);
	});

	it("does not make a plant among other files", async () => {
		const other = join(base, "other");
		await initPlant({ directory: other, line: "demo", ...small });
		rmSync(join(other, "plant.json"));
		await assert.rejects(initPlant({ directory: other, line: "demo", ...small }), is("exists"));
	});

	it("names a bundle that an interrupted enrolment left", async () => {
		const text = readFileSync(join(plant, "plant.json"));
		writeFileSync(
			join(plant, "plant.json"),
			JSON.stringify({ format: 1, line: "demo", stations: ["demo.s1", "demo.s2"] }),
		);
		await assert.rejects(enrol({ directory: plant, stations: ["s3"], ...small }), is("exists"));
		writeFileSync(join(plant, "plant.json"), text);
	});

	it("refuses names and sizes out of range", async () => {
		const directory = join(base, "never");
		for (const line of ["", "Demo", "a.b", "a".repeat(33)])
			await assert.rejects(initPlant({ directory, line, ...small }), is("name"));
		for (const rsaBits of [1024, 2047, 3000, 8192, Number.NaN])
			await assert.rejects(initPlant({ directory, line: "demo", rsaBits }), is("bits"));
		for (const station of ["", "S1", "demo.s9"])
			await assert.rejects(enrol({ directory: plant, stations: [station], ...small }), is("name"));
		await assert.rejects(
			enrol({ directory: plant, stations: ["big"], rsaBits: 4096, nowS: NOW_S }),
			is("bits"),
		);
		assert.ok(!readdirSync(base).includes("never"));
	});

	it("says what is missing", async () => {
		assert.throws(() => loadServerKeys(join(base, "nowhere")), is("missing"));
		assert.throws(() => loadBundle(join(base, "nowhere")), is("missing"));
		await assert.rejects(enrol({ directory: base, stations: ["s1"], ...small }), is("missing"));
	});

	it("leaves out a station whose credential is not good, and says so", () => {
		const later = NOW_S + 10 * 365 * 86_400;
		assert.throws(() => loadServerKeys(plant, crypto, later), is("invalid"));
		const credential = join(plant, "stations/demo.s1/credential.cose");
		const bytes = readFileSync(credential);
		writeFileSync(credential, readFileSync(join(plant, "stations/demo.s2/credential.cose")));
		const keys = loadServerKeys(plant, crypto, NOW_S);
		assert.deepEqual([...keys.stations.keys()], ["demo.s2", "demo.s3"]);
		assert.deepEqual(
			keys.problems.map(({ station }) => station),
			["demo.s1"],
		);
		writeFileSync(credential, bytes);
	});

	it("refuses files that do not fit together or are broken", () => {
		const spoil = (
			file: string,
			bytes: Uint8Array | string,
			code: KeysErrorCode,
			load: () => void,
		) => {
			const path = join(plant, file);
			const before = readFileSync(path);
			writeFileSync(path, bytes);
			assert.throws(load, is(code), file);
			writeFileSync(path, before);
		};
		const read = (file: string) => readFileSync(join(plant, file));
		const server = () => loadServerKeys(plant, crypto, NOW_S);
		const bundle = () => loadBundle(join(plant, "stations/demo.s1"), crypto);
		spoil("server/kem.key.pem", read("server/sign.key.pem"), "mismatch", server);
		spoil("server/kem.key.pem", "not a key", "invalid", server);
		spoil("server/credential.cose", "x", "invalid", server);
		spoil("server/broker.json", "{}", "invalid", server);
		spoil("server/broker.json", "[", "invalid", server);
		spoil("root.der", "x", "invalid", server);
		spoil("epochs.cose", read("server/credential.cose"), "invalid", server);
		spoil("plant.json", "{}", "invalid", server);
		spoil("plant.json", '{"format":1,"line":"demo","stations":["other.s1"]}', "invalid", server);
		spoil(
			"plant.json",
			'{"format":1,"line":"demo","stations":["demo.s1","demo.s1"]}',
			"invalid",
			server,
		);
		spoil("plant.json", " ".repeat(1024 * 1024 + 1), "invalid", server);
		spoil("stations/demo.s1/kem.der", read("stations/demo.s2/kem.der"), "mismatch", bundle);
		spoil("stations/demo.s1/kem.der", "x", "invalid", bundle);
		spoil("stations/demo.s1/credential.cose", read("server/credential.cose"), "mismatch", bundle);
		spoil(
			"stations/demo.s1/server.cose",
			read("stations/demo.s1/credential.cose"),
			"invalid",
			bundle,
		);
	});

	it("enrols with a passphrase only where the root has one", async () => {
		const directory = join(base, "guarded");
		await initPlant({ directory, line: "demo", passphrase: "correct horse", ...small });
		assert.match(readFileSync(join(directory, "root.key.pem"), "utf8"), /ENCRYPTED/);
		const one = { directory, stations: ["s1"], ...small };
		await assert.rejects(enrol(one), is("passphrase"));
		await assert.rejects(enrol({ ...one, passphrase: "wrong" }), is("passphrase"));
		assert.deepEqual(await enrol({ ...one, passphrase: "correct horse" }), ["demo.s1"]);
		assert.equal(loadServerKeys(directory, crypto, NOW_S).stations.size, 1);
	});

	it("does not enrol with a root that is not the plant's", async () => {
		const directory = join(base, "guarded");
		const path = join(directory, "root.key.pem");
		writeFileSync(path, readFileSync(join(plant, "root.key.pem")));
		await assert.rejects(enrol({ directory, stations: ["s2"], ...small }), is("mismatch"));
	});

	it("keeps two enrolments of one process apart", async () => {
		await Promise.all(
			["s4", "s5"].map((s) => enrol({ directory: plant, stations: [s], ...small })),
		);
		const { stations } = readPlant(plant);
		assert.deepEqual([...stations].sort(), ["demo.s1", "demo.s2", "demo.s3", "demo.s4", "demo.s5"]);
		assert.equal(loadServerKeys(plant, crypto, NOW_S).stations.size, 5);
	});

	it("takes at most 1,024 stations", async () => {
		const stations = Array.from({ length: 1025 }, (_, i) => `t${i}`);
		await assert.rejects(enrol({ directory: plant, stations, ...small }), is("full"));
	});
});
