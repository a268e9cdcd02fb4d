/**
 * Every node killed at every step of the flow, by SIGKILL, on both brokers.
 *
 * What a killed process leaves is what it has written: to flash or database, and to its connection. So a step is taken
 * at its message, which the tap holds while the process is killed:
 *
 *   sender, lost        it has stored what it must before it sends, and nobody gets the message
 *   sender, sent        the message is all that is left of it
 *   receiver            it never gets the message
 *   broker, in or out   the message has not reached it, or it has taken it and not passed it on
 *
 * Two more kinds of death fall between messages: in the middle of a write to flash, and in a transaction before its commit.
 * One line goes through all steps of one victim; units are added until no step is left. Steps that are known by their
 * message only to its two ends are announced by the sender (test/on-xs/announcement.ts).
 */
import assert from "node:assert/strict";
import { serialOf } from "../../host-sim/line/prepare.js";
import { showUnit } from "../../server/operations.js";
import { Mosquitto } from "../mqtt/support.js";
import { assertBoards, assertJournal, type Decided, decided, onBoard } from "./check.js";
import {
	type BrokerKind,
	NODES,
	type NodeName,
	RecoveryLine,
	type RecoveryLineOptions,
} from "./line.js";
import { makeKeys, OUTCOMES, STATIONS } from "./plant.js";
import type { Fate, Passing } from "./tap.js";

/** What a station sends, in the order of the flow, and what it receives. */
const SENT = ["hello", "ready", "blocks", "arrived", "result", "done", "exhausted"] as const;
const RECEIVED = [
	"welcome",
	"welcome-back",
	"file-head",
	"file-segment",
	"envelope",
	"ticket",
	"start",
	"verdict-fail",
	"verdict-pass",
	"handover",
	"closed",
	"reject",
] as const;
/** What only one of the two stations sends or receives. */
const ONLY: { readonly [step: string]: string } = {
	handover: "station-1",
	blocks: "station-2",
	"file-head": "station-2",
	"file-segment": "station-2",
	envelope: "station-1",
};

interface Point {
	readonly step: string;
	/** `receiver` where `leg` is `out`, but for the broker. */
	readonly leg: "in" | "out";
	readonly fate: "lost" | "sent";
}

/** Where it matters whether the message got out: it makes its receiver act, and is not repeated unasked. */
const DECISIVE = ["hello", "welcome", "ticket", "arrived", "start", "result", "verdict-pass"];
DECISIVE.push("verdict-fail", "done", "handover", "closed", "exhausted", "reject");

/** A station at each step of its own; the ticket goes from the first to the second. */
function stationPoints(station: string): Point[] {
	const mine = (step: string) => (ONLY[step] ?? station) === station;
	const sent = [...SENT.filter(mine), ...(station === "station-1" ? ["ticket"] : [])];
	return [...sentBy(sent), ...lostTo(RECEIVED.filter(mine))];
}

function serverPoints(): Point[] {
	return [...sentBy(RECEIVED.filter((step) => step !== "envelope")), ...lostTo(SENT)];
}

function brokerPoints(): Point[] {
	const steps = [...SENT, ...RECEIVED];
	const into = steps.map((step): Point => ({ step, leg: "in", fate: "lost" }));
	return [...into, ...lostTo(["ticket", "result", "verdict-pass", "handover", "closed"])];
}

function sentBy(steps: readonly string[]): Point[] {
	return steps.flatMap((step): Point[] => {
		const lost: Point = { step, leg: "in", fate: "lost" };
		return DECISIVE.includes(step) ? [lost, { ...lost, fate: "sent" }] : [lost];
	});
}

function lostTo(steps: readonly string[]): Point[] {
	return steps.map((step) => ({ step, leg: "out", fate: "lost" }));
}

const POINTS: { readonly [node in NodeName]: readonly Point[] } = {
	"station-1": stationPoints("station-1"),
	"station-2": stationPoints("station-2"),
	server: serverPoints(),
	broker: brokerPoints(),
};

const SETTLE_TIMEOUT_MS = 150_000;
const UNITS_MAX = OUTCOMES.length;
const KINDS: readonly BrokerKind[] = ["the embedded broker", "Mosquitto"];
/** Most of a storm is waiting: so many at once keep two cores busy. */
const STORMS_AT_ONCE = 3;

/** A line that is disturbed while it makes its units. */
interface Storm {
	readonly name: string;
	readonly broker: BrokerKind;
	readonly units: number;
	readonly options?: Partial<RecoveryLineOptions>;
	/** Is something left to be tried? Then there are more units. */
	readonly goesOn?: () => boolean;
	/** Once every unit is off the line. */
	readonly check?: (line: RecoveryLine) => void;
}

/** The victim dies at each of its steps, in the order in which they come. */
function stepStorm(broker: BrokerKind, victim: NodeName): Storm {
	const left = [...POINTS[victim]];
	let busy = false;
	const decide = async (line: RecoveryLine, passing: Passing): Promise<Fate> => {
		const found = busy ? -1 : left.findIndex((point) => isAt(point, victim, passing));
		const [point] = found < 0 ? [] : left.splice(found, 1);
		if (!point) return "pass";
		busy = true;
		await line.kill(victim, () => assertStored(line, victim, point, passing));
		busy = false;
		return point.fate === "lost" ? "lost" : "pass";
	};
	return {
		name: `outlives the death of ${victim} at each step (${broker})`,
		broker,
		units: 2,
		options: { decide },
		goesOn: () => left.length > 0,
		check: () => assert.deepEqual(left, [], "steps that never came"),
	};
}

/** Each start of a station gets one write to flash further than the one before. */
function flashStorm(): Storm {
	const cuts = 12;
	return {
		name: "outlives power cuts in the middle of each write to flash",
		broker: "the embedded broker",
		units: 6,
		options: { crashAtFlashWrite: (_, start) => (start < cuts ? start + 1 : undefined) },
		check: (line) => assert.equal(line.ownDeaths, STATIONS.length * cuts),
	};
}

function transactionStorm(): Storm {
	const deaths = { arrived: 2, attempt: 4, finished: 1, rejected: 2 };
	return {
		name: "outlives the server's death in each kind of transaction, before the commit",
		broker: "the embedded broker",
		units: 4,
		options: { crashServer: Object.entries(deaths) },
		check: (line) => assert.equal(line.ownDeaths, 9),
	};
}

const STORMS: readonly Storm[] = [
	...KINDS.flatMap((broker) => NODES.map((victim) => stepStorm(broker, victim))),
	flashStorm(),
	transactionStorm(),
];

describe("recovery on Linux", function () {
	this.timeout(600_000);
	let keys: Awaited<ReturnType<typeof makeKeys>>;
	let calm: readonly Decided[];
	/** By name; each settles with what the storm's line decided. */
	const results = new Map<string, Promise<Decided[]>>();

	before(async () => {
		assert.ok(Mosquitto.installed, "mosquitto is not installed: node bin/setup.mjs");
		keys = await makeKeys();
		const undisturbed = { name: "", broker: KINDS[0] as BrokerKind, units: UNITS_MAX };
		calm = await weather(undisturbed);
	});
	after(async () => {
		await Promise.allSettled(results.values());
		keys.remove();
	});

	/** Runs a line to its end and checks what it left. */
	async function weather({ broker, options, goesOn, check, ...storm }: Storm): Promise<Decided[]> {
		let { units } = storm;
		const line = await RecoveryLine.start({ ...options, keys: keys.directory, broker, units });
		try {
			await line.settled(SETTLE_TIMEOUT_MS);
			while (goesOn?.() && units < UNITS_MAX) {
				await line.release(1, units++);
				await line.settled(SETTLE_TIMEOUT_MS);
			}
			check?.(line);
			await line.stop();
			await assertJournal(line.store, STATIONS.length);
			await assertBoards(
				line.store,
				STATIONS.map((name) => line.flash(name)),
			);
			const serials = Array.from({ length: units }, (_, i) => serialOf(i));
			return await decided(line.store, serials);
		} finally {
			await line.close();
		}
	}

	/** The storm's result, now or when it has been its turn; the next ones are begun along with it. */
	function resultOf(index: number): Promise<Decided[]> {
		for (const { name } of STORMS.slice(index, index + STORMS_AT_ONCE)) {
			if (results.has(name)) continue;
			const storm = STORMS.find((each) => each.name === name) as Storm;
			const result = weather(storm);
			// Told by the test whose it is.
			result.catch(() => undefined);
			results.set(name, result);
		}
		return results.get((STORMS[index] as Storm).name) as Promise<Decided[]>;
	}

	it("has something to lose: units that pass and units that are rejected at either station", () => {
		const outcomes = calm.map(({ stage, step }) => (stage === "finished" ? "P" : `R${step + 1}`));
		assert.deepEqual(outcomes, OUTCOMES);
		assert.ok(calm.every(({ attempts }) => attempts.length >= 2));
	});

	for (const [index, { name }] of STORMS.entries())
		it(name, async () => {
			const found = await resultOf(index);
			assert.deepEqual(found, calm.slice(0, found.length));
		});
});

function isAt(point: Point, victim: NodeName, { step, leg, client }: Passing): boolean {
	return point.step === step && point.leg === leg && (victim === "broker" || victim === client);
}

/** What the dead process was about to tell is in its flash or in the database: it was stored before it was sent. */
async function assertStored(
	line: RecoveryLine,
	victim: NodeName,
	{ leg }: Point,
	{ step, serial, attempt }: Passing,
): Promise<void> {
	if (leg === "out" || victim === "broker" || serial === "-") return;
	const what = `${victim} died at ${step} of ${serial}`;
	if (victim !== "server") {
		const found = onBoard(line.flash(victim));
		const needed = ["arrived", "result", "done", "exhausted"].includes(step);
		if (needed) assert.equal(found.serial, serial, what);
		if (step === "result") assert.equal(found.attempt, attempt, what);
		return;
	}
	const unit = await showUnit(line.store, serial);
	if (step === "start") assert.equal(unit?.stage, "working", what);
	if (step === "reject") assert.equal(unit?.stage, "rejected", what);
	if (step.startsWith("verdict")) {
		const kept = unit?.attempts.find(({ number }) => number === attempt);
		assert.equal(kept?.pass, step === "verdict-pass", what);
	}
}
