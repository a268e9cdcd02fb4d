/**
 * A TCP socket of the simulator's board against an echo. Options `host`, `port`: the echo's; it ends after 20,000 bytes.
 * Option `refused`: a port where nobody listens.
 */
import TCP from "embedded:io/socket/tcp";
import option from "host-options";

const TOTAL = 20_000;
const address = String(option("host"));
let sent = 0;
let received = 0;
let wrong = 0;

function attempt(name: string, action: () => void): void {
	try {
		action();
		trace(`${name}: allowed\n`);
	} catch (error) {
		trace(`${name}: ${(error as Error).message}\n`);
	}
}

const refused = new TCP({
	address,
	port: Number(option("refused")),
	onWritable: () => trace("refused socket is writable\n"),
	onError() {
		trace("refused: onError\n");
		this.close();
		this.close();
	},
});
attempt("write before connected", () => refused.write(new Uint8Array(1)));
attempt("name", () => new TCP({ address: "localhost", port: 1 }));
attempt("port", () => new TCP({ address, port: 0 }));

new TCP({
	address,
	port: Number(option("port")),
	nodelay: true,
	target: { name: "echo" },
	onWritable(count) {
		if (sent === 0) {
			trace(`target: ${(this.target as { name: string }).name}\n`);
			attempt("write too much", () => this.write(new Uint8Array(count + 1)));
		}
		const size = Math.min(count, TOTAL - sent);
		if (size === 0) return;
		const bytes = new Uint8Array(size);
		for (let i = 0; i < size; i++) bytes[i] = (sent + i) % 251;
		sent += size;
		this.write(bytes);
	},
	onReadable(count) {
		const bytes = new Uint8Array(this.read(Math.min(count, 1000)) as ArrayBuffer);
		for (const byte of bytes) if (byte !== received++ % 251) wrong++;
		const rest = this.read();
		if (rest) for (const byte of new Uint8Array(rest)) if (byte !== received++ % 251) wrong++;
	},
	onError() {
		trace(`received: ${received}, wrong: ${wrong}\n`);
		this.close();
	},
});
