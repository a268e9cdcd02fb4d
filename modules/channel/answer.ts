/**
 * The server's answer to one HELLO (docs/protocol.md §5): WELCOME and the session that it promises. Which HELLOs are
 * answered is for responder.ts.
 */
import type { Crypto, Secret } from "../ports/crypto.js";
import type { Credential } from "./credential.js";
import {
	deriveKeys,
	encodeBody,
	encodeWelcome,
	HELLO_NONCE_SIZE,
	type Hello,
	SUITE,
	transcript,
	WELCOME_LABEL,
} from "./handshake.js";
import { type ServerSession, Session } from "./session.js";

export interface HelloRequest {
	readonly hello: Hello;
	/** SHA-256 of the HELLO as it came. */
	readonly helloDigest: Uint8Array;
	/** k_c; stays the caller's, to close. */
	readonly helloSecret: Secret;
	/** 8 random bytes. */
	readonly sessionId: Uint8Array;
	readonly station: Credential;
	readonly server: Credential;
}

export interface Answer {
	readonly welcome: Uint8Array;
	/** Not confirmed yet: it seals nothing before `ready` has opened in it. */
	readonly session: ServerSession;
}

/** @returns `undefined` where the X25519 result is all zero. */
export function answerHello(
	crypto: Crypto,
	request: HelloRequest,
	nowMs: number,
): Answer | undefined {
	const { hello, helloDigest, helloSecret, sessionId, station, server } = request;
	const agreement = crypto.agreement();
	const shared = agreement.agree(hello.share);
	const share = agreement.publicKey;
	agreement.close();
	if (!shared) return undefined;
	const secret = crypto.secret();
	try {
		const body = encodeBody({
			suite: SUITE,
			name: hello.name,
			sessionId,
			helloDigest,
			nonce: crypto.random(HELLO_NONCE_SIZE),
			share,
			wrapped: wrapTo(crypto, station, secret),
		});
		const th = transcript(crypto, {
			station: station.digest,
			server: server.digest,
			hello: helloDigest,
			body: crypto.sha256(body),
		});
		const { keys, confirm } = deriveKeys(crypto, th, [helloSecret, secret, shared]);
		const options = { role: "server", id: sessionId, keys, startedMs: nowMs } as const;
		const session: ServerSession = new Session(options);
		return { welcome: encodeWelcome(body, confirm), session };
	} finally {
		secret.close();
		shared.close();
	}
}

function wrapTo(crypto: Crypto, station: Credential, secret: Secret): Uint8Array {
	const key = crypto.publicKey(station.kem, "wrap");
	try {
		return crypto.wrap(key, secret, WELCOME_LABEL);
	} finally {
		key.close();
	}
}
