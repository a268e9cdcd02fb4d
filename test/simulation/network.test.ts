import assert from "node:assert/strict";
import { Dice } from "../../host-sim/simulation/dice.js";
import { Network, type Peer } from "../../host-sim/simulation/network.js";
import { VirtualTime } from "../../host-sim/simulation/time.js";
import { pass, process } from "./support.js";

const PARTY = "station";

/** Bytes 0, 1, 2 … from `first` on. */
function counted(first: number, size: number): Uint8Array {
	return Uint8Array.from({ length: size }, (_, i) => first + i);
}

/** A party connects to something that listens; both keep what they get. */
async function connected() {
	const time = new VirtualTime();
	const network = new Network(time, new Dice(1, "network"));
	const party = process(PARTY);
	const atBroker: Uint8Array[] = [];
	const atParty: Uint8Array[] = [];
	const told: string[] = [];
	let peer: Peer | undefined;
	network.listener = {
		process: process("broker"),
		accept: (accepted) => {
			peer = accepted;
			return {
				received: (bytes) => atBroker.push(bytes),
				ended: () => told.push("ended"),
			};
		},
	};
	const connection = network.transport(party).connect("broker", 1883, {
		room: () => new Uint8Array(1),
		opened: () => told.push("opened"),
		received: (bytes) => atParty.push(bytes),
		writable: () => told.push("writable"),
		closed: (reason) => told.push(`closed: ${reason}`),
	});
	await pass(time, 5);
	assert.ok(peer);
	assert.deepEqual(told.splice(0), ["opened"]);
	return {
		time,
		network,
		party,
		link: network.link(PARTY),
		connection,
		peer,
		atBroker,
		atParty,
		told,
	};
}

describe("simulated network", () => {
	it("delivers what one connection carries in order, however it is delayed and split", async () => {
		const { time, link, connection, peer, atBroker, atParty } = await connected();
		Object.assign(link, { latencyMs: 5, jitterMs: 500, splitting: 0.5 });
		for (let i = 0; i < 25; i++) {
			assert.equal(connection.write(counted(10 * i, 10)), 10);
			peer.send(counted(10 * i, 10));
			await pass(time, 3);
		}
		await pass(time, 2000);
		for (const pieces of [atBroker, atParty]) {
			assert.ok(pieces.length > 25 && pieces.length < 50, `${pieces.length} pieces`);
			assert.deepEqual(new Uint8Array(Buffer.concat(pieces)), counted(0, 250));
		}
	});

	it("takes the bytes as they are when they are written", async () => {
		const { time, connection, atBroker } = await connected();
		const bytes = counted(1, 3);
		connection.write(bytes);
		bytes.fill(0);
		await pass(time, 5);
		assert.deepEqual(atBroker, [counted(1, 3)]);
	});

	it("gives a receiver at most 4,096 bytes at a time", async () => {
		const { time, peer, atParty } = await connected();
		peer.send(new Uint8Array(10_000));
		await pass(time, 5);
		assert.deepEqual(
			atParty.map(({ length }) => length),
			[4096, 4096, 1808],
		);
	});

	it("holds back what is sent into a partition, and delivers it afterwards", async () => {
		const { time, link, connection, peer, atBroker, atParty, told } = await connected();
		link.downUntilMs = time.nowMs + 1000;
		connection.write(counted(1, 1));
		peer.send(counted(2, 1));
		await pass(time, 999);
		assert.deepEqual([atBroker, atParty], [[], []]);
		await pass(time, 10);
		assert.deepEqual([atBroker, atParty, told], [[counted(1, 1)], [counted(2, 1)], []]);
	});

	it("lets nobody connect through a partition", async () => {
		const { time, network, link, party } = await connected();
		link.downUntilMs = time.nowMs + 10_000;
		const told: string[] = [];
		network.transport(party).connect("broker", 1883, {
			room: () => new Uint8Array(1),
			opened: () => told.push("opened"),
			received: () => undefined,
			writable: () => undefined,
			closed: (reason) => told.push(reason),
		});
		await pass(time, 5000);
		assert.deepEqual(told, ["nobody listens at the broker's address"]);
	});

	it("tells a party of a reset after everything that was sent before it", async () => {
		const { time, connection, peer, atParty, told } = await connected();
		peer.send(counted(1, 2));
		peer.close(true);
		await pass(time, 5);
		assert.deepEqual(atParty, [counted(1, 2)]);
		assert.deepEqual(told, ["closed: the broker closed the connection"]);
		assert.equal(connection.write(counted(1, 1)), 0);
	});

	it("tells a party of a silent reset only when it next writes", async () => {
		const { time, connection, peer, atBroker, told } = await connected();
		peer.close(false);
		await pass(time, 60_000);
		assert.deepEqual(told, []);
		connection.write(counted(1, 1));
		await pass(time, 5);
		assert.deepEqual([told, atBroker], [["closed: the connection was reset"], []]);
	});

	it("tells the broker of a close, and not of a death", async () => {
		const closing = await connected();
		closing.connection.write(counted(1, 1));
		closing.connection.close();
		await pass(closing.time, 5);
		assert.deepEqual([closing.atBroker, closing.told], [[counted(1, 1)], ["ended"]]);
		const dying = await connected();
		dying.party.kill();
		dying.peer.send(counted(1, 1));
		await pass(dying.time, 60_000);
		assert.deepEqual([dying.atParty, dying.told], [[], []]);
	});

	it("says that nobody listens", async () => {
		const { time, network, party } = await connected();
		const told: string[] = [];
		network.listener = undefined;
		const connection = network.transport(party).connect("broker", 1883, {
			room: () => new Uint8Array(1),
			opened: () => told.push("opened"),
			received: () => undefined,
			writable: () => undefined,
			closed: (reason) => told.push(reason),
		});
		assert.deepEqual(told, [], "not before connect has returned");
		await pass(time, 5);
		assert.deepEqual(told, ["nobody listens at the broker's address"]);
		assert.equal(connection.write(counted(1, 1)), 0);
	});
});
