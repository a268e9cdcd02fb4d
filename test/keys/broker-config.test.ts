import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	enrol,
	initPlant,
	KeysError,
	loadBundle,
	loadServerKeys,
	revoke,
	rotate,
	writeMosquittoFiles,
} from "../../keys/keys.js";
import { utf8 } from "../../modules/bytes/bytes.js";
import { closed, freePort, online, published, type Recorded, until } from "../mqtt/support.js";

const small = { rsaBits: 2048 };
const MOSQUITTO = "/usr/sbin/mosquitto";

describe("Mosquitto's files", function () {
	this.timeout(60_000);
	let base: string;
	let directory: string;

	before(async () => {
		base = mkdtempSync(join(tmpdir(), "interlock-mosquitto-"));
		directory = join(base, "plant");
		await initPlant({ directory, line: "demo", ...small });
		await enrol({ directory, stations: ["s1"], ...small });
	});
	after(() => rmSync(base, { recursive: true, force: true }));

	const read = (path: string) => readFileSync(join(directory, path), "utf8");

	it("go elsewhere where that is asked for, with the paths they will have there", async () => {
		const out = join(base, "out");
		const where = { out, installedAt: "/etc/mosquitto/interlock" };
		const written = await writeMosquittoFiles({ directory, port: 1883, ...where });
		assert.deepEqual(written.users, ["server", "demo.s1"]);
		const conf = readFileSync(written.conf, "utf8");
		assert.match(conf, /^listener 1883$/m);
		assert.match(conf, /^acl_file \/etc\/mosquitto\/interlock\/acl$/m);
		assert.equal(readFileSync(written.passwd, "utf8"), read("broker/passwd"));
		assert.equal(statSync(written.passwd).mode & 0o777, 0o600);
		assert.ok(!existsSync(join(directory, "broker/acl")));
	});

	it("cannot be made to say something else by a name", async () => {
		for (const wrong of [
			{ installedAt: "relative" },
			{ installedAt: "/a\nallow_anonymous true" },
			{ host: "127.0.0.1\nallow_anonymous true" },
			{ user: "root\n" },
		])
			await assert.rejects(
				writeMosquittoFiles({ directory, port: 1883, ...wrong }),
				(error) => error instanceof KeysError && error.code === "name",
			);
	});

	it("follow every change of the plant, once they are in its directory", async () => {
		await writeMosquittoFiles({ directory, port: 1883 });
		assert.match(read("broker/acl"), /^user demo\.s1$/m);
		await enrol({ directory, stations: ["s2"], ...small });
		assert.match(read("broker/acl"), /^topic write interlock\/1\/demo\/s2\/in$/m);
		assert.match(read("broker/acl"), /^user demo\.s2$/m);
		await revoke({ directory, station: "s2" });
		assert.doesNotMatch(read("broker/acl"), /^user demo\.s2$/m);
		assert.match(read("broker/acl"), /^topic write interlock\/1\/demo\/s2\/in$/m);
		await rotate({ directory, subject: "s2", ...small });
		assert.match(read("broker/acl"), /^user demo\.s2$/m);
	});

	describe("in Mosquitto", () => {
		let broker: ChildProcess;
		let port: number;
		const clients: Recorded[] = [];

		before(async function () {
			if (!existsSync(MOSQUITTO)) this.skip();
			port = await freePort();
			const user = process.getuid?.() === 0 ? { user: "root" } : {};
			const { conf } = await writeMosquittoFiles({ directory, port, host: "127.0.0.1", ...user });
			broker = spawn(MOSQUITTO, ["-c", conf], { stdio: "ignore" });
			let isOpen = false;
			const knock = () => {
				const socket = connect(port, "127.0.0.1", () => {
					isOpen = true;
					socket.destroy();
				});
				socket.once("error", () => setTimeout(knock, 20));
			};
			knock();
			await until(() => isOpen || broker.exitCode !== null, "mosquitto to listen");
			assert.equal(broker.exitCode, null, "mosquitto did not take its files");
		});
		after(async () => {
			for (const { client } of clients) await closed(client);
			broker?.kill("SIGTERM");
		});

		async function member(username: string, password: string, clientId = username) {
			const login = { username, password: utf8(password), clientId, protocol: 5 } as const;
			const client = await online(port, login);
			clients.push(client);
			return client;
		}
		const login = (name: string) => {
			const { username, password } = loadBundle(join(directory, `stations/demo.${name}`));
			return [username, password] as const;
		};
		const mayPublish = ({ client }: Recorded, topic: string) =>
			published(client, topic, "x", { qos: 1 }).then(
				() => true,
				() => false,
			);

		it("let each user in under its own name, to its own topics", async () => {
			// Whatever client id it says, its user name is what counts.
			const one = await member(...login("s1"), "demo.s2");
			const { username, password } = loadServerKeys(directory).broker;
			const server = await member(username, password);
			assert.ok(await mayPublish(one, "interlock/1/demo/s1/up"));
			assert.ok(await mayPublish(one, "interlock/1/demo/s2/in"));
			assert.ok(!(await mayPublish(one, "interlock/1/demo/s2/up")));
			assert.ok(await mayPublish(server, "interlock/1/demo/s2/down"));
			const two = await member(...login("s2"));
			assert.ok(await mayPublish(two, "interlock/1/demo/s2/up"));
			assert.ok(one.client.online, "the second client took the first one's connection");
		});

		it("let nobody else in, and put out a revoked user on SIGHUP", async () => {
			const two = await member(...login("s2"));
			await revoke({ directory, station: "s2" });
			broker.kill("SIGHUP");
			await until(() => two.offlines.length > 0, "the revoked user to be put out");
			assert.ok(!two.client.online);
		});
	});
});
