/** Every secret, key pair and session key that a handshake opens is closed again: on each way out of it. */
import assert from "node:assert/strict";
import { Initiator } from "../../modules/channel/initiator.js";
import { Responder } from "../../modules/channel/responder.js";
import type {
	Agreement,
	Derived,
	DerivedKind,
	PrivateKey,
	Secret,
} from "../../modules/ports/crypto.js";
import { NodeCrypto } from "../../server/crypto.js";
import {
	flipped,
	must,
	ready,
	STATION,
	server,
	serverKey,
	station,
	stationKey,
} from "./support.js";

/** Counts the handles that it gave out and that were not closed yet; can fail at its nth derivation. */
class LeakCrypto extends NodeCrypto {
	open = 0;
	failAtDerive = -1;

	#track<T extends { close(): void }>(handle: T): T {
		this.open++;
		const close = handle.close.bind(handle);
		let closed = false;
		handle.close = () => {
			if (!closed) this.open--;
			closed = true;
			close();
		};
		return handle;
	}
	override secret(): Secret {
		return this.#track(super.secret());
	}
	override unwrap(key: PrivateKey, wrapped: Uint8Array, label: string): Secret | undefined {
		const secret = super.unwrap(key, wrapped, label);
		return secret && this.#track(secret);
	}
	override async unwrapAsync(key: PrivateKey, wrapped: Uint8Array, label: string) {
		const secret = await super.unwrapAsync(key, wrapped, label);
		return secret && this.#track(secret);
	}
	override agreement(): Agreement {
		const agreement = this.#track(super.agreement());
		const agree = agreement.agree.bind(agreement);
		agreement.agree = (peer) => {
			const secret = agree(peer);
			return secret && this.#track(secret);
		};
		return agreement;
	}
	override derive<const K extends readonly DerivedKind[]>(
		salt: Uint8Array,
		secrets: readonly Secret[],
		info: string,
		kinds: K,
	): { [I in keyof K]: Derived<K[I]> } {
		if (this.failAtDerive-- === 0) throw new Error("out of memory");
		const derived = super.derive(salt, secrets, info, kinds);
		for (const value of derived as readonly Derived<DerivedKind>[])
			if (!(value instanceof Uint8Array)) this.#track(value);
		return derived;
	}
}

class Leaky {
	readonly stationCrypto = new LeakCrypto();
	readonly serverCrypto = new LeakCrypto();
	readonly initiator = new Initiator({
		crypto: this.stationCrypto,
		name: STATION,
		credential: station,
		server,
		unwrap: stationKey,
	});
	readonly responder = new Responder({
		crypto: this.serverCrypto,
		credential: server,
		unwrap: (wrapped, label) => this.serverCrypto.unwrapAsync(serverKey, wrapped, label),
		stationCredential: () => station,
		clock: { nowMs: () => 0 },
	});
	welcome() {
		return this.responder.hello(STATION, this.initiator.hello());
	}
	assertOpen(stationHandles: number, serverHandles: number) {
		const { stationCrypto, serverCrypto } = this;
		assert.deepEqual([stationCrypto.open, serverCrypto.open], [stationHandles, serverHandles]);
	}
}

/** A session keeps three AEAD keys; a HELLO k_c and a key pair. */
const SESSION = 3;
const HELLO = 2;

describe("handles of a handshake", () => {
	it("are the session's keys alone when it is made, and none when it is closed", async () => {
		const leaky = new Leaky();
		const welcome = must(await leaky.welcome());
		leaky.assertOpen(HELLO, SESSION);
		const session = must(leaky.initiator.welcome(welcome, 0));
		leaky.assertOpen(SESSION, SESSION);
		const opened = must(leaky.responder.open(STATION, session.seal(ready).bytes));
		leaky.assertOpen(SESSION, SESSION);
		session.close();
		opened.session.close();
		leaky.assertOpen(0, 0);
	});

	it("of an abandoned HELLO and of an older session are closed", async () => {
		const leaky = new Leaky();
		for (let i = 0; i < 3; i++) {
			const welcome = must(await leaky.welcome());
			const session = must(leaky.initiator.welcome(welcome, 0));
			leaky.responder.open(STATION, session.seal(ready).bytes);
			session.close();
			leaky.initiator.hello();
			leaky.assertOpen(HELLO, SESSION);
		}
		leaky.initiator.close();
		leaky.responder.close();
		leaky.assertOpen(0, 0);
	});

	it("are closed after a forged WELCOME", async () => {
		const leaky = new Leaky();
		const welcome = must(await leaky.welcome());
		leaky.initiator.welcome(flipped(welcome, -1), 0);
		leaky.initiator.welcome(flipped(welcome, -60), 0);
		leaky.assertOpen(HELLO, SESSION);
	});

	it("are closed after a HELLO whose key exchange fails", async () => {
		const leaky = new Leaky();
		const hello = leaky.initiator.hello();
		await leaky.responder.hello(STATION, flipped(hello, -1));
		leaky.assertOpen(HELLO, 0);
	});

	it("are closed when the platform fails halfway", async () => {
		for (let at = 0; at < 4; at++) {
			const leaky = new Leaky();
			leaky.serverCrypto.failAtDerive = at;
			await assert.rejects(leaky.welcome(), /out of memory/);
			leaky.assertOpen(HELLO, 0);
			const welcome = must(await leaky.welcome());
			leaky.stationCrypto.failAtDerive = at;
			assert.throws(() => leaky.initiator.welcome(welcome, 0), /out of memory/);
			leaky.assertOpen(HELLO, SESSION);
		}
	});
});
