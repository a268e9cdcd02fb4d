/** `interlock profile`, and profiles that `interlock line` and `interlock station` write. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureProfiler } from "../../host-sim/profile/build.js";
import { interlock, RECIPES } from "./support.js";

interface Reported {
	readonly phases: readonly {
		readonly name: string;
		readonly functions: readonly { readonly name: string; readonly place: string }[];
	}[];
	readonly memory: { readonly aliveBytes: number; readonly limitBytes: number };
}

describe("interlock profile", function () {
	this.timeout(60_000);
	let folder: string;
	const file = (name: string) => join(folder, name);
	before(async () => {
		await ensureProfiler();
		folder = mkdtempSync(join(tmpdir(), "interlock-profile-"));
	});
	after(() => rmSync(folder, { recursive: true }));

	it("goes through a station's work and tells each phase's functions", () => {
		const { status, stdout, stderr } = interlock(
			...["profile", "--json", "--size", "4096", "--attempts", "5", "--save", file("s.json")],
			...["--html", file("s.html"), "--cpuprofile", file("s.cpuprofile")],
		);
		assert.equal(status, 0, stderr);
		const { phases, memory } = JSON.parse(stdout) as Reported;
		const names = phases.map(({ name }) => name);
		assert.deepEqual(names, ["start", "handshake", "fetch", "waiting", "unit"]);
		const handshake = phases.find(({ name }) => name === "handshake");
		assert.ok(handshake?.functions.some(({ place }) => place === "xs_interlock_rsa_unwrap"));
		assert.ok(memory.aliveBytes > 0 && memory.aliveBytes < memory.limitBytes);
		assert.match(readFileSync(file("s.html"), "utf8"), /^<!DOCTYPE html>/);
		const { nodes, samples } = JSON.parse(readFileSync(file("s.cpuprofile"), "utf8"));
		assert.ok(nodes.length > 10 && samples.length > 10);
	});

	it("shows a profile that was kept", () => {
		const { status, stdout } = interlock("profile", "--read", file("s.json"), "--rows", "3");
		assert.equal(status, 0);
		assert.match(stdout, /^handshake: /m);
		assert.match(stdout, /^memory: /m);
	});

	it("refuses what is no profile", () => {
		writeFileSync(file("none.json"), "{}");
		const none = interlock("profile", "--read", file("none.json"));
		assert.equal(none.status, 3);
		assert.match(none.stderr, /not a profile: its format/);
		assert.equal(interlock("profile", "--read", file("missing.json")).status, 3);
	});

	it("has one of each station from a line", () => {
		const { status, stderr } = interlock(
			...["line", "--stations", "2", "--units", "1", "--seed", "7", "--settle", "1"],
			...["--recipes", RECIPES, "--profile", file("line"), "--json"],
		);
		assert.equal(status, 0, stderr);
		for (const id of ["station-1", "station-2"]) {
			assert.ok(existsSync(file(`line/${id}.json`)), id);
			const { stdout } = interlock("profile", "--json", "--read", file(`line/${id}.json`));
			const { phases } = JSON.parse(stdout) as Reported;
			assert.ok(phases.some(({ name }) => name === "unit"));
		}
	});
});
