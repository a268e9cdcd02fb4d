/**
 * Runs on XS: the station's end of test/vectors/channel/session.json, over PSA Crypto. The key store holds the station's key as
 * `kem`; the key-value domain `config` holds the vectors by name, records as JSON under `r0`, `r1`, ... Throws where something
 * differs.
 */
import { fromUtf8, hex } from "../../modules/bytes/bytes.js";
import { verifyCredential } from "../../modules/channel/credential.js";
import { Initiator } from "../../modules/channel/initiator.js";
import { PsaCrypto } from "../../modules/crypto/crypto.js";
import { DeviceKeyValue } from "../../modules/device/storage.js";
import { decodeMessage, decodeTicket, encodeTicket, unpad } from "../../modules/messages/codec.js";
import type { Agreement, PublicKey, Secret } from "../../modules/ports/crypto.js";
import { unhex } from "./crypto-operations.js";

interface SealedVector {
	readonly kind: "up" | "down" | "ticket";
	readonly counter: number;
	readonly plaintext: string;
	readonly bytes: string;
}

const vectors = new DeviceKeyValue("config");
const bytes = (key: string) => must(vectors.read(key), key);
const text = (key: string) => fromUtf8(bytes(key)) as string;

function same(actual: Uint8Array | undefined, expected: Uint8Array, what: string): void {
	if (!actual || hex(actual) !== hex(expected)) throw new Error(`${what} differs`);
	trace(`@same ${what}\n`);
}

function must<T>(value: T | undefined, what: string): T {
	if (value === undefined) throw new Error(`${what} was refused`);
	return value;
}

/** Draws what the vectors drew. */
class ScriptedCrypto extends PsaCrypto {
	override random(_size: number): Uint8Array {
		return bytes("nc");
	}
	override secret(): Secret {
		return this.importSecret(bytes("kc"));
	}
	override agreement(): Agreement {
		return this.importAgreement(bytes("scalar"));
	}
	override wrap(_key: PublicKey, _secret: Secret, _label: string): Uint8Array {
		return bytes("wrapped");
	}
}

const crypto = new ScriptedCrypto();
const roots = [crypto.publicKey(bytes("root"), "verify")];
const base = { crypto, roots, epochFloor: 0, timeFloorS: 0 };
const initiator = new Initiator({
	crypto,
	name: text("name"),
	credential: verifyCredential({ ...base, bytes: bytes("cred") }),
	server: verifyCredential({ ...base, bytes: bytes("server"), subject: "server" }),
	unwrap: crypto.privateKey("kem", "unwrap"),
});

same(initiator.hello(), bytes("hello"), "HELLO");
const forged = bytes("welcome");
forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1;
if (initiator.welcome(forged, 0)) throw new Error("took a forged WELCOME");
const session = must(initiator.welcome(bytes("welcome"), 0), "WELCOME");

for (let i = 0; vectors.read(`r${i}`); i++) {
	const { kind, counter, plaintext, bytes: sealed } = JSON.parse(text(`r${i}`)) as SealedVector;
	const content = unpad(unhex(plaintext));
	const what = `${kind} ${counter}`;
	if (kind === "up") {
		while (session.records < counter) session.seal({ type: "alarm", code: "x", text: "" });
		same(session.seal(decodeMessage(content, "station")).bytes, unhex(sealed), what);
	} else if (kind === "ticket") {
		const ticket = must(session.openTicket(unhex(sealed)), what);
		same(encodeTicket(ticket), encodeTicket(decodeTicket(content)), what);
	} else {
		const { message, seq } = must(session.open(unhex(sealed)), what);
		if (seq !== counter || message.type !== decodeMessage(content, "server").type)
			throw new Error(`${what} differs`);
		if (session.open(unhex(sealed))) throw new Error(`${what} opened twice`);
		trace(`@same ${what}\n`);
	}
}
session.close();
initiator.close();
