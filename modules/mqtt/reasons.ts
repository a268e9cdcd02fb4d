/** What a broker's failure codes mean, for people. Sources: MQTT 3.1.1 §3.2.2.3, MQTT 5 §2.4. */
import { frozen } from "../bytes/frozen.js";

const CONNACK_4: Readonly<Record<number, string>> = frozen({
	1: "protocol version not supported",
	2: "client identifier refused",
	3: "server unavailable",
	4: "bad user name or password",
	5: "not authorised",
});

const REASONS_5: Readonly<Record<number, string>> = frozen({
	0: "normal disconnection",
	128: "unspecified error",
	129: "malformed packet",
	130: "protocol error",
	132: "protocol version not supported",
	133: "client identifier refused",
	134: "bad user name or password",
	135: "not authorised",
	136: "server unavailable",
	137: "server busy",
	138: "banned",
	139: "server shutting down",
	141: "keep-alive timeout",
	142: "session taken over by another connection",
	144: "topic name invalid",
	147: "receive maximum exceeded",
	149: "packet too large",
	151: "quota exceeded",
	152: "administrative action",
	154: "retained messages not supported",
	155: "QoS not supported",
	156: "use another server",
	157: "server moved",
});

/** The text of a CONNACK, DISCONNECT or acknowledgement code. */
export function reasonText(code: number, protocol: 4 | 5): string {
	const text = (protocol === 4 ? CONNACK_4 : REASONS_5)[code];
	return text === undefined ? `code ${code}` : `${text} (code ${code})`;
}
