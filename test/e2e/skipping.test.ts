/**
 * No station can be skipped (docs/protocol.md §7, G5): what a hostile broker can do with the tickets it sees, done to
 * real stations on XS while the real server runs.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { LineEvent } from "../../host-sim/line/events.js";
import { MqttClient } from "../../modules/mqtt/client.js";
import { startBroker } from "../../server/broker.js";
import { systemClock, systemRandom } from "../../server/clock.js";
import { showUnit } from "../../server/operations.js";
import { openStore } from "../../server/store/sqlite.js";
import { TcpTransport } from "../../server/transport.js";
import { Mosquitto } from "../mqtt/support.js";
import { describeOnBoards } from "../support/boards.js";
import { decisions, droppingBroker, runTestLine, temporaryDirectory } from "./support.js";

const STATIONS = ["station-1", "station-2", "station-3"];
const topicIn = (station: string) => `interlock/1/line/${station}/in`;

describeOnBoards("skipping a station", 120_000, ({ kind }) => {
	// Open to everyone, as a broker is that sides with the attacker.
	const open = {
		"the embedded broker": async () => await startBroker(),
		Mosquitto: async () => {
			const mosquitto = await Mosquitto.start();
			const { port } = mosquitto;
			return { port, url: `mqtt://127.0.0.1:${port}`, close: () => mosquitto.stop() };
		},
	};
	for (const [name, start] of Object.entries(open))
		it(`is not done by tickets replayed, repeated and sent to the wrong station (${name})`, async () => {
			const directory = temporaryDirectory();
			const broker = await start();
			const tickets: Uint8Array[] = [];
			let replayed = 0;
			const attacker = new MqttClient({
				transport: new TcpTransport(),
				clock: systemClock,
				random: systemRandom,
				host: "127.0.0.1",
				port: broker.port,
				clientId: "attacker",
				protocol: 4,
				cleanStart: true,
				keepAliveS: 0,
				queueMax: 1024,
				onOnline: () => {},
				onOffline: () => {},
				onMessage: ({ topic, payload }) => {
					const known = tickets.some((ticket) => Buffer.compare(ticket, payload) === 0);
					if (known) return;
					tickets.push(payload);
					// Every ticket ever seen, to every station: meant for another, old, and twice.
					for (const station of STATIONS)
						for (const ticket of tickets.slice(-8))
							for (let copy = 0; copy < 2; copy++)
								if (attacker.publish(topicIn(station), ticket, { qos: 1 })) replayed++;
					assert.ok(topic.endsWith("/in"));
				},
			});
			try {
				attacker.subscribe([{ filter: "interlock/1/line/+/in", qos: 1 }]);
				attacker.start();
				const events: LineEvent[] = [];
				const report = await runTestLine({
					stations: 3,
					units: 3,
					seed: 5,
					boards: [kind],
					data: directory.path,
					broker: broker.url,
					onEvent: (event) => events.push(event),
				});
				assert.ok(
					tickets.length >= 3 && replayed > 20,
					`${tickets.length} tickets, ${replayed} sent`,
				);
				assert.equal(report.outcome, "complete");
				assertInOrder(events);
				const store = await openStore(join(directory.path, "interlock.sqlite"));
				for (const { serial } of report.units) {
					const attempts = (await showUnit(store, serial))?.attempts ?? [];
					assert.deepEqual(
						attempts.map(({ number }) => number),
						attempts.map((_, index) => index + 1),
					);
				}
				await store.close();
				const quiet = temporaryDirectory();
				const undisturbed = await runTestLine({ stations: 3, units: 3, seed: 5, data: quiet.path });
				quiet.remove();
				assert.deepEqual(decisions(report), decisions(undisturbed));
			} finally {
				await new Promise<void>((resolve) => attacker.close(resolve));
				await broker.close();
				directory.remove();
			}
		});

	it("is not done by dropping tickets: the next station waits", async () => {
		const directory = temporaryDirectory();
		const controller = new AbortController();
		let dropped = 0;
		const broker = await droppingBroker(topicIn("station-2"), () => {
			if (++dropped === 3) controller.abort();
		});
		const events: LineEvent[] = [];
		try {
			const report = await runTestLine({
				stations: 2,
				units: 1,
				seed: 5,
				boards: [kind],
				data: directory.path,
				broker: broker.url,
				signal: controller.signal,
				onEvent: (event) => events.push(event),
			});
			assert.equal(report.outcome, "interrupted");
			assert.equal(report.units[0]?.outcome, "open");
			assert.equal(report.units[0]?.attempts["station-2"], 0);
			assert.ok(!events.some((e) => e.event === "arrived" && e.station === "station-2"));
		} finally {
			await broker.close();
			directory.remove();
		}
	});
});

/** Each unit came to each station once, in route order, and only after it had passed the one before. */
function assertInOrder(events: readonly LineEvent[]): void {
	const place = new Map<string, { step: number; passed: boolean }>();
	for (const event of events) {
		if (event.event === "arrived") {
			const before = place.get(event.serial) ?? { step: -1, passed: true };
			const step = STATIONS.indexOf(event.station);
			assert.equal(step, before.step + 1, `${event.serial} came to ${event.station}`);
			assert.ok(before.passed, `${event.serial} came to ${event.station} without a pass`);
			place.set(event.serial, { step, passed: false });
		} else if (event.event === "verdict") {
			const at = place.get(event.serial);
			assert.equal(at?.step, STATIONS.indexOf(event.station));
			if (at) at.passed = event.pass;
		}
	}
	assert.ok(place.size > 0);
}
