/**
 * A client whose in-flight messages outlive it, in the board's own records. Options: `host`, `port`, and
 * `act`: `queue` queues messages where no broker is and ends; `deliver` connects and ends when all
 * are acknowledged.
 */
import TCP from "embedded:io/socket/tcp";
import option from "host-options";
import { utf8 } from "../../modules/bytes/bytes.js";
import { DeviceClock } from "../../modules/device/clock.js";
import { SocketTransport } from "../../modules/device/socket.js";
import { DeviceKeyValue } from "../../modules/device/storage.js";
import { MqttClient } from "../../modules/mqtt/client.js";

/** Above one record. */
const LARGE = 9000;
const clock = new DeviceClock();

function say(line: string): void {
	trace(`${line}\n`);
}

function whenEmpty(): void {
	if (client.queued > 0) clock.set(10, whenEmpty);
	else client.close(() => say("delivered"));
}

const client = new MqttClient({
	transport: new SocketTransport({ io: TCP, clock }),
	clock,
	random: { fraction: () => 0.5 },
	host: String(option("host")),
	port: Number(option("port")),
	clientId: "board",
	protocol: 5,
	cleanStart: false,
	keepAliveS: 30,
	store: new DeviceKeyValue("mqtt"),
	onOnline(present) {
		say(`online ${present}`);
	},
	onOffline(reason) {
		say(`offline ${reason}`);
	},
	onMessage() {},
});

say(`restored ${client.queued}`);
if (option("act") === "queue") {
	for (const qos of [1, 2] as const) client.publish("from/board", utf8(`QoS ${qos}`), { qos });
	client.publish("from/board", new Uint8Array(LARGE).fill(7), { qos: 1 });
	client.close(() => say(`queued ${client.queued}`));
} else {
	client.start();
	whenEmpty();
}
