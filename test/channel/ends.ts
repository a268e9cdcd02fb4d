/** Both ends of one session with known keys, and records made by hand for it. */
import { bigEndian } from "../../modules/bytes/bytes.js";
import type { SessionKeys } from "../../modules/channel/handshake.js";
import {
	RECORD_KIND,
	type ServerSession,
	Session,
	type StationSession,
	TICKET_KIND,
} from "../../modules/channel/session.js";
import { crypto, must, ready } from "./support.js";

export const noted = { type: "noted" } as const;
const id = Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1);
const iv = (last: number) => Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, last);
const raw = (fill: number) => new Uint8Array(32).fill(fill);

function keys(): SessionKeys {
	return {
		up: { aead: crypto.importAead(raw(1)), iv: iv(1) },
		down: { aead: crypto.importAead(raw(2)), iv: iv(2) },
		ticket: { aead: crypto.importAead(raw(3)), iv: iv(3) },
	};
}

/** Confirmed unless asked otherwise. */
export function ends(
	recordsMax?: number,
	confirmed = true,
): { station: StationSession; server: ServerSession } {
	const base = { id, startedMs: 500, ...(recordsMax === undefined ? {} : { recordsMax }) };
	const station: StationSession = new Session({ role: "station", keys: keys(), ...base });
	const server: ServerSession = new Session({ role: "server", keys: keys(), ...base });
	if (confirmed) must(server.open(station.seal(ready).bytes));
	return { station, server };
}

/** A record, or a ticket, over any plaintext. */
export function record(
	seq: number,
	plaintext: Uint8Array,
	key: keyof SessionKeys = "down",
): Uint8Array {
	const { aead, iv } = keys()[key];
	const kind = key === "ticket" ? TICKET_KIND : RECORD_KIND;
	const header = Uint8Array.of(kind, ...id, ...bigEndian(seq, 8));
	const nonce = iv.map((byte, i) => (i < 4 ? byte : byte ^ (header[5 + i] as number)));
	return Uint8Array.of(...header, ...aead.seal(nonce, header, plaintext));
}
