/** Both ends against session.json, whose generator shares no code with them (test/vectors/channel/generate.mjs). */
import assert from "node:assert/strict";
import { deriveKeys, transcript } from "../../modules/channel/handshake.js";
import type { ServerSession, StationSession } from "../../modules/channel/session.js";
import { decodeMessage, decodeTicket, unpad } from "../../modules/messages/codec.js";
import type { Secret } from "../../modules/ports/crypto.js";
import { unhex } from "../cbor/support.js";
import { bytes, credential, initiator, responder, server, vectors } from "./scripted.js";
import { crypto, flipped, must } from "./support.js";

async function ends(): Promise<{ station: StationSession; server: ServerSession }> {
	const end = initiator();
	end.hello();
	const station = must(end.welcome(bytes("welcome"), 0));
	const other = responder();
	await other.hello(vectors.name, bytes("hello"));
	const first = must(vectors.records.find(({ kind }) => kind === "up"));
	return { station, server: must(other.open(vectors.name, unhex(first.bytes))).session };
}

describe("channel vectors", () => {
	it("derive th, every key and iv, and confirm", () => {
		const th = transcript(crypto, {
			station: credential.digest,
			server: server.digest,
			hello: crypto.sha256(bytes("hello")),
			body: crypto.sha256(bytes("body")),
		});
		assert.deepEqual(th, bytes("th"));
		const secrets = ["kc", "ks", "shared"].map((name) => crypto.importSecret(bytes(name)));
		const { keys, confirm } = deriveKeys(crypto, th, secrets as [Secret, Secret, Secret]);
		assert.deepEqual(confirm, bytes("confirm"));
		for (const output of ["up", "down", "ticket"] as const) {
			const expected = bytes(output);
			assert.deepEqual(keys[output].iv, expected.slice(32));
			const nonce = new Uint8Array(12);
			const aad = Uint8Array.of(1, 2, 3);
			const sealed = crypto.importAead(expected.slice(0, 32)).seal(nonce, aad, aad);
			assert.deepEqual(keys[output].aead.open(nonce, aad, sealed), aad);
		}
	});

	it("need each of the three secrets, and the transcript", () => {
		const names = ["kc", "ks", "shared"];
		for (let wrong = 0; wrong < 4; wrong++) {
			const spoil = (name: string, at: number) =>
				at === wrong ? flipped(bytes(name), 0) : bytes(name);
			const secrets = names.map((name, at) => crypto.importSecret(spoil(name, at)));
			const th = spoil("th", 3);
			const { confirm } = deriveKeys(crypto, th, secrets as [Secret, Secret, Secret]);
			assert.notDeepEqual(confirm, bytes("confirm"));
		}
	});

	it("HELLO is the station's, byte for byte", () => {
		assert.deepEqual(initiator().hello(), bytes("hello"));
	});

	it("WELCOME is the server's, byte for byte", async () => {
		assert.deepEqual(await responder().hello(vectors.name, bytes("hello")), bytes("welcome"));
	});

	it("records and tickets are sealed and opened, byte for byte", async () => {
		const { station, server } = await ends();
		for (const { kind, counter, plaintext, bytes: text } of vectors.records) {
			const sealed = unhex(text);
			const content = unpad(unhex(plaintext));
			if (kind === "ticket") {
				const ticket = decodeTicket(content);
				assert.deepEqual(station.openTicket(sealed), ticket);
				assert.deepEqual(server.sealTicket(ticket), sealed);
			} else if (kind === "down") {
				const message = decodeMessage(content, "server");
				assert.deepEqual(station.open(sealed), { message, seq: counter });
				while (server.records < counter) server.seal({ type: "noted" });
				assert.deepEqual(server.seal(message), { bytes: sealed, seq: counter });
			} else {
				const message = decodeMessage(content, "station");
				if (counter > 0) assert.deepEqual(server.open(sealed), { message, seq: counter });
				while (station.records < counter) station.seal({ type: "alarm", code: "x", text: "" });
				assert.deepEqual(station.seal(message), { bytes: sealed, seq: counter });
			}
		}
	});
});
