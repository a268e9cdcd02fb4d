import assert from "node:assert/strict";
import { CredentialError, encodeClaims } from "../../modules/channel/credential.js";
import type { StationConfig } from "../../modules/station/config.js";
import { Journal } from "../../modules/station/journal.js";
import { OFFER_MS, Trust } from "../../modules/station/trust.js";
import { NodeCrypto } from "../../server/crypto.js";
import * as channel from "../channel/support.js";
import { MemoryKeyValue } from "./memory.js";

const { serverClaims, stationClaims, sign } = channel;
const config: StationConfig = {
	station: channel.STATION,
	host: "127.0.0.1",
	port: 1883,
	username: "",
	password: "",
	credential: channel.station.bytes,
	server: channel.server.bytes,
	roots: [channel.publicDer("root"), channel.publicDer("nextRoot")],
};

class CountingCrypto extends NodeCrypto {
	verifications = 0;
	override verify(...args: Parameters<NodeCrypto["verify"]>): boolean {
		this.verifications++;
		return super.verify(...args);
	}
}

function trusted(store = new MemoryKeyValue(), crypto = new CountingCrypto()) {
	const journal = new Journal(store);
	return { store, journal, crypto, trust: new Trust(crypto, config, journal) };
}

const newer = sign(encodeClaims({ ...serverClaims, epoch: 6 }));

describe("trust", () => {
	it("believes what it was enrolled with", () => {
		const { trust } = trusted();
		assert.equal(trust.own.subject, channel.STATION);
		assert.equal(trust.server.epoch, serverClaims.epoch);
	});

	it("refuses an enrolment that no root of the plant signed, or that is another's", () => {
		const journal = new Journal(new MemoryKeyValue());
		const forged = sign(encodeClaims(serverClaims), "otherRoot");
		for (const wrong of [{ server: forged }, { credential: channel.otherStation.bytes }])
			assert.throws(
				() => new Trust(channel.crypto, { ...config, ...wrong }, journal),
				CredentialError,
			);
	});

	it("takes a newer credential, of either root, and keeps it over a restart", () => {
		for (const by of ["root", "nextRoot"] as const) {
			const { store, trust } = trusted();
			const bytes = sign(encodeClaims({ ...serverClaims, epoch: 6 }), by);
			assert.equal(trust.offer(bytes, 0), "server");
			assert.equal(trust.server.epoch, 6);
			assert.equal(trusted(store).trust.server.epoch, 6);
		}
	});

	it("goes by the floor when what is stored is lost: the older one is refused", () => {
		const { store, trust } = trusted();
		trust.offer(newer, 0);
		store.delete("server");
		assert.throws(() => trusted(store), CredentialError);
	});

	it("writes nothing for an older, equal, forged or strange credential", () => {
		const { store, trust } = trusted();
		trust.offer(newer, 0);
		const { writes } = store;
		const offers = [
			newer,
			channel.server.bytes,
			channel.flipped(sign(encodeClaims({ ...serverClaims, epoch: 9 })), -1),
			sign(encodeClaims({ ...serverClaims, epoch: 9 }), "otherRoot"),
			channel.otherStation.bytes,
			new Uint8Array(),
			new Uint8Array(3000),
		];
		offers.forEach((bytes, i) => {
			assert.equal(trust.offer(bytes, (i + 1) * OFFER_MS), undefined);
		});
		assert.equal(store.writes, writes);
	});

	it("checks one unasked signature in OFFER_MS, but every one that came in a session", () => {
		const { trust, crypto } = trusted();
		const forged = sign(encodeClaims({ ...serverClaims, epoch: 9 }), "otherRoot");
		const before = crypto.verifications;
		for (let i = 0; i < 50; i++) trust.offer(forged, 100 + i);
		const once = crypto.verifications - before;
		assert.ok(once > 0 && once <= 2, `${once} for one credential and two roots`);
		trust.offer(forged, 100 + OFFER_MS);
		assert.equal(crypto.verifications, before + 2 * once);
		assert.equal(trust.renew(newer), "server");
	});

	it("refuses its own newer credential for a key that it does not have", () => {
		const { store, trust } = trusted();
		const { writes } = store;
		const kem = channel.otherStation.kem;
		assert.equal(trust.renew(sign(encodeClaims({ ...stationClaims, epoch: 4, kem }))), undefined);
		assert.equal(store.writes, writes);
	});

	it("goes by a new enrolment, whatever was kept of the one before", () => {
		const { store, trust, journal } = trusted();
		assert.equal(trust.renew(sign(encodeClaims({ ...stationClaims, epoch: 4 }))), "cred");
		assert.equal(trust.renew(newer), "server");
		const kem = channel.otherStation.kem;
		const enrolled = (change: object) =>
			new Trust(channel.crypto, { ...config, ...change }, new Journal(store));
		const other = enrolled({ credential: sign(encodeClaims({ ...stationClaims, epoch: 5, kem })) });
		assert.deepEqual([other.own.epoch, other.server.epoch], [5, 6]);
		assert.equal(
			enrolled({
				credential: other.own.bytes,
				server: sign(encodeClaims({ ...serverClaims, epoch: 7 })),
			}).server.epoch,
			7,
		);
		// The bundle from before: that key was replaced.
		assert.throws(() => enrolled({}), CredentialError);
		assert.equal(journal.floors.stationEpoch, 4);
	});

	it("takes its own newer credential, too", () => {
		const { trust } = trusted();
		const own = sign(encodeClaims({ ...stationClaims, epoch: 4 }));
		assert.equal(trust.renew(own), "cred");
		assert.equal(trust.own.epoch, 4);
	});

	it("knows when the server's credential has expired", () => {
		const { trust, journal } = trusted();
		journal.noteTime(serverClaims.expiresS - 1);
		assert.ok(!trust.isServerExpired);
		journal.noteTime(serverClaims.expiresS);
		assert.ok(trust.isServerExpired);
		const expired = sign(encodeClaims({ ...serverClaims, epoch: 7 }));
		assert.equal(trust.renew(expired), undefined);
		const renewed = { ...serverClaims, epoch: 8, expiresS: serverClaims.expiresS + 1000 };
		assert.equal(trust.renew(sign(encodeClaims(renewed))), "server");
		assert.ok(!trust.isServerExpired);
	});
});
