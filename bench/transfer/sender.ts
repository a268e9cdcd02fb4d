/**
 * The plain side's sender in bench/transfer.ts: a file in pieces, to whoever asks for it, as the server
 * publishes blocks (QoS 0, the project's MQTT client). Arguments: the broker's address, the directory with
 * `file-<size>`.
 *
 * Broker and client drop what they have no room for; so that nothing is lost the receiver says how much it has taken,
 * and at most {@link AHEAD_SIZE} bytes are on their way.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connectPlain, PLAIN_DOWN, PLAIN_UP } from "../plain-client.js";
import { CREDIT_SIZE, wishIn } from "./credit.js";

const AHEAD_SIZE = 4 * CREDIT_SIZE;

const [url = "", directory = ""] = process.argv.slice(2);
let bytes = Buffer.alloc(0);
let pieceSize = 1;
let next = 0;
let allowed = 0;

function go(): void {
	while (next < bytes.length && next < allowed) {
		const piece = new Uint8Array(bytes.subarray(next, next + pieceSize));
		// There is room again when `go` is called next.
		if (!client.publish(PLAIN_DOWN, piece)) return;
		next += piece.length;
	}
}

function take(word: Uint8Array): void {
	const wish = wishIn(word);
	if (wish) {
		bytes = readFileSync(join(directory, `file-${wish.size}`));
		pieceSize = wish.pieceSize;
		next = 0;
		allowed = AHEAD_SIZE;
	} else allowed += CREDIT_SIZE;
	go();
}

const client = await connectPlain(url, "bench-sender", PLAIN_UP, take, go);
process.send?.("ready");
process.once("SIGTERM", () => client.close(() => process.exit(0)));
