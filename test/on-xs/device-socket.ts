/**
 * Connections that cannot be made, and names. Options: `host`, and on it `port` where nobody listens, `open` where
 * somebody does who closes at once. Prints each connection's events.
 */
import TCP from "embedded:io/socket/tcp";
import option from "host-options";
import { DeviceClock } from "../../modules/device/clock.js";
import { SocketTransport } from "../../modules/device/socket.js";

const clock = new DeviceClock();
const room = new Uint8Array(16);
let inside = false;

function attempt(name: string, transport: SocketTransport, host: string, port: number): void {
	const say = (event: string): void => trace(`${name}: ${inside ? "too early " : ""}${event}\n`);
	inside = true;
	transport.connect(host, port, {
		opened: () => say("opened"),
		room: (sizeMax) => room.subarray(0, sizeMax),
		received: (bytes) => say(`received ${bytes.length}`),
		writable: () => say("writable"),
		closed: (reason) => say(`closed ${reason}`),
	});
	inside = false;
}

const plain = new SocketTransport({ io: TCP, clock });
const resolving = new SocketTransport({
	io: TCP,
	clock,
	resolve(host, done) {
		clock.set(0, () => done(host === "broker" ? here : undefined));
	},
});
const here = String(option("host"));
const [port, open] = [Number(option("port")), Number(option("open"))];

attempt("refused", plain, here, port);
attempt("name", plain, "broker", open);
attempt("not an address", plain, "300.1.1.1", open);
attempt("resolved", resolving, "broker", open);
attempt("unknown", resolving, "nobody", open);
attempt("bad port", plain, here, 70_000);
resolving
	.connect("broker", open, {
		opened: () => trace("after close\n"),
		room: (sizeMax) => room.subarray(0, sizeMax),
		received: () => trace("after close\n"),
		writable: () => trace("after close\n"),
		closed: () => trace("after close\n"),
	})
	.close();
