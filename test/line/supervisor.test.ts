import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { type Child, Supervisor, type SupervisorEvent } from "../../host-sim/line/supervisor.js";
import type { Clock } from "../../modules/ports/clock.js";

/** Time that moves only when told; alarms of one instant fire first in, first out. */
class ManualClock implements Clock {
	#nowMs = 0;
	#alarms: { atMs: number; callback: () => void }[] = [];
	nowMs(): number {
		return this.#nowMs;
	}
	set(delayMs: number, callback: () => void) {
		const alarm = { atMs: this.#nowMs + delayMs, callback };
		this.#alarms.push(alarm);
		return {
			cancel: () => {
				this.#alarms = this.#alarms.filter((other) => other !== alarm);
			},
		};
	}
	advance(byMs: number): void {
		this.#nowMs += byMs;
		const due = this.#alarms.filter(({ atMs }) => atMs <= this.#nowMs);
		this.#alarms = this.#alarms.filter((alarm) => !due.includes(alarm));
		for (const { callback } of due) callback();
	}
}

/** A real process that ends as its script says. */
function child(script: string): Child {
	const running = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
	running.stdout.resume();
	return {
		pid: running.pid,
		ended: new Promise((resolve) =>
			running.once("exit", (code, signal) => resolve({ code, signal })),
		),
		stop: () => void running.kill("SIGTERM"),
		kill: () => void running.kill("SIGKILL"),
	};
}

async function settled(supervised: Child | undefined): Promise<void> {
	await supervised?.ended;
	await new Promise((resolve) => setImmediate(resolve));
}

describe("supervisor", () => {
	it("starts a child again after growing delays, then gives up", async () => {
		const clock = new ManualClock();
		const events: SupervisorEvent[] = [];
		const supervisor = new Supervisor({
			start: () => child("process.exit(3)"),
			clock,
			onEvent: (event) => events.push(event),
			delayMinMs: 100,
			delayMaxMs: 150,
			deathsMax: 4,
		});
		supervisor.start();
		for (let i = 0; i < 4; i++) {
			await settled(supervisor.child);
			clock.advance(150);
		}
		const ends = events.filter(({ state }) => state === "ended");
		assert.deepEqual(
			ends.map((event) => "restartInMs" in event && event.restartInMs),
			[100, 150, 150],
		);
		assert.deepEqual(events.at(-1), { state: "given-up", deaths: 4, code: 3, signal: null });
		assert.equal(supervisor.restarts, 3);
		clock.advance(100_000);
		assert.equal(supervisor.child, undefined);
	});

	it("tells each child how the one before ended", async () => {
		const clock = new ManualClock();
		const seen: unknown[] = [];
		const scripts = ["process.exit(3)", "process.kill(process.pid, 'SIGKILL')", ""];
		const supervisor = new Supervisor({
			start: (previous) => {
				seen.push(previous);
				return child(scripts[seen.length - 1] as string);
			},
			clock,
			onEvent: () => undefined,
			delayMinMs: 100,
		});
		supervisor.start();
		for (let i = 0; i < 2; i++) {
			await settled(supervisor.child);
			clock.advance(5_000);
		}
		await supervisor.stop();
		const none = { code: null, signal: null };
		assert.deepEqual(seen, [undefined, { ...none, code: 3 }, { ...none, signal: "SIGKILL" }]);
	});

	it("forgets earlier deaths once a child has lived long enough", async () => {
		const clock = new ManualClock();
		const events: SupervisorEvent[] = [];
		const supervisor = new Supervisor({
			start: () => child("process.exit(1)"),
			clock,
			onEvent: (event) => events.push(event),
			delayMinMs: 100,
			stableMs: 1_000,
			deathsMax: 2,
		});
		supervisor.start();
		for (let i = 0; i < 3; i++) {
			const running = supervisor.child;
			clock.advance(1_000);
			await settled(running);
			clock.advance(100);
		}
		assert.equal(events.filter(({ state }) => state === "given-up").length, 0);
		assert.equal(supervisor.restarts, 3);
		await supervisor.stop();
	});

	it("stops a child that is asked, starts no other, and may be asked twice", async () => {
		const events: SupervisorEvent[] = [];
		const clock = new ManualClock();
		const supervisor = new Supervisor({
			start: () => child("setInterval(() => {}, 1000)"),
			clock,
			onEvent: (event) => events.push(event),
		});
		supervisor.start();
		await Promise.all([supervisor.stop(), supervisor.stop()]);
		await supervisor.stop();
		clock.advance(100_000);
		assert.deepEqual(
			events.map(({ state }) => state),
			["started"],
		);
	});

	it("kills a child that does not stop when asked", async () => {
		const clock = new ManualClock();
		const stubborn = spawn(
			process.execPath,
			["-e", "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)"],
			{ stdio: ["ignore", "pipe", "ignore"] },
		);
		await new Promise((resolve) => stubborn.stdout.once("data", resolve));
		let end: unknown;
		const supervisor = new Supervisor({
			start: () => ({
				pid: stubborn.pid,
				ended: new Promise((resolve) =>
					stubborn.once("exit", (code, signal) => {
						end = { code, signal };
						resolve({ code, signal });
					}),
				),
				stop: () => void stubborn.kill("SIGTERM"),
				kill: () => void stubborn.kill("SIGKILL"),
			}),
			clock,
			onEvent: () => {},
			graceMs: 5_000,
		});
		supervisor.start();
		const stopped = supervisor.stop();
		clock.advance(5_000);
		await stopped;
		assert.deepEqual(end, { code: null, signal: "SIGKILL" });
	});
});
