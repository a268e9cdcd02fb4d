/** A board's socket that is closed while the bytes it took cannot go yet. Options `host`, `port`: a reader that waits. */
import TCP from "embedded:io/socket/tcp";
import option from "host-options";
import Timer from "timer";

const QUIET_MS = 300;
let total = 0;
let last: ReturnType<typeof Timer.set> | undefined;

const socket = new TCP({
	address: String(option("host")),
	port: Number(option("port")),
	onWritable(count) {
		if (count === 0) return;
		this.write(new Uint8Array(count).fill(total % 251));
		total += count;
		if (last) Timer.clear(last);
		// Nothing more goes: what was taken last waits in the board.
		last = Timer.set(() => {
			socket.close();
			trace(`closed: ${total}\n`);
		}, QUIET_MS);
	},
	onError() {
		trace("the reader went away\n");
	},
});
