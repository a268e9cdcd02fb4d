import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseUsers } from "../../keys/broker-users.js";
import { EARLIER_KEYS, EARLIER_MAX } from "../../keys/earlier-keys.js";
import {
	enrol,
	initPlant,
	KeysError,
	type KeysErrorCode,
	listPlant,
	loadBundle,
	loadServerKeys,
	PlantWatch,
	revoke,
	rotate,
} from "../../keys/keys.js";
import { NodeCrypto } from "../../server/crypto.js";

const NOW_S = 1_800_000_000;
const small = { rsaBits: 2048, nowS: NOW_S };

function is(code: KeysErrorCode) {
	return (error: unknown) => error instanceof KeysError && error.code === code;
}

describe("rotating and revoking keys", function () {
	this.timeout(60_000);
	let base: string;
	let directory: string;

	before(async () => {
		base = mkdtempSync(join(tmpdir(), "interlock-rotate-"));
		directory = join(base, "plant");
		await initPlant({ directory, line: "demo", ...small });
		await enrol({ directory, stations: ["s1", "s2"], ...small });
	});
	after(() => rmSync(base, { recursive: true, force: true }));

	const keys = () => loadServerKeys(directory, undefined, NOW_S);
	const bundle = (name: string) => loadBundle(join(directory, "stations", `demo.${name}`));
	const users = () => {
		const path = join(directory, "broker/passwd");
		return [...parseUsers(readFileSync(path, "utf8"), path).keys()];
	};

	it("gives the server other keys, and every bundle the new credential", async () => {
		const before = keys();
		const rotated = await rotate({ directory, subject: "server", ...small });
		assert.deepEqual([rotated.subject, rotated.epoch, rotated.newKey], ["server", 2, true]);
		const after = keys();
		assert.equal(after.credential.epoch, 2);
		assert.notDeepEqual(after.credential.kem, before.credential.kem);
		assert.notDeepEqual(after.credential.sign, before.credential.sign);
		assert.equal(after.floors.get("server"), 2);
		for (const name of ["s1", "s2"])
			assert.deepEqual(bundle(name).server.bytes, after.credential.bytes);
		assert.deepEqual(after.broker, before.broker);
	});

	it("keeps the server's last keys for what was sealed before", async () => {
		const crypto = new NodeCrypto();
		const wrapped: Uint8Array[] = [];
		for (let rotations = 0; rotations <= EARLIER_MAX; rotations++) {
			const { kem } = keys().credential;
			wrapped.push(crypto.wrap(crypto.publicKey(kem, "wrap"), crypto.secret(), "x"));
			await rotate({ directory, subject: "server", ...small });
		}
		const { earlierKems, credential } = keys();
		const last = credential.epoch;
		assert.deepEqual(
			earlierKems.map(({ epoch }) => epoch),
			Array.from({ length: EARLIER_MAX }, (_, i) => last - EARLIER_MAX + i),
		);
		const opened = wrapped.slice(1).map((each, i) => {
			const kem = earlierKems[i]?.kem;
			return kem && crypto.unwrap(kem, each, "x") !== undefined;
		});
		assert.ok(opened.every(Boolean), "those that are kept");
		assert.equal(statSync(join(directory, EARLIER_KEYS)).mode & 0o777, 0o600);
		writeFileSync(join(directory, EARLIER_KEYS), '{"keys":[1]}');
		assert.throws(keys, /not a list of earlier keys/);
		rmSync(join(directory, EARLIER_KEYS));
	});

	it("gives a station another key, by its short or its full name", async () => {
		const before = bundle("s1");
		await rotate({ directory, subject: "s1", ...small });
		const { epoch } = await rotate({ directory, subject: "demo.s1", ...small });
		assert.equal(epoch, 3);
		const after = bundle("s1");
		assert.notDeepEqual(after.kem, before.kem);
		assert.equal(after.password, before.password);
		assert.deepEqual(keys().stations.get("demo.s1"), after.credential);
		assert.equal(keys().floors.get("demo.s1"), 3);
	});

	it("refuses the credential from before", () => {
		const path = join(directory, "stations/demo.s1/credential.cose");
		const other = join(directory, "stations/demo.s2/credential.cose");
		const [now, old] = [readFileSync(path), readFileSync(other)];
		writeFileSync(path, old);
		assert.deepEqual(
			keys().problems.map(({ station }) => station),
			["demo.s1"],
		);
		writeFileSync(path, now);
	});

	it("makes a new credential for the same key", async () => {
		const before = bundle("s1");
		const later = { ...small, nowS: NOW_S + 1000 };
		const rotated = await rotate({ directory, subject: "s1", keepKey: true, ...later });
		assert.deepEqual([rotated.epoch, rotated.newKey], [4, false]);
		const after = bundle("s1");
		assert.deepEqual(after.kem, before.kem);
		assert.equal(after.credential.expiresS, before.credential.expiresS + 1000);
		const { credential } = keys();
		await rotate({ directory, subject: "server", keepKey: true, ...small });
		assert.deepEqual(keys().credential.sign, credential.sign);
	});

	it("takes at least the epoch that is asked for", async () => {
		const { epoch } = await rotate({ directory, subject: "s1", epochMin: 9, ...small });
		assert.equal(epoch, 9);
		assert.equal((await rotate({ directory, subject: "s1", epochMin: 3, ...small })).epoch, 10);
	});

	it("revokes a station once, and takes it in again with a new key and password", async () => {
		const before = bundle("s2");
		assert.deepEqual(await revoke({ directory, station: "s2", ...small }), {
			station: "demo.s2",
			floor: 2,
			already: false,
		});
		assert.deepEqual([...keys().stations.keys()], ["demo.s1"]);
		assert.deepEqual(keys().plant.stations, ["demo.s1", "demo.s2"]);
		assert.deepEqual(users(), ["server", "demo.s1"]);
		assert.deepEqual(
			listPlant(directory).stations.map(({ revoked }) => revoked),
			[false, true],
		);
		const files = readFileSync(join(directory, "epochs.cose"));
		assert.equal((await revoke({ directory, station: "demo.s2", ...small })).already, true);
		assert.deepEqual(readFileSync(join(directory, "epochs.cose")), files);
		const kept = rotate({ directory, subject: "s2", keepKey: true, ...small });
		await assert.rejects(kept, is("revoked"));
		assert.equal((await rotate({ directory, subject: "s2", ...small })).epoch, 2);
		assert.notEqual(bundle("s2").password, before.password);
		assert.deepEqual(users(), ["server", "demo.s1", "demo.s2"]);
		assert.equal(keys().stations.get("demo.s2")?.epoch, 2);
	});

	it("replaces a credential that is damaged or gone", async () => {
		const path = join(directory, "stations/demo.s2/credential.cose");
		writeFileSync(path, "damaged");
		const kept = rotate({ directory, subject: "s2", keepKey: true, ...small });
		await assert.rejects(kept, is("invalid"));
		assert.equal((await rotate({ directory, subject: "s2", ...small })).epoch, 3);
		rmSync(path);
		assert.equal((await rotate({ directory, subject: "s2", ...small })).epoch, 4);
		assert.equal(keys().stations.size, 2);
	});

	it("says what it cannot do, and changes nothing then", async () => {
		const before = readFileSync(join(directory, "epochs.cose"));
		const asked = (change: object) => rotate({ directory, subject: "s1", ...small, ...change });
		await assert.rejects(asked({ subject: "s3" }), is("unknown"));
		await assert.rejects(asked({ subject: "other.s1" }), is("unknown"));
		await assert.rejects(asked({ rsaBits: 4096 }), is("bits"));
		await assert.rejects(asked({ directory: base }), is("missing"));
		await assert.rejects(revoke({ directory, station: "server", ...small }), is("unknown"));
		await assert.rejects(revoke({ directory: base, station: "s1" }), is("missing"));
		const [root, aside] = [join(directory, "root.key.pem"), join(base, "root.key.pem")];
		renameSync(root, aside);
		await assert.rejects(asked({}), is("missing"));
		await assert.rejects(revoke({ directory, station: "s1", ...small }), is("missing"));
		renameSync(aside, root);
		assert.deepEqual(readFileSync(join(directory, "epochs.cose")), before);
		keys();
	});

	it("tells a running server, once for each change", async () => {
		const watch = new PlantWatch(directory, () => NOW_S);
		assert.equal(watch.changed(), undefined);
		const { epoch } = await rotate({ directory, subject: "s1", ...small });
		assert.equal(watch.changed()?.stations.get("demo.s1")?.epoch, epoch);
		assert.equal(watch.changed(), undefined);
		await revoke({ directory, station: "s1", ...small });
		assert.equal(watch.changed()?.stations.has("demo.s1"), false);
		const path = join(directory, "server/credential.cose");
		const good = readFileSync(path);
		writeFileSync(path, "damaged");
		assert.throws(() => watch.changed(), is("invalid"));
		assert.equal(watch.changed(), undefined);
		writeFileSync(path, good);
		assert.ok(watch.changed());
	});
});
