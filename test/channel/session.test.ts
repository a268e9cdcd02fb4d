import assert from "node:assert/strict";
import { RECORD_SIZE_MAX, SESSION_LIFETIME_MS } from "../../modules/channel/session.js";
import { pad } from "../../modules/messages/codec.js";
import type { Alarm } from "../../modules/messages/types.js";
import { ends, noted, record } from "./ends.js";
import { flipped, must, Pair, ready, ticket } from "./support.js";

describe("session", () => {
	it("opens what the other end sealed, in both directions, seq from 0", () => {
		const { station, server } = ends();
		for (let seq = 1; seq < 5; seq++) {
			const sealed = station.seal(ready);
			assert.equal(sealed.seq, seq);
			assert.deepEqual(server.open(sealed.bytes), { message: ready, seq });
		}
		for (let seq = 0; seq < 5; seq++) {
			const sealed = server.seal(noted);
			assert.equal(sealed.seq, seq);
			assert.deepEqual(station.open(sealed.bytes), { message: noted, seq });
		}
	});

	it("opens after lost records, and never an earlier or repeated one", () => {
		const { station, server } = ends();
		const records = Array.from({ length: 6 }, () => server.seal(noted).bytes) as Uint8Array[];
		const opens = (at: number) => station.open(must(records[at]))?.seq;
		assert.equal(opens(1), 1);
		assert.equal(opens(4), 4);
		for (const at of [0, 1, 2, 3, 4]) assert.equal(opens(at), undefined);
		assert.equal(opens(5), 5);
		assert.equal(station.openFailures, 5);
	});

	it("is not moved by a forged record with a large seq", () => {
		const { station, server } = ends();
		const sealed = server.seal(noted).bytes;
		const forged = sealed.slice();
		forged[15] = 0xff;
		assert.equal(station.open(forged), undefined);
		assert.equal(station.open(sealed)?.seq, 0);
	});

	it("refuses any changed byte and any cut", () => {
		const { station, server } = ends();
		const sealed = server.seal(noted).bytes;
		for (let at = 0; at < sealed.length; at++)
			assert.equal(station.open(flipped(sealed, at)), undefined);
		for (let end = 0; end < sealed.length; end++)
			assert.equal(station.open(sealed.slice(0, end)), undefined);
		assert.equal(station.open(Uint8Array.of(...sealed, 0)), undefined);
		assert.equal(station.open(new Uint8Array(RECORD_SIZE_MAX + 1)), undefined);
		assert.equal(station.openFailures, 2 * sealed.length + 2);
		assert.ok(station.open(sealed));
	});

	it("does not open its own records", () => {
		const { station, server } = ends();
		assert.equal(station.open(station.seal(ready).bytes), undefined);
		assert.equal(server.open(server.seal(noted).bytes), undefined);
	});

	it("does not open another session's records", async () => {
		const pair = new Pair();
		const one = await pair.whole();
		const two = await new Pair().whole();
		assert.equal(two.station.open(one.server.seal(noted).bytes), undefined);
		const relabelled = one.server.seal(noted).bytes;
		relabelled.set(two.station.id, 1);
		assert.equal(two.station.open(relabelled), undefined);
	});

	it("refuses a message that only the other side may send", () => {
		const { station } = ends();
		const asStation = ends();
		const words = asStation.station.seal(ready).bytes;
		assert.equal(station.open(words), undefined);
	});

	it("counts a record that opens but holds no message, and goes on", () => {
		const { station } = ends();
		for (const [seq, plaintext] of [
			new Uint8Array(0),
			new Uint8Array(64),
			new Uint8Array(63).fill(0xff),
			pad(Uint8Array.of(0xa0)),
			pad(Uint8Array.of(0x01)),
		].entries())
			assert.equal(station.open(record(seq, plaintext)), undefined);
		assert.equal(station.malformed, 5);
		assert.equal(station.openFailures, 0);
		assert.equal(station.open(record(4, new Uint8Array(64))), undefined);
		assert.equal(station.openFailures, 1);
	});

	it("makes records of four sizes only", () => {
		const { station } = ends();
		const alarm = (size: number): Alarm => ({ type: "alarm", code: "jam", text: "x".repeat(size) });
		const sizes = [0, 10, 20, 30, 40, 100, 200].map(
			(size) => station.seal(alarm(size)).bytes.length,
		);
		for (const size of sizes) assert.ok([64, 256, 1024, 4000].includes(size - 17 - 16), `${size}`);
	});

	it("gives pass and fail the same length", () => {
		const { server } = ends();
		const unit = { type: "verdict", serial: "SN-1", visit: 1, step: 0, attempt: 1 } as const;
		const pass = server.seal({ ...unit, pass: true, journal: 9 }).bytes;
		const fail = server.seal({ ...unit, pass: false, journal: 10_000 }).bytes;
		assert.equal(pass.length, fail.length);
	});

	it("never gives the same nonce, or the same bytes, to a repeated message", () => {
		const { server } = ends();
		const seen = new Set(Array.from({ length: 50 }, () => server.seal(noted).bytes.join()));
		assert.equal(seen.size, 50);
	});

	describe("before ready", () => {
		it("seals nothing at the server, tickets included", () => {
			const { server } = ends(undefined, false);
			assert.equal(server.confirmed, false);
			assert.throws(() => server.seal(noted), /before the station's ready/);
			assert.throws(() => server.sealTicket(ticket), /before the station's ready/);
			assert.equal(server.bytesSealed, 0);
		});
	});

	describe("tickets", () => {
		it("open at the station, any number of times and in any order", () => {
			const { station, server } = ends();
			const one = server.sealTicket(ticket);
			const two = server.sealTicket({ ...ticket, step: 7, from: "line-1.before" });
			assert.equal(one[0], 0x20);
			assert.notDeepEqual(one.slice(17), two.slice(17));
			assert.deepEqual(station.openTicket(two), { ...ticket, step: 7, from: "line-1.before" });
			assert.deepEqual(station.openTicket(one), ticket);
			assert.deepEqual(station.openTicket(one), ticket);
		});

		it("are refused with any byte changed, as a record, and in another session", async () => {
			const { station, server } = ends();
			const sealed = server.sealTicket(ticket);
			for (let at = 0; at < sealed.length; at++)
				assert.equal(station.openTicket(flipped(sealed, at)), undefined);
			assert.equal(station.open(sealed), undefined);
			assert.equal(station.openTicket(server.seal(noted).bytes), undefined);
			const asRecord = sealed.slice();
			asRecord[0] = 0x10;
			assert.equal(station.open(asRecord), undefined);
			const other = await new Pair().whole();
			assert.equal(other.station.openTicket(sealed), undefined);
			const relabelled = sealed.slice();
			relabelled.set(other.station.id, 1);
			assert.equal(other.station.openTicket(relabelled), undefined);
		});

		it("that open but hold none are counted", () => {
			const { station } = ends();
			assert.equal(station.openTicket(record(0, pad(Uint8Array.of(0xa0)), "ticket")), undefined);
			assert.equal(station.malformed, 1);
		});

		it("are not a station's to seal", () => {
			assert.throws(() => ends().station.sealTicket(ticket), /only the server/);
		});
	});

	describe("end", () => {
		it("comes after 24 h, at the server 60 s later", () => {
			const { station, server } = ends();
			assert.equal(station.expired(500 + SESSION_LIFETIME_MS - 1), false);
			assert.equal(station.expired(500 + SESSION_LIFETIME_MS), true);
			assert.equal(server.expired(500 + SESSION_LIFETIME_MS + 59_999), false);
			assert.equal(server.expired(500 + SESSION_LIFETIME_MS + 60_000), true);
		});

		it("comes at the greatest number of records, sealed or opened", () => {
			const { station, server } = ends(4);
			for (let i = 0; i < 4; i++) {
				assert.equal(server.expired(0), false);
				station.open(server.seal(noted).bytes);
			}
			assert.equal(server.records, 4);
			assert.equal(server.expired(0), true);
			assert.equal(station.expired(0), true);
			assert.throws(() => server.seal(noted), /used up/);
		});

		it("comes at the greatest number of tickets", () => {
			const { server } = ends(2);
			server.sealTicket(ticket);
			server.sealTicket(ticket);
			assert.equal(server.expired(0), true);
			assert.throws(() => server.sealTicket(ticket), /used up/);
		});

		it("refuses a seq of 2^32 and more", () => {
			const { station } = ends();
			const plaintext = new Uint8Array(64);
			assert.equal(station.open(record(2 ** 32, plaintext)), undefined);
			assert.equal(station.open(record(2 ** 53 - 1, plaintext)), undefined);
			assert.equal(station.malformed, 0);
			assert.equal(station.open(record(2 ** 32 - 1, plaintext)), undefined);
			assert.equal(station.malformed, 1);
			assert.equal(station.expired(0), true);
		});

		it("comes with close, which may be called twice", () => {
			const { station, server } = ends();
			const sealed = server.seal(noted).bytes;
			const sealedTicket = server.sealTicket(ticket);
			station.close();
			station.close();
			assert.equal(station.expired(0), true);
			assert.equal(station.open(sealed), undefined);
			assert.equal(station.openTicket(sealedTicket), undefined);
			assert.throws(() => station.seal(ready), /closed/);
		});
	});

	it("counts the bytes that it sealed", () => {
		const { station, server } = ends();
		const first = station.bytesSealed;
		assert.equal(station.bytesSealed, 17 + 64 + 16);
		const more = station.seal(ready).bytes.length;
		assert.equal(station.bytesSealed, first + more);
		assert.equal(server.bytesSealed, 0);
		const size = server.sealTicket(ticket).length;
		assert.equal(server.bytesSealed, size);
		assert.equal(server.records, 0);
	});
});
