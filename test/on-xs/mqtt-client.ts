/**
 * The MQTT client on the simulator's own sockets and timers: talks to a peer that sends every
 * message back.
 *
 * Options: `host`, `port`, `protocol` (4 or 5). Prints a line for each event, `done` at the end.
 */
import TCP from "embedded:io/socket/tcp";
import option from "host-options";
import { fromUtf8, utf8 } from "../../modules/bytes/bytes.js";
import { DeviceClock } from "../../modules/device/clock.js";
import { SocketTransport } from "../../modules/device/socket.js";
import { MqttClient, type QoS } from "../../modules/mqtt/client.js";

const clock = new DeviceClock();
const LARGE = 12_000;
/** Four echoes and three acknowledgements. */
let awaited = 7;

function say(line: string): void {
	trace(`${line}\n`);
}

function progress(): void {
	if (--awaited === 0) client.close(() => say("done"));
}

const client = new MqttClient({
	transport: new SocketTransport({ io: TCP, clock }),
	clock,
	random: { fraction: () => 0.5 },
	host: String(option("host")),
	port: Number(option("port")),
	clientId: "board",
	protocol: option("protocol") === "5" ? 5 : 4,
	cleanStart: true,
	keepAliveS: 30,
	will: { topic: "board/state", payload: utf8("gone"), qos: 1, retain: false },
	onOnline(present) {
		say(`online ${present}`);
	},
	onOffline(reason) {
		say(`offline ${reason}`);
	},
	onMessage({ topic, payload, qos }) {
		const content = payload.length > 100 ? `${payload.length} bytes` : fromUtf8(payload);
		say(`message ${topic} ${content} ${qos}`);
		progress();
	},
});

client.subscribe([{ filter: "to/board/#", qos: 2 }], (granted) => {
	say(`granted ${granted.join()}`);
	for (const qos of [0, 1, 2] satisfies QoS[])
		client.publish("from/board", utf8(`grüß Gott ${qos}`), { qos }, (error) => {
			say(`published ${qos} ${error?.message ?? "well"}`);
			progress();
		});
	client.publish("from/board", new Uint8Array(LARGE).fill(7), { qos: 1 });
});
client.start();
