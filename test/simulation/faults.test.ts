/** Each kind of trouble alone does what it is named for. */
import assert from "node:assert/strict";
import { Dice } from "../../host-sim/simulation/dice.js";
import { Faults } from "../../host-sim/simulation/faults.js";
import { SimulatedLine } from "../../host-sim/simulation/line.js";
import { drawTrouble, type Trouble } from "../../host-sim/simulation/trouble.js";

const DURATION_MS = 10 * 60_000;
const EVENTS_MAX = 1_000_000;

function none(): Trouble {
	const trouble: Record<string, number> = {};
	for (const kind of Object.keys(drawTrouble(new Dice(1, "kinds")))) trouble[kind] = 0;
	return trouble as unknown as Trouble;
}

const message = {
	topic: "interlock/1/line/station-1/up",
	payload: Uint8Array.of(1, 2, 3),
	qos: 1,
	retain: false,
	from: "line.station-1",
} as const;

/** A courier with some trouble, on a line that nothing else happens on. */
async function courier(trouble: Partial<Trouble>) {
	const told: string[] = [];
	const faults = new Faults(
		new Dice(1, "faults"),
		{ ...none(), ...trouble },
		async () => undefined,
		(text) => told.push(text),
	);
	const line = new SimulatedLine({
		seed: 1,
		stations: 2,
		yield: 1,
		courier: faults,
		observe: () => undefined,
		onFailure: (party, error) => {
			throw new Error(`${party} failed`, { cause: error });
		},
	});
	return { told, faults, line };
}

describe("trouble", () => {
	it("is drawn differently for each seed: some kinds alone, some seeds with most of them", () => {
		const counts = new Set<number>();
		for (let seed = 0; seed < 200; seed++) {
			const drawn = Object.values(drawTrouble(new Dice(seed, "plan")));
			counts.add(drawn.filter((each) => each > 0).length);
		}
		const kinds = Object.keys(none()).length;
		assert.ok(counts.has(1) && counts.has(kinds), [...counts].join());
	});

	const plans: [keyof Trouble | undefined, (delays: readonly number[]) => boolean][] = [
		[undefined, (delays) => delays.length === 1 && delays[0] === 0],
		["loss", (delays) => delays.length === 0],
		["hostages", (delays) => delays.length === 0],
		["delay", (delays) => delays.length === 1 && (delays[0] as number) > 0],
		["repeats", (delays) => delays.length === 2 && delays[0] === 0 && (delays[1] as number) > 0],
	];
	for (const [kind, isRight] of plans)
		it(`of the kind ${kind ?? "none"} shows in when a message is delivered, until it ends`, async () => {
			const { faults, line } = await courier(kind ? { [kind]: 1 } : {});
			faults.begin(line);
			assert.ok(isRight(faults.deliveries(message, "server")));
			await faults.end(line);
			assert.deepEqual(faults.deliveries(message, "server"), [0]);
		});

	it("of the kind floods makes a handshake wait for damaged copies, and nothing else", async () => {
		const { faults, line, told } = await courier({ floods: 1 });
		faults.begin(line);
		assert.deepEqual(faults.deliveries(message, "server"), [0]);
		const hello = { ...message, payload: Uint8Array.of(0x88, 1, 2) };
		const [delayMs = 0, ...more] = faults.deliveries(hello, "server");
		assert.ok(delayMs > 0 && more.length === 0, `${delayMs} ms`);
		assert.match(told.join(), /^broker gives \d+ damaged copies before station-1\/up \(3 bytes\)$/);
	});

	it("puts everything right at its end", async () => {
		const { faults, line, told } = await courier({
			slowness: 60,
			partitions: 60,
			powerCuts: 60,
			serverCrashes: 60,
			clockJumps: 60,
			brokerRestarts: 60,
		});
		faults.begin(line);
		await line.start();
		await line.time.run(DURATION_MS, () => false, EVENTS_MAX);
		assert.ok(told.length > 1000, `${told.length} faults`);
		await faults.end(line);
		assert.deepEqual([line.isServerOn, line.broker.isUp, line.timeOffMs], [true, true, 0]);
		for (const party of ["server", ...line.plant.stations])
			assert.deepEqual(line.network.link(party), {
				latencyMs: 1,
				jitterMs: 0,
				downUntilMs: 0,
				splitting: 0,
			});
		const states = () => line.boards.map(({ state }) => state);
		await line.time.run(
			line.time.nowMs + DURATION_MS,
			() => states().every((state) => state === "Idle"),
			EVENTS_MAX,
		);
		assert.deepEqual(states(), ["Idle", "Idle"]);
	});
});
