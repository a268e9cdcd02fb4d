import assert from "node:assert/strict";
import type { PartyEvent } from "../../host-sim/suite-0/events.js";
import { HEAD_SIZE, TEXT_SIZE_MAX } from "../../host-sim/suite-0/format.js";
import { makeLine } from "../../host-sim/suite-0/line.js";
import { MqttBus } from "../../host-sim/suite-0/mqtt-bus.js";
import { startBroker } from "../../server/broker.js";
import { systemClock, systemRandom } from "../../server/clock.js";
import { TcpTransport } from "../../server/transport.js";
import { Mosquitto, until } from "../mqtt/support.js";
import { fixtureOf, recipes, STATIONS, TestLine, testKeys } from "./support.js";

const PARTS = 2;

function busOf(port: number, clientId: string): MqttBus {
	return new MqttBus({
		transport: new TcpTransport(),
		clock: systemClock,
		random: systemRandom,
		host: "127.0.0.1",
		port,
		clientId,
	});
}

/** Whether the last station is done with every part that reached it. */
function isOver(events: readonly PartyEvent[]): boolean {
	const finished = events.filter((event) => event.event === "finished");
	let came = PARTS;
	for (const name of STATIONS) {
		const own = finished.filter(({ station }) => station === name);
		if (own.length < came) return false;
		came = own.filter(({ passed }) => passed).length;
	}
	return true;
}

/** What one party saw, in order; between parties the order is the network's. */
function seenBy(events: readonly PartyEvent[], station: string): PartyEvent[] {
	return events.filter(
		(event) =>
			"station" in event &&
			event.station === station &&
			event.event !== "recipe" &&
			event.event !== "request",
	);
}

for (const [name, start] of [
	["the embedded broker", async () => startBroker()],
	[
		"Mosquitto",
		async () => {
			const broker = await Mosquitto.start();
			return { port: broker.port, close: () => broker.stop() };
		},
	],
] as const)
	describe(`suite 0 over ${name}`, function () {
		this.timeout(60_000);
		let broker: { readonly port: number; close(): Promise<void> };

		before(async () => {
			await testKeys();
			broker = await start();
		});
		after(() => broker.close());

		it("runs a line as in virtual time", async () => {
			const buses: MqttBus[] = [];
			const events: PartyEvent[] = [];
			const { server, stations } = makeLine({
				recipes,
				keys: await testKeys(),
				bus(party) {
					const bus = busOf(broker.port, party);
					buses.push(bus);
					return bus;
				},
				fixture: (station) => fixtureOf(systemClock, station),
				onEvent: (event) => events.push(event),
			});
			for (const party of [server, ...stations]) party.start();
			await Promise.all(buses.map((bus) => bus.start()));
			for (let part = 0; part < PARTS; part++) stations[0]?.bringPart();
			await until(() => isOver(events), "the last part to be finished");
			await Promise.all(buses.map((bus) => bus.close()));

			const virtual = await TestLine.started();
			for (let part = 0; part < PARTS; part++) virtual.line.stations[0]?.bringPart();
			virtual.run();
			for (const station of STATIONS)
				assert.deepEqual(seenBy(events, station), seenBy(virtual.events, station));
			assert.ok(events.every(({ event }) => event !== "dropped"));
		});

		it("carries the largest message, also to who comes later", async () => {
			const [sender, receiver] = [busOf(broker.port, "sender"), busOf(broker.port, "receiver")];
			const payload = new Uint8Array(HEAD_SIZE + TEXT_SIZE_MAX).fill(7);
			const got: Uint8Array[] = [];
			for (const [bus, count] of [
				[sender, 1],
				[receiver, 2],
			] as const) {
				bus.subscribe("suite-0/large", 2, (bytes) => got.push(bytes));
				await bus.start();
				if (bus === sender) bus.publish("suite-0/large", payload, { qos: 2, retain: true });
				await until(() => got.length === count, "the message");
			}
			assert.deepEqual(got, [payload, payload]);
			await Promise.all([sender.close(), receiver.close()]);
		});
	});

describe("suite 0 MQTT bus", () => {
	it("tells where the broker refuses a subscription", async () => {
		const broker = await startBroker({ maySubscribe: () => false });
		const bus = busOf(broker.port, "refused");
		bus.subscribe("suite-0/station-1/file", 2, () => {});
		await assert.rejects(bus.start(), /refused/);
		await bus.close();
		await broker.close();
	});

	it("loses and counts what it has no room for", async () => {
		const bus = busOf(1, "alone");
		const say = () => bus.publish("suite-0/x", new Uint8Array(1), { qos: 2, retain: false });
		for (let i = 0; i < 128; i++) say();
		assert.equal(bus.lost, 0);
		say();
		assert.equal(bus.lost, 1);
		await bus.close();
	});
});
