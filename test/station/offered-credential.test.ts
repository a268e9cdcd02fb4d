/** A credential on `down`, where anybody could have put it: what a station takes, and that nothing else does anything. */
import assert from "node:assert/strict";
import type { SimulatedBoard } from "../../host-sim/simulation/board.js";
import { SIGNED_KIND } from "../../modules/channel/cose.js";
import { RECORD_KIND } from "../../modules/channel/session.js";
import { stationTopics } from "../../modules/station/topics.js";
import { OFFER_MS } from "../../modules/station/trust.js";
import { Scenario } from "../simulation/scenario.js";

/** Of the station's credential at its enrolment. */
const EPOCH = 1;

describe("a credential on a station's `down`", () => {
	let scenario: Scenario;
	let board: SimulatedBoard;
	let other: string;
	let own: Uint8Array;

	beforeEach(async () => {
		scenario = new Scenario(2);
		const { line } = scenario;
		board = line.boards[0] as SimulatedBoard;
		other = line.plant.stations[1] as string;
		own = kemOf(board.name);
		await line.startServer();
		board.powerOn();
		await scenario.pass(5000);
		assert.equal(board.state, "Idle");
	});

	function kemOf(name: string): Uint8Array {
		const credential = scenario.line.plant.serverKeys().stations.get(name);
		assert.ok(credential);
		return credential.kem;
	}

	function signed(subject: string, epoch: number, kem: Uint8Array): Uint8Array {
		return scenario.line.plant.sign(subject, epoch, kem, undefined).bytes;
	}

	/** @returns the operations of flash and the HELLOs that followed. */
	async function given(payload: Uint8Array, retain = false): Promise<[number, number]> {
		const { power } = board.flash;
		const before = power.operations;
		scenario.seen.length = 0;
		const topic = stationTopics(board.name).down;
		scenario.line.broker.hand({ topic, payload, qos: 1, retain, from: "somebody" });
		// Until the next one may be looked at.
		await scenario.pass(OFFER_MS + 1000);
		const hellos = scenario.published(board.name, "/up").filter(([kind]) => kind !== RECORD_KIND);
		return [power.operations - before, hellos.length];
	}

	it("is taken where it is the station's own, for its key, and newer: by a new session", async () => {
		const newer = signed(board.name, EPOCH + 1, own);
		const [operations, hellos] = await given(newer);
		assert.ok(operations > 0);
		assert.ok(hellos > 0);
		assert.deepEqual(board.flash.openRecords().read("cred"), newer);
		const [again] = await given(newer);
		assert.equal(again, 0, "a second time it is not newer");
	});

	const wrong: [string, () => Uint8Array][] = [
		["another station's", () => signed(other, EPOCH + 1, kemOf(other))],
		["another station's, for this one's key", () => signed(other, EPOCH + 1, own)],
		["its own, for another key", () => signed(board.name, EPOCH + 1, kemOf(other))],
		["its own, no newer", () => signed(board.name, EPOCH, own)],
		[
			"its own, with a changed signature",
			() => {
				const bytes = signed(board.name, EPOCH + 1, own);
				bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
				return bytes;
			},
		],
		["its own, cut short", () => signed(board.name, EPOCH + 1, own).subarray(0, -1)],
		["nothing but its first byte", () => Uint8Array.of(SIGNED_KIND)],
		["its first byte and noise", () => new Uint8Array(3000).fill(0x5a).fill(SIGNED_KIND, 0, 1)],
	];
	for (const [what, bytes] of wrong)
		it(`changes nothing where it is ${what}`, async () => {
			const payload = bytes();
			assert.equal(payload[0], SIGNED_KIND);
			assert.deepEqual(await given(payload), [0, 0]);
			assert.equal(board.state, "Idle");
		});

	it("is not looked at where the broker had kept it", async () => {
		assert.deepEqual(await given(signed(board.name, EPOCH + 1, own), true), [0, 0]);
	});
});
