import assert from "node:assert/strict";
import { decodeHello, encodeHello, type Hello } from "../../modules/channel/handshake.js";
import { Initiator } from "../../modules/channel/initiator.js";
import { Responder } from "../../modules/channel/responder.js";
import { SESSION_LIFETIME_MS } from "../../modules/channel/session.js";
import type { Secret } from "../../modules/ports/crypto.js";
import {
	credentialOf,
	crypto,
	flipped,
	must,
	OTHER_STATION,
	Pair,
	privateKey,
	ready,
	STATION,
	server,
	station,
	stationClaims,
	ticket,
} from "./support.js";

function reworked(hello: Uint8Array, changes: Partial<Hello>): Uint8Array {
	return encodeHello({ ...must(decodeHello(hello)), ...changes });
}

describe("responder", () => {
	describe("HELLO", () => {
		it("is answered again with the same WELCOME, and one RSA operation", async () => {
			const pair = new Pair();
			const hello = pair.initiator.hello();
			const [first, second] = await Promise.all([
				pair.responder.hello(STATION, hello),
				pair.responder.hello(STATION, hello),
			]);
			assert.deepEqual(second, must(first));
			assert.deepEqual(await pair.responder.hello(STATION, hello), first);
			assert.equal(pair.serverCrypto.unwraps, 1);
		});

		it("is answered again eight times and no more", async () => {
			const pair = new Pair();
			const hello = pair.initiator.hello();
			for (let i = 0; i < 9; i++) assert.ok(await pair.responder.hello(STATION, hello));
			assert.equal(await pair.responder.hello(STATION, hello), undefined);
			assert.equal(pair.responder.refused.get("repeat"), 1);
		});

		it("of a confirmed session is ignored", async () => {
			const pair = new Pair();
			const hello = pair.initiator.hello();
			const session = must(
				pair.initiator.welcome(must(await pair.responder.hello(STATION, hello)), 0),
			);
			assert.ok(pair.responder.open(STATION, session.seal(ready).bytes));
			assert.equal(await pair.responder.hello(STATION, hello), undefined);
			assert.ok(pair.responder.session(STATION));
		});

		it("must be of the topic's station", async () => {
			const pair = new Pair();
			assert.equal(await pair.responder.hello(OTHER_STATION, pair.initiator.hello()), undefined);
			assert.equal(pair.responder.refused.get("shape"), 1);
			assert.equal(await pair.responder.hello("line-1.none", pair.initiator.hello()), undefined);
			assert.equal(pair.responder.refused.get("unknown"), 1);
			assert.equal(pair.serverCrypto.unwraps, 0);
		});

		it("must be of suite 1 and of today's credentials", async () => {
			const pair = new Pair();
			const hello = pair.initiator.hello();
			for (const changes of [{ suite: 0 }, { suite: 2 }, { stationEpoch: 2 }, { serverEpoch: 6 }])
				assert.equal(await pair.responder.hello(STATION, reworked(hello, changes)), undefined);
			assert.equal(pair.responder.refused.get("shape"), 2);
			assert.equal(pair.responder.refused.get("epoch"), 2);
			assert.equal(pair.serverCrypto.unwraps, 0);
		});

		it("must be one", async () => {
			const pair = new Pair();
			const hello = pair.initiator.hello();
			const trailing = Uint8Array.of(...hello, 0);
			const long = new Uint8Array(2000);
			for (const bytes of [new Uint8Array(0), hello.slice(0, 40), trailing, long])
				assert.equal(await pair.responder.hello(STATION, bytes), undefined);
			assert.equal(pair.responder.refused.get("shape"), 4);
		});

		it("that gives an all-zero agreement is refused", async () => {
			const pair = new Pair();
			const hello = reworked(pair.initiator.hello(), { share: new Uint8Array(32) });
			assert.equal(await pair.responder.hello(STATION, hello), undefined);
			assert.equal(pair.responder.refused.get("unauthentic"), 1);
		});

		it("that does not unwrap is refused and takes no place", async () => {
			const pair = new Pair({ pendingMax: 1 });
			const hello = pair.initiator.hello();
			assert.equal(await pair.responder.hello(STATION, flipped(hello, -1)), undefined);
			assert.equal(pair.responder.refused.get("unauthentic"), 1);
			assert.ok(await pair.responder.hello(STATION, hello));
		});

		it("of someone without the station's key comes to nothing", async () => {
			const pair = new Pair();
			const thief = new Initiator({
				crypto,
				name: STATION,
				credential: station,
				server,
				unwrap: privateKey("otherStation", "unwrap"),
			});
			const welcome = must(await pair.responder.hello(STATION, thief.hello()));
			assert.equal(thief.welcome(welcome, pair.nowMs), undefined);
			assert.equal(pair.responder.session(STATION), undefined);
		});
	});

	describe("pending sessions", () => {
		it("are at most four, for 60 s, and none evicts another", async () => {
			const pair = new Pair();
			const first = pair.initiator.hello();
			const welcome = must(await pair.responder.hello(STATION, first));
			const session = must(pair.initiator.welcome(welcome, pair.nowMs));
			for (let i = 0; i < 3; i++) assert.ok(await pair.hello());
			for (let i = 0; i < 5; i++) assert.equal(await pair.hello(), undefined);
			assert.equal(pair.responder.refused.get("full"), 5);
			pair.nowMs += 59_999;
			assert.equal(await pair.hello(), undefined);
			assert.deepEqual(await pair.responder.hello(STATION, first), welcome);
			assert.ok(must(pair.responder.open(STATION, session.seal(ready).bytes)).first);
		});

		it("make place after 60 s", async () => {
			const pair = new Pair();
			const session = await pair.half();
			for (let i = 0; i < 3; i++) assert.ok(await pair.hello());
			pair.nowMs += 60_000;
			assert.equal(pair.responder.open(STATION, session.seal(ready).bytes), undefined);
			assert.ok(await pair.hello());
		});

		it("of a replayed HELLO leave the confirmed session as it is", async () => {
			const pair = new Pair();
			const old = pair.initiator.hello();
			const { station, server } = await pair.whole();
			assert.ok(await pair.responder.hello(STATION, old));
			assert.equal(pair.responder.session(STATION), server);
			assert.ok(pair.responder.open(STATION, station.seal(ready).bytes));
			assert.ok(station.open(server.seal({ type: "noted" }).bytes));
		});

		it("older than the one that is confirmed are closed, later ones stay", async () => {
			const pair = new Pair();
			const first = await pair.half();
			const second = await pair.half();
			const third = await pair.half();
			assert.ok(must(pair.responder.open(STATION, second.seal(ready).bytes)).first);
			assert.equal(pair.responder.open(STATION, first.seal(ready).bytes), undefined);
			assert.ok(must(pair.responder.open(STATION, third.seal(ready).bytes)).first);
			assert.equal(pair.responder.open(STATION, second.seal(ready).bytes), undefined);
		});
	});

	describe("confirmation", () => {
		it("needs ready: nothing is sealed before it has opened, tickets included", async () => {
			const pair = new Pair();
			const session = await pair.half();
			assert.equal(pair.responder.session(STATION), undefined);
			const opened = must(pair.responder.open(STATION, session.seal(ready).bytes));
			assert.equal(opened.first, true);
			assert.deepEqual(opened.message, ready);
			assert.equal(opened.seq, 0);
			assert.equal(pair.responder.session(STATION), opened.session);
			opened.session.sealTicket(ticket);
		});

		it("does not come from another message", async () => {
			const pair = new Pair();
			const session = await pair.half();
			const done = { type: "done", serial: "SN-1", visit: 1, step: 0 } as const;
			assert.equal(pair.responder.open(STATION, session.seal(done).bytes), undefined);
			assert.equal(pair.responder.session(STATION), undefined);
			assert.ok(must(pair.responder.open(STATION, session.seal(ready).bytes)).first);
		});

		it("retires the session before, and not earlier", async () => {
			const pair = new Pair();
			const one = await pair.whole();
			const next = await pair.half();
			assert.ok(pair.responder.open(STATION, one.station.seal(ready).bytes));
			assert.equal(one.server.closed, false);
			assert.ok(must(pair.responder.open(STATION, next.seal(ready).bytes)).first);
			assert.equal(one.server.closed, true);
			assert.equal(pair.responder.open(STATION, one.station.seal(ready).bytes), undefined);
		});

		it("happens once", async () => {
			const pair = new Pair();
			const session = await pair.half();
			const record = session.seal(ready).bytes;
			assert.equal(must(pair.responder.open(STATION, record)).first, true);
			assert.equal(pair.responder.open(STATION, record), undefined);
			assert.equal(must(pair.responder.open(STATION, session.seal(ready).bytes)).first, false);
		});
	});

	describe("records", () => {
		it("open only as those of the topic's station", async () => {
			const pair = new Pair();
			const { station } = await pair.whole();
			const other = must(await pair.responder.hello(OTHER_STATION, pair.other.hello()));
			const otherSession = must(pair.other.welcome(other, pair.nowMs));
			assert.equal(pair.responder.open(OTHER_STATION, station.seal(ready).bytes), undefined);
			assert.equal(pair.responder.open(STATION, otherSession.seal(ready).bytes), undefined);
			assert.equal(pair.responder.recordsRefused, 2);
			assert.ok(pair.responder.open(OTHER_STATION, otherSession.seal(ready).bytes));
		});

		it("that do not open are counted and end nothing", async () => {
			const pair = new Pair();
			const { station, server } = await pair.whole();
			const record = station.seal(ready).bytes;
			for (let i = 0; i < 100; i++) pair.responder.open(STATION, flipped(record, -1 - (i % 16)));
			for (const bytes of [new Uint8Array(0), Uint8Array.of(0x10), record.slice(0, 20)])
				assert.equal(pair.responder.open(STATION, bytes), undefined);
			assert.equal(pair.responder.open("line-1.none", record), undefined);
			assert.equal(pair.responder.recordsRefused, 104);
			assert.equal(pair.responder.session(STATION), server);
			assert.ok(pair.responder.open(STATION, record));
		});

		it("end with the session, after 24 h and the grace", async () => {
			const pair = new Pair();
			const { station } = await pair.whole();
			pair.nowMs += SESSION_LIFETIME_MS;
			assert.ok(station.expired(pair.nowMs));
			assert.ok(pair.responder.session(STATION));
			pair.nowMs += 60_000;
			assert.equal(pair.responder.session(STATION), undefined);
			assert.equal(pair.responder.open(STATION, station.seal(ready).bytes), undefined);
		});
	});

	describe("limits", () => {
		it("a station's HELLOs", async () => {
			const pair = new Pair({ pendingMax: 100, stationRate: { burst: 3, perSecond: 0.5 } });
			for (let i = 0; i < 3; i++) assert.ok(await pair.hello());
			assert.equal(await pair.hello(), undefined);
			assert.equal(pair.responder.refused.get("rate"), 1);
			assert.ok(await pair.responder.hello(OTHER_STATION, pair.other.hello()));
			pair.nowMs += 1999;
			assert.equal(await pair.hello(), undefined);
			pair.nowMs += 1;
			assert.ok(await pair.hello());
		});

		it("all HELLOs together; who is over the own limit takes nothing from the others", async () => {
			const pair = new Pair({
				stationRate: { burst: 1, perSecond: 0.001 },
				totalRate: { burst: 2, perSecond: 0.001 },
			});
			assert.ok(await pair.hello());
			for (let i = 0; i < 5; i++) assert.equal(await pair.hello(), undefined);
			assert.ok(await pair.responder.hello(OTHER_STATION, pair.other.hello()));
			pair.nowMs += 60_000;
			assert.equal(await pair.responder.hello(OTHER_STATION, pair.other.hello()), undefined);
		});

		it("RSA operations that wait", async () => {
			const release: (() => void)[] = [];
			const responder = new Responder({
				crypto,
				credential: server,
				unwrap: () =>
					new Promise<Secret | undefined>((done) => release.push(() => done(undefined))),
				stationCredential: () => station,
				clock: { nowMs: () => 0 },
				limits: { openingMax: 2 },
			});
			const { initiator } = new Pair();
			const waiting = [1, 2].map(() => responder.hello(STATION, initiator.hello()));
			assert.equal(await responder.hello(STATION, initiator.hello()), undefined);
			assert.equal(responder.refused.get("busy"), 1);
			for (const done of release) done();
			assert.deepEqual(await Promise.all(waiting), [undefined, undefined]);
			const next = responder.hello(STATION, initiator.hello());
			assert.equal(release.length, 3);
			release[2]?.();
			await next;
		});
	});

	describe("dropping a station", () => {
		it("closes its sessions, and the ones on their way", async () => {
			const pair = new Pair();
			const { station, server } = await pair.whole();
			const pending = await pair.half();
			const opening = pair.hello();
			pair.responder.drop(STATION);
			pair.responder.drop("line-1.none");
			assert.equal(await opening, undefined);
			assert.equal(pair.responder.refused.get("dropped"), 1);
			assert.equal(server.closed, true);
			for (const session of [station, pending])
				assert.equal(pair.responder.open(STATION, session.seal(ready).bytes), undefined);
			await pair.whole();
		});

		it("holds HELLOs against the credential of the moment", async () => {
			const pair = new Pair();
			pair.credentials.set(STATION, credentialOf({ ...stationClaims, epoch: 4 }));
			assert.equal(await pair.hello(), undefined);
			assert.equal(pair.responder.refused.get("epoch"), 1);
			pair.credentials.delete(STATION);
			assert.equal(await pair.hello(), undefined);
			assert.equal(pair.responder.refused.get("unknown"), 1);
		});

		it("is what close does to all, for good", async () => {
			const pair = new Pair();
			const { server } = await pair.whole();
			pair.responder.close();
			pair.responder.close();
			assert.equal(server.closed, true);
			assert.equal(await pair.hello(), undefined);
		});
	});

	it("passes on what the platform throws, and forgets that HELLO", async () => {
		let fail = true;
		const pair = new Pair();
		const responder = new Responder({
			crypto,
			credential: server,
			unwrap: (wrapped, label) => {
				if (fail) return Promise.reject(new Error("no threads"));
				return pair.serverCrypto.unwrapAsync(pair.serverKey, wrapped, label);
			},
			stationCredential: () => station,
			clock: { nowMs: () => 0 },
		});
		const hello = pair.initiator.hello();
		await assert.rejects(responder.hello(STATION, hello), /no threads/);
		fail = false;
		assert.ok(await responder.hello(STATION, hello));
	});
});
