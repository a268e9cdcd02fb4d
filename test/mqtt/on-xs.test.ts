import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoardKind } from "../../host-sim/board-kind.js";
import { FlashImage } from "../../host-sim/flash-image.js";
import type { MqttClient } from "../../modules/mqtt/client.js";
import { startBroker } from "../../server/broker.js";
import { mutants } from "../on-xs/mqtt-mutants.js";
import { describeOnBoards } from "../support/boards.js";
import { runOnXs } from "../support/xs.js";
import { closed, Mosquitto, online, subscribed, text, until } from "./support.js";

/** Sends what comes from the board back to it, with the QoS it came with. */
async function echo(port: number): Promise<MqttClient> {
	const { client } = await online(port, {
		clientId: "echo",
		onMessage({ topic, payload, qos }) {
			assert.equal(topic, "from/board");
			assert.ok(client.publish("to/board/echo", payload, { qos }));
		},
	});
	assert.deepEqual(await subscribed(client, ["from/board", 2]), [2]);
	return client;
}

async function boardTalks(board: BoardKind, port: number, protocol: 4 | 5): Promise<void> {
	const client = await echo(port);
	const { code, lines, errors } = await runOnXs("mqtt-client", {
		board,
		options: { port: String(port), protocol: String(protocol) },
	});
	await closed(client);
	assert.equal(code, 0, `${lines.join("\n")}\n${errors}`);
	const seen = new Set(lines);
	for (const line of [
		"online false",
		"granted 2",
		...[0, 1, 2].map((qos) => `published ${qos} well`),
		...[0, 1, 2].map((qos) => `message to/board/echo grüß Gott ${qos} ${qos}`),
		"message to/board/echo 12000 bytes 1",
		"done",
	])
		assert.ok(seen.has(line), `no line "${line}" in:\n${lines.join("\n")}`);
	assert.ok(!lines.some((line) => line.startsWith("offline")));
}

describeOnBoards("MQTT client on XS", 60_000, ({ kind: board }) => {
	it("exchanges QoS 0, 1 and 2 and large messages with the embedded broker", async () => {
		const broker = await startBroker();
		try {
			await boardTalks(board, broker.port, 4);
		} finally {
			await broker.close();
		}
	});

	for (const protocol of [4, 5] as const)
		it(`exchanges them with Mosquitto by MQTT ${protocol === 4 ? "3.1.1" : "5"}`, async () => {
			const broker = await Mosquitto.start();
			try {
				await boardTalks(board, broker.port, protocol);
			} finally {
				await broker.stop();
			}
		});

	it("keeps in the board's flash what it could not deliver, over a restart", async () => {
		const folder = mkdtempSync(join(tmpdir(), "interlock-mqtt-"));
		const flash = join(folder, "flash");
		FlashImage.create(flash).close();
		const broker = await Mosquitto.start();
		const receiver = await online(broker.port, { clientId: "receiver" });
		await subscribed(receiver.client, ["from/board", 2]);
		const act = async (act: string): Promise<string[]> => {
			const { code, lines, errors } = await runOnXs("mqtt-store", {
				board,
				flash,
				options: { port: String(broker.port), act },
			});
			assert.equal(code, 0, `${lines.join("\n")}\n${errors}`);
			return lines;
		};
		assert.deepEqual(await act("queue"), ["restored 0", "queued 3"]);
		assert.deepEqual(await act("deliver"), ["restored 3", "online false", "delivered"]);
		assert.deepEqual(await act("deliver"), ["restored 0", "delivered"]);
		await until(() => receiver.messages.length >= 3, "all messages");
		assert.deepEqual(
			// Order is kept within one QoS only.
			receiver.messages
				.map((message) => (message.payload.length === 9000 ? "large" : text(message)))
				.sort(),
			["QoS 1", "QoS 2", "large"],
		);
		await closed(receiver.client);
		await broker.stop();
		rmSync(folder, { recursive: true });
	});

	it("reads and refuses packets on XS as in Node", async () => {
		const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
		const { code, lines, errors } = await runOnXs("mqtt-codec", {
			board,
			options: { seed: String(seed) },
		});
		assert.equal(code, 0, errors);
		assert.deepEqual(lines, mutants(seed), `seed ${seed}`);
		assert.ok(lines.length > 15, `seed ${seed}: ${lines.join()}`);
	});
});
