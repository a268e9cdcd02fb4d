import assert from "node:assert/strict";
import {
	decodeBody,
	decodeHello,
	decodeWelcome,
	encodeBody,
	encodeWelcome,
	type WelcomeBody,
} from "../../modules/channel/handshake.js";
import { Initiator, UNWRAPS_PER_HELLO_MAX } from "../../modules/channel/initiator.js";
import {
	credentialOf,
	flipped,
	must,
	Pair,
	ready,
	STATION,
	serverClaims,
	station,
	stationKey,
} from "./support.js";

/** The WELCOME with its body changed and its `confirm` left as it was. */
function reworked(welcome: Uint8Array, changes: Partial<WelcomeBody>): Uint8Array {
	const { body, confirm } = must(decodeWelcome(welcome));
	return encodeWelcome(encodeBody({ ...must(decodeBody(body)), ...changes }), confirm);
}

/** X25519 public keys whose every agreement is all zero (RFC 7748 §6.1; order 1, 2, 4 and 8). */
const LOW_ORDER = [
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map((text) => new Uint8Array(Buffer.from(text, "hex")));

describe("initiator", () => {
	it("makes a session of the server's answer, with one RSA private operation", async () => {
		const pair = new Pair();
		assert.equal(pair.initiator.pending, false);
		const welcome = must(await pair.hello());
		assert.equal(pair.initiator.pending, true);
		const session = must(pair.initiator.welcome(welcome, pair.nowMs));
		assert.equal(pair.initiator.pending, false);
		assert.equal(pair.stationCrypto.unwraps, 1);
		const opened = must(pair.responder.open(STATION, session.seal(ready).bytes));
		const answer = opened.session.seal({ type: "noted" });
		assert.deepEqual(session.open(answer.bytes), { message: { type: "noted" }, seq: 0 });
	});

	it("names itself, the suite and both epochs in HELLO", () => {
		const hello = must(decodeHello(new Pair().initiator.hello()));
		assert.equal(hello.suite, 1);
		assert.equal(hello.name, STATION);
		assert.equal(hello.stationEpoch, 3);
		assert.equal(hello.serverEpoch, 5);
	});

	it("makes every HELLO of fresh randomness", () => {
		const { initiator } = new Pair();
		const first = must(decodeHello(initiator.hello()));
		const second = must(decodeHello(initiator.hello()));
		assert.notDeepEqual(first.nonce, second.nonce);
		assert.notDeepEqual(first.share, second.share);
		assert.notDeepEqual(first.wrapped, second.wrapped);
	});

	it("ignores a late WELCOME before any RSA operation, and takes the right one after it", async () => {
		const pair = new Pair();
		const late = must(await pair.hello());
		const welcome = must(await pair.hello());
		for (let i = 0; i < 50; i++) assert.equal(pair.initiator.welcome(late, pair.nowMs), undefined);
		assert.equal(pair.stationCrypto.unwraps, 0);
		assert.equal(pair.initiator.pending, true);
		assert.ok(pair.initiator.welcome(welcome, pair.nowMs));
	});

	it("ignores a WELCOME of another suite, name or HELLO before any RSA operation", async () => {
		const pair = new Pair();
		const welcome = must(await pair.hello());
		for (const changes of [
			{ suite: 0 },
			{ suite: 2 },
			{ name: "line-1.other" },
			{ helloDigest: new Uint8Array(32) },
			{ wrapped: new Uint8Array(384) },
		])
			assert.equal(pair.initiator.welcome(reworked(welcome, changes), pair.nowMs), undefined);
		assert.equal(pair.stationCrypto.unwraps, 0);
		assert.ok(pair.initiator.welcome(welcome, pair.nowMs));
	});

	it("does not take the WELCOME of another station's HELLO", async () => {
		const pair = new Pair();
		pair.initiator.hello();
		const other = must(await pair.responder.hello("line-1.test", pair.other.hello()));
		assert.equal(pair.initiator.welcome(other, pair.nowMs), undefined);
		assert.ok(pair.other.welcome(other, pair.nowMs));
	});

	it("refuses a WELCOME with any byte changed, and goes on waiting", async () => {
		const pair = new Pair({ stationRate: { burst: 1000, perSecond: 1 }, pendingMs: 1 });
		const { length } = must(await pair.hello());
		for (let at = 0; at < length; at += 3) {
			pair.nowMs += 1;
			const welcome = must(await pair.hello());
			assert.equal(pair.initiator.welcome(flipped(welcome, at), pair.nowMs), undefined, `${at}`);
			assert.ok(pair.initiator.welcome(welcome, pair.nowMs));
		}
	});

	it("does at most two RSA private operations for one HELLO", async () => {
		const pair = new Pair();
		const welcome = must(await pair.hello());
		for (let i = 0; i < 10; i++)
			assert.equal(pair.initiator.welcome(flipped(welcome, -1 - i), pair.nowMs), undefined);
		assert.equal(pair.stationCrypto.unwraps, UNWRAPS_PER_HELLO_MAX);
		assert.equal(pair.initiator.welcome(welcome, pair.nowMs), undefined);
		assert.equal(pair.initiator.pending, true);
		const again = must(await pair.hello());
		assert.ok(pair.initiator.welcome(again, pair.nowMs));
		assert.equal(pair.stationCrypto.unwraps, UNWRAPS_PER_HELLO_MAX + 1);
	});

	it("takes the genuine WELCOME after one forgery", async () => {
		const pair = new Pair();
		const welcome = must(await pair.hello());
		assert.equal(pair.initiator.welcome(flipped(welcome, -1), pair.nowMs), undefined);
		assert.ok(pair.initiator.welcome(welcome, pair.nowMs));
	});

	for (const [at, share] of LOW_ORDER.entries())
		it(`refuses an all-zero agreement (${at})`, async () => {
			const pair = new Pair();
			const welcome = must(await pair.hello());
			assert.equal(pair.initiator.welcome(reworked(welcome, { share }), pair.nowMs), undefined);
			assert.equal(pair.stationCrypto.unwraps, 0);
			assert.ok(pair.initiator.welcome(welcome, pair.nowMs));
		});

	it("compares confirm in constant time", async () => {
		const pair = new Pair();
		const welcome = must(await pair.hello());
		pair.initiator.welcome(flipped(welcome, -1), pair.nowMs);
		pair.initiator.welcome(welcome, pair.nowMs);
		assert.equal(pair.stationCrypto.equals, 2);
	});

	it("takes a WELCOME once only", async () => {
		const pair = new Pair();
		const welcome = must(await pair.hello());
		assert.ok(pair.initiator.welcome(welcome, pair.nowMs));
		assert.equal(pair.initiator.welcome(welcome, pair.nowMs), undefined);
	});

	it("does not accept a server that has another credential", async () => {
		const pair = new Pair();
		const initiator = new Initiator({
			crypto: pair.stationCrypto,
			name: STATION,
			credential: station,
			server: credentialOf({ ...serverClaims, expiresS: serverClaims.expiresS + 1 }),
			unwrap: stationKey,
		});
		const welcome = must(await pair.responder.hello(STATION, initiator.hello()));
		assert.equal(initiator.welcome(welcome, pair.nowMs), undefined);
	});

	it("ignores bytes that are no WELCOME", () => {
		const { initiator } = new Pair();
		const hello = initiator.hello();
		for (const bytes of [
			new Uint8Array(0),
			Uint8Array.of(0x80),
			Uint8Array.of(0x10, 1, 2, 3),
			hello,
			new Uint8Array(5000),
		])
			assert.equal(initiator.welcome(bytes, 0), undefined);
	});

	it("wipes its ephemeral keys: a closed or abandoned HELLO cannot be answered", async () => {
		const pair = new Pair();
		const welcome = must(await pair.hello());
		pair.initiator.close();
		pair.initiator.close();
		assert.equal(pair.initiator.pending, false);
		assert.equal(pair.initiator.welcome(welcome, pair.nowMs), undefined);
		assert.throws(() => pair.initiator.hello(), /closed/);
	});
});
