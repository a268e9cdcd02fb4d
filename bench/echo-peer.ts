/**
 * The other end of a plain publish-and-echo, a process of its own: publishes whatever comes on one topic on
 * another, with the project's MQTT client. Argument: the broker's address.
 */
import { connectPlain, ECHO_DOWN, ECHO_UP } from "./plain-client.js";

const client = await connectPlain(process.argv[2] ?? "", "bench-echo", ECHO_UP, (payload) => {
	client.publish(ECHO_DOWN, payload, { qos: 1 });
});
process.send?.("ready");
process.once("SIGTERM", () => client.close(() => process.exit(0)));
