/**
 * The station's side of the handshake (docs/protocol.md §5).
 *
 *   idle ──hello()──▶ pending ──welcome(): genuine──▶ idle, a Session given out
 *                      │  ▲ └──welcome(): not this HELLO's──▶ pending, nothing spent
 *                      │  └────welcome(): forged──▶ pending, one of two tries spent
 *                      └──hello()──▶ pending, starting anew
 *
 * A WELCOME whose HELLO digest, suite or name is not the one asked for is ignored before any RSA operation, and nothing
 * that arrives ends a handshake: only the caller's timer does, by calling `hello` again. Otherwise late or
 * forged WELCOMEs keep a station from ever getting a session.
 *
 * Left out: when to call `hello` and how long to wait, which is the station's link.
 */
import { sameBytes } from "../bytes/bytes.js";
import type { Agreement, Crypto, PrivateKey, PublicKey, Secret } from "../ports/crypto.js";
import type { Credential } from "./credential.js";
import {
	closeKeys,
	decodeBody,
	decodeWelcome,
	deriveKeys,
	encodeHello,
	HELLO_LABEL,
	HELLO_NONCE_SIZE,
	SUITE,
	transcript,
	WELCOME_LABEL,
	type WelcomeBody,
} from "./handshake.js";
import { Session, type StationSession } from "./session.js";

/** RSA private operations for one HELLO: room for one forgery before the genuine WELCOME, no more. */
export const UNWRAPS_PER_HELLO_MAX = 2;

export interface InitiatorOptions {
	readonly crypto: Crypto;
	/** `<line>.<station>`. */
	readonly name: string;
	/** This station's own. */
	readonly credential: Credential;
	/** The server's, verified. */
	readonly server: Credential;
	/** The private half of `credential.kem`; stays the caller's. */
	readonly unwrap: PrivateKey;
}

interface Pending {
	readonly helloDigest: Uint8Array;
	readonly secret: Secret;
	readonly agreement: Agreement;
	unwraps: number;
}

export class Initiator {
	readonly #options: InitiatorOptions;
	readonly #serverKey: PublicKey;
	#pending: Pending | undefined;
	#closed = false;

	/** @throws CryptoError `key` where `server.kem` is not an RSA public key. */
	constructor(options: InitiatorOptions) {
		this.#options = options;
		this.#serverKey = options.crypto.publicKey(options.server.kem, "wrap");
	}

	/** A HELLO has been made and its genuine WELCOME has not come. */
	get pending(): boolean {
		return this.#pending !== undefined;
	}

	/** Starts anew: an earlier HELLO is abandoned. @returns HELLO, to be published on `up`. */
	hello(): Uint8Array {
		if (this.#closed) throw new Error("the initiator is closed");
		this.#abandon();
		const { crypto, name, credential, server } = this.#options;
		const secret = crypto.secret();
		let agreement: Agreement | undefined;
		try {
			agreement = crypto.agreement();
			const hello = encodeHello({
				suite: SUITE,
				name,
				stationEpoch: credential.epoch,
				serverEpoch: server.epoch,
				nonce: crypto.random(HELLO_NONCE_SIZE),
				share: agreement.publicKey,
				wrapped: crypto.wrap(this.#serverKey, secret, HELLO_LABEL),
			});
			this.#pending = { helloDigest: crypto.sha256(hello), secret, agreement, unwraps: 0 };
			return hello;
		} catch (error) {
			secret.close();
			agreement?.close();
			throw error;
		}
	}

	/**
	 * @param bytes - whatever came on `down` that is no record.
	 * @param nowMs - the monotonic clock's reading: the session's 24 h start here.
	 * @returns the session, or `undefined` where this is not the genuine answer to the last HELLO; the handshake
	 *   then goes on.
	 */
	welcome(bytes: Uint8Array, nowMs: number): StationSession | undefined {
		const pending = this.#pending;
		if (!pending) return undefined;
		const welcome = decodeWelcome(bytes);
		const body = welcome && decodeBody(welcome.body);
		if (!welcome || !body || !this.#isAnswer(body, pending)) return undefined;
		if (pending.unwraps >= UNWRAPS_PER_HELLO_MAX) return undefined;
		pending.unwraps++;
		const session = this.#derive(welcome, body, pending, nowMs);
		if (session) this.#abandon();
		return session;
	}

	/** Wipes what a pending handshake holds. May be called twice. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#abandon();
		this.#serverKey.close();
	}

	#isAnswer(body: WelcomeBody, pending: Pending): boolean {
		return (
			body.suite === SUITE &&
			body.name === this.#options.name &&
			sameBytes(body.helloDigest, pending.helloDigest) &&
			body.wrapped.length === this.#options.unwrap.size
		);
	}

	#derive(
		welcome: { body: Uint8Array; confirm: Uint8Array },
		body: WelcomeBody,
		pending: Pending,
		nowMs: number,
	): StationSession | undefined {
		const { crypto, credential, server, unwrap } = this.#options;
		const shared = pending.agreement.agree(body.share);
		let secret: Secret | undefined;
		try {
			secret = shared && crypto.unwrap(unwrap, body.wrapped, WELCOME_LABEL);
			if (!shared || !secret) return undefined;
			const th = transcript(crypto, {
				station: credential.digest,
				server: server.digest,
				hello: pending.helloDigest,
				body: crypto.sha256(welcome.body),
			});
			const { keys, confirm } = deriveKeys(crypto, th, [pending.secret, secret, shared]);
			if (crypto.equal(confirm, welcome.confirm))
				return new Session({ role: "station", id: body.sessionId, keys, startedMs: nowMs });
			closeKeys(keys);
			return undefined;
		} finally {
			secret?.close();
			shared?.close();
		}
	}

	#abandon(): void {
		this.#pending?.secret.close();
		this.#pending?.agreement.close();
		this.#pending = undefined;
	}
}
