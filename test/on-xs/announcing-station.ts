/**
 * The firmware as main.ts composes it, but for a Crypto that says on the console what is sealed: so the tests know
 * which message a record on the wire is, though only its receiver can open it.
 *
 *   @sealed <first 17 bytes of the record, hexadecimal> <step> <serial or -> <attempt or 0>
 *
 * The line is out before the record is.
 */
import TCP from "embedded:io/socket/tcp";
import BoardFixture from "fixture";
import { RECORD_HEADER_SIZE, RECORD_KIND } from "../../modules/channel/session.js";
import { PsaCrypto } from "../../modules/crypto/crypto.js";
import { DeviceClock } from "../../modules/device/clock.js";
import { log, random } from "../../modules/device/console.js";
import { SocketTransport } from "../../modules/device/socket.js";
import { DeviceKeyValue, openSlots } from "../../modules/device/storage.js";
import { decodeMessage, unpad } from "../../modules/messages/codec.js";
import type { Aead, Derived, DerivedKind, Secret } from "../../modules/ports/crypto.js";
import { readConfig } from "../../modules/station/config.js";
import { SLOTS_MAX } from "../../modules/station/library-record.js";
import { StationRunner } from "../../modules/station/runner.js";
import { announcement } from "./announcement.js";

class AnnouncingAead implements Aead {
	readonly #aead: Aead;
	constructor(aead: Aead) {
		this.#aead = aead;
	}
	seal(nonce: Uint8Array, header: Uint8Array, padded: Uint8Array): Uint8Array {
		const content =
			header.length === RECORD_HEADER_SIZE && header[0] === RECORD_KIND ? unpad(padded) : undefined;
		if (content) log(announcement(header, decodeMessage(content, "station")));
		return this.#aead.seal(nonce, header, padded);
	}
	open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
		return this.#aead.open(nonce, aad, sealed);
	}
	close(): void {
		this.#aead.close();
	}
}

class AnnouncingCrypto extends PsaCrypto {
	override derive<const K extends readonly DerivedKind[]>(
		salt: Uint8Array,
		secrets: readonly Secret[],
		info: string,
		kinds: K,
	): { [I in keyof K]: Derived<K[I]> } {
		const derived: readonly Derived<DerivedKind>[] = super.derive(salt, secrets, info, kinds);
		return derived.map((each) => ("seal" in each ? new AnnouncingAead(each) : each)) as {
			[I in keyof K]: Derived<K[I]>;
		};
	}
}

const config = readConfig(new DeviceKeyValue("config"));
const crypto = new AnnouncingCrypto();
const clock = new DeviceClock();

new StationRunner({
	config,
	crypto,
	clock,
	random,
	log,
	privateKey: crypto.privateKey("kem", "unwrap"),
	state: new DeviceKeyValue("state"),
	slots: openSlots(SLOTS_MAX),
	transport: new SocketTransport({ io: TCP, clock }),
	resetReason: "power-on",
	fixture: new BoardFixture({ clock, station: config.station }),
}).start();
