/**
 * The plain side's sender in bench/transfer.ts: a file in pieces of 4 KiB, to whoever asks for it, as the server
 * publishes blocks (QoS 0, the project's MQTT client). Arguments: the broker's address, the directory with
 * `file-<size>`.
 *
 * Broker and client drop what they have no room for; so that nothing is lost the receiver says how much it has taken,
 * and at most {@link AHEAD_PIECES} are on their way.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connectPlain, PLAIN_DOWN, PLAIN_UP } from "../plain-client.js";
import { CREDIT_PIECES, sizeAskedFor } from "./credit.js";

const PIECE_SIZE = 4096;
const AHEAD_PIECES = 4 * CREDIT_PIECES;

const [url = "", directory = ""] = process.argv.slice(2);
let bytes = Buffer.alloc(0);
let next = 0;
let allowed = 0;

function go(): void {
	while (next < bytes.length && next < allowed * PIECE_SIZE) {
		const piece = new Uint8Array(bytes.subarray(next, next + PIECE_SIZE));
		// There is room again when `go` is called next.
		if (!client.publish(PLAIN_DOWN, piece)) return;
		next += piece.length;
	}
}

function take(word: Uint8Array): void {
	const size = sizeAskedFor(word);
	if (size > 0) {
		bytes = readFileSync(join(directory, `file-${size}`));
		next = 0;
		allowed = AHEAD_PIECES;
	} else allowed += CREDIT_PIECES;
	go();
}

const client = await connectPlain(url, "bench-sender", PLAIN_UP, take, go);
process.send?.("ready");
process.once("SIGTERM", () => client.close(() => process.exit(0)));
