/**
 * The handshake's two messages and its key schedule (docs/protocol.md §5).
 *
 *   HELLO   = [1, suite, station name, station epoch, server epoch, n_c, x_c, OAEP(server.kem, k_c)]
 *   body    = [suite, station name, session id(8), SHA-256(HELLO), n_s, x_s, OAEP(station.kem, k_s)]
 *   WELCOME = [2, bstr(body), confirm(32)]
 *   th      = SHA-256( SHA-256(station credential) ‖ SHA-256(server credential) ‖ SHA-256(HELLO) ‖ SHA-256(body) )
 *   keys    = HKDF(salt = th, ikm = k_c ‖ k_s ‖ X25519, info = "interlock/1 <output>"), see `deriveKeys`
 *   confirm = HMAC-SHA-256(confirm key, th)
 *
 * The shape is KEMTLS-PDK's (Schwabe, Stebila, Wiggers, ESORICS 2021). Parsing checks shapes and sizes only; what
 * a value must be is for initiator.ts and responder.ts.
 */
import type { CborValue } from "../cbor/cbor.js";
import { encode } from "../cbor/encode.js";
import {
	type Aead,
	type Crypto,
	DIGEST_SIZE,
	RSA_BITS_MAX,
	RSA_BITS_MIN,
	type Secret,
	X25519_SIZE,
} from "../ports/crypto.js";
import { decodeOrNothing } from "./cose.js";

/** The only suite: RSA-OAEP-SHA-256, X25519, HKDF-SHA-256, AES-256-GCM. Suite 0 is refused (§10). */
export const SUITE = 1;
export const HELLO_TYPE = 1;
export const WELCOME_TYPE = 2;
export const SESSION_ID_SIZE = 8;
export const HELLO_NONCE_SIZE = 32;
export const CONFIRM_SIZE = 32;
export const HELLO_LABEL = "interlock/1 hello";
export const WELCOME_LABEL = "interlock/1 welcome";
/** The most bytes of either message: a 4,096-bit wrapped key and a 65-character name give below 720. */
export const HANDSHAKE_SIZE_MAX = 1024;

export interface Hello {
	readonly suite: number;
	readonly name: string;
	readonly stationEpoch: number;
	readonly serverEpoch: number;
	/** 32 bytes. */
	readonly nonce: Uint8Array;
	/** X25519 public key, 32 bytes. */
	readonly share: Uint8Array;
	/** k_c wrapped to the server, 256 to 512 bytes. */
	readonly wrapped: Uint8Array;
}

export interface WelcomeBody {
	readonly suite: number;
	readonly name: string;
	readonly sessionId: Uint8Array;
	readonly helloDigest: Uint8Array;
	readonly nonce: Uint8Array;
	readonly share: Uint8Array;
	/** k_s wrapped to the station, 256 to 512 bytes. */
	readonly wrapped: Uint8Array;
}

export function encodeHello(hello: Hello): Uint8Array {
	const { suite, name, stationEpoch, serverEpoch, nonce, share, wrapped } = hello;
	return encode([HELLO_TYPE, suite, name, stationEpoch, serverEpoch, nonce, share, wrapped]);
}

/** @returns `undefined` where the bytes are not a HELLO. */
export function decodeHello(bytes: Uint8Array): Hello | undefined {
	const parts = decodeArray(bytes, 8);
	if (!parts || parts[0] !== HELLO_TYPE) return undefined;
	const [, suite, name, stationEpoch, serverEpoch, nonce, share, wrapped] = parts;
	if (!isWhole(suite) || typeof name !== "string") return undefined;
	if (!isWhole(stationEpoch) || !isWhole(serverEpoch)) return undefined;
	if (!isBytes(nonce, HELLO_NONCE_SIZE) || !isBytes(share, X25519_SIZE)) return undefined;
	if (!isWrapped(wrapped)) return undefined;
	return { suite, name, stationEpoch, serverEpoch, nonce, share, wrapped };
}

export function encodeBody(body: WelcomeBody): Uint8Array {
	const { suite, name, sessionId, helloDigest, nonce, share, wrapped } = body;
	return encode([suite, name, sessionId, helloDigest, nonce, share, wrapped]);
}

/** @returns `undefined` where the bytes are not a WELCOME's body. */
export function decodeBody(bytes: Uint8Array): WelcomeBody | undefined {
	const parts = decodeArray(bytes, 7);
	if (!parts) return undefined;
	const [suite, name, sessionId, helloDigest, nonce, share, wrapped] = parts;
	if (!isWhole(suite) || typeof name !== "string") return undefined;
	if (!isBytes(sessionId, SESSION_ID_SIZE) || !isBytes(helloDigest, DIGEST_SIZE)) return undefined;
	if (!isBytes(nonce, HELLO_NONCE_SIZE) || !isBytes(share, X25519_SIZE)) return undefined;
	if (!isWrapped(wrapped)) return undefined;
	return { suite, name, sessionId, helloDigest, nonce, share, wrapped };
}

export function encodeWelcome(body: Uint8Array, confirm: Uint8Array): Uint8Array {
	return encode([WELCOME_TYPE, body, confirm]);
}

/** @returns `undefined` where the bytes are not a WELCOME; its body is not looked into. */
export function decodeWelcome(
	bytes: Uint8Array,
): { body: Uint8Array; confirm: Uint8Array } | undefined {
	const parts = decodeArray(bytes, 3);
	if (!parts || parts[0] !== WELCOME_TYPE) return undefined;
	const [, body, confirm] = parts;
	if (!(body instanceof Uint8Array) || !isBytes(confirm, CONFIRM_SIZE)) return undefined;
	return { body, confirm };
}

/** `th`. Each argument is a SHA-256, 32 bytes. */
export function transcript(
	crypto: Crypto,
	digests: { station: Uint8Array; server: Uint8Array; hello: Uint8Array; body: Uint8Array },
): Uint8Array {
	return crypto.sha256(digests.station, digests.server, digests.hello, digests.body);
}

/** One direction's key and its 12-byte IV, which is XORed with a counter to give nonces. */
export interface KeyAndIv {
	readonly aead: Aead;
	readonly iv: Uint8Array;
}

/** `up`: records from the station. `down`: records from the server. `ticket`: tickets for the station. */
export interface SessionKeys {
	readonly up: KeyAndIv;
	readonly down: KeyAndIv;
	readonly ticket: KeyAndIv;
}

/**
 * Derives what a session needs. The secrets stay the caller's, to close.
 *
 * @param th - 32 bytes.
 * @param secrets - k_c, k_s, X25519 result.
 * @returns the session's keys, which its Session closes, and `confirm` (32 bytes).
 */
export function deriveKeys(
	crypto: Crypto,
	th: Uint8Array,
	secrets: readonly [Secret, Secret, Secret],
): { keys: SessionKeys; confirm: Uint8Array } {
	const [mac] = crypto.derive(th, secrets, "interlock/1 confirm", ["mac"]);
	const pairs: KeyAndIv[] = [];
	try {
		const confirm = mac.compute(th);
		for (const output of ["up", "down", "ticket"]) {
			const [aead, iv] = crypto.derive(th, secrets, `interlock/1 ${output}`, ["aead", "iv"]);
			pairs.push({ aead, iv });
		}
		const [up, down, ticket] = pairs as [KeyAndIv, KeyAndIv, KeyAndIv];
		return { keys: { up, down, ticket }, confirm };
	} catch (error) {
		for (const { aead } of pairs) aead.close();
		throw error;
	} finally {
		mac.close();
	}
}

export function closeKeys(keys: SessionKeys): void {
	keys.up.aead.close();
	keys.down.aead.close();
	keys.ticket.aead.close();
}

function decodeArray(bytes: Uint8Array, length: number): readonly CborValue[] | undefined {
	if (bytes.length > HANDSHAKE_SIZE_MAX) return undefined;
	const value = decodeOrNothing(bytes);
	return Array.isArray(value) && value.length === length ? value : undefined;
}

function isWhole(value: CborValue | undefined): value is number {
	return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isBytes(value: CborValue | undefined, size: number): value is Uint8Array {
	return value instanceof Uint8Array && value.length === size;
}

function isWrapped(value: CborValue | undefined): value is Uint8Array {
	if (!(value instanceof Uint8Array)) return false;
	return value.length >= RSA_BITS_MIN / 8 && value.length <= RSA_BITS_MAX / 8;
}
