/** The attack laboratory: every attack on both suites in simulated time, some at a real broker, and on a broken suite 1. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AttackReport, Suite, Tried } from "../../host-sim/adversary/attack.js";
import { ATTACKS } from "../../host-sim/adversary/attacks/index.js";
import { tryAttacks } from "../../host-sim/adversary/laboratory.js";
import { attackPage } from "../../host-sim/adversary/page/page.js";
import { Mosquitto } from "../mqtt/support.js";

const PAGE = fileURLToPath(new URL("../../../docs/attacks.html", import.meta.url));
/** What the paper's system stops, too: each says why in its evidence. */
const STOPPED_ON_PAPER = ["eavesdrop", "splice", "substitute-keys"];

describe("attacks", function () {
	this.timeout(300_000);
	let report: AttackReport;

	before(async () => {
		report = await tryAttacks({ seed: 1, suites: [0, 1] });
	});

	function of(suite: Suite, outcome: Tried["outcome"]): string[] {
		const found = report.attacks.filter((each) => each.suite === suite && each.outcome === outcome);
		return found.map(({ name }) => name);
	}

	it("are tried on both suites, each under its own name", () => {
		const names = ATTACKS.map(({ name }) => name);
		assert.equal(new Set(names).size, names.length);
		for (const suite of [0, 1] as const)
			assert.deepEqual(
				report.attacks.filter((each) => each.suite === suite).map(({ name }) => name),
				names,
			);
	});

	it("do not succeed on suite 1", () => {
		const succeeded = report.attacks.filter(
			({ suite, outcome }) => suite === 1 && outcome === "succeeded",
		);
		assert.deepEqual(
			succeeded.map(({ name, evidence }) => `${name}: ${evidence}`),
			[],
		);
	});

	it("succeed on the paper's system, but for those that it stops", () => {
		assert.deepEqual(of(0, "stopped"), STOPPED_ON_PAPER);
	});

	it("prove what they say with numbers of their run, and show it", () => {
		for (const { name, suite, evidence, steps } of report.attacks) {
			assert.match(evidence, /\d/, `${name} on suite ${suite}`);
			assert.ok(steps.length > 1, `${name} on suite ${suite} has no diagram`);
		}
	});

	it("come to what docs/attacks.html says", () => {
		assert.equal(
			attackPage(report),
			readFileSync(PAGE, "utf8"),
			"run: bin/interlock attack --html docs/attacks.html",
		);
	});

	it("do not succeed at Mosquitto", async () => {
		const mosquitto = await Mosquitto.start();
		try {
			const { attacks } = await tryAttacks({
				seed: 1,
				suites: [1],
				names: ["forge", "replay", "impersonate-station", "stolen-station"],
				real: { host: "127.0.0.1", port: mosquitto.port, username: "", password: new Uint8Array() },
			});
			assert.equal(attacks.length, 4);
			for (const { name, outcome, evidence } of attacks)
				assert.equal(outcome, "stopped", `${name}: ${evidence}`);
		} finally {
			await mosquitto.stop();
		}
	});
});
