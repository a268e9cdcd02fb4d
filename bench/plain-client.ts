/** The project's MQTT client, as server and stations configure it, without anything sealed. */
import { MqttClient } from "../modules/mqtt/client.js";
import { systemClock, systemRandom } from "../server/clock.js";
import { TcpTransport } from "../server/transport.js";

export const ECHO_UP = "bench/echo/up";
export const ECHO_DOWN = "bench/echo/down";
/** A file in pieces, and its receiver's words to who sends it. */
export const PLAIN_DOWN = "bench/file/down";
export const PLAIN_UP = "bench/file/up";
const KEEP_ALIVE_S = 30;
/** As the server's (server/server.ts). */
const QUEUE = { queueMax: 1024, queueSizeMax: 8 * 1024 * 1024 };
const PACKET_SIZE_MAX = 128 * 1024;

/** Made, and perhaps closed since. */
const open = new Set<MqttClient>();

/**
 * @param url - `mqtt://host:port`.
 * @returns when it is online and has subscribed to `topic`.
 */
export async function connectPlain(
	url: string,
	clientId: string,
	topic: string,
	onPayload: (payload: Uint8Array, topic: string) => void,
	onWritable: () => void = () => undefined,
): Promise<MqttClient> {
	const { hostname: host, port } = new URL(url);
	const client = new MqttClient({
		host,
		port: Number(port),
		clientId,
		transport: new TcpTransport(),
		clock: systemClock,
		random: systemRandom,
		protocol: 4,
		cleanStart: true,
		keepAliveS: KEEP_ALIVE_S,
		...QUEUE,
		packetSizeMax: PACKET_SIZE_MAX,
		onOnline: () => undefined,
		onOffline: () => undefined,
		onMessage: ({ payload, topic: on }) => onPayload(payload, on),
		onWritable,
	});
	const subscribed = new Promise<void>((resolve) =>
		client.subscribe([{ filter: topic, qos: 1 }], () => resolve()),
	);
	client.start();
	open.add(client);
	await subscribed;
	return client;
}

/** Closes what a bench that failed has left open: it would go on connecting for ever. */
export async function closeClients(): Promise<void> {
	for (const client of open) await new Promise<void>((resolve) => client.close(resolve));
	open.clear();
}
