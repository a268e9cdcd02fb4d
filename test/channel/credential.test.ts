import assert from "node:assert/strict";
import fc from "fast-check";
import type { CborValue } from "../../modules/cbor/cbor.js";
import { Tagged } from "../../modules/cbor/cbor.js";
import { encode } from "../../modules/cbor/encode.js";
import { encodeSigned, parseSigned, signatureInput } from "../../modules/channel/cose.js";
import {
	type CredentialCheck,
	CredentialError,
	encodeClaims,
	isStationName,
	PUBLIC_KEY_SIZE_MAX,
	parseCredential,
	verifyCredential,
} from "../../modules/channel/credential.js";
import {
	crypto,
	flipped,
	must,
	privateKey,
	publicDer,
	roots,
	serverClaims,
	sign,
	station,
	stationClaims,
} from "./support.js";

const base = { crypto, roots, epochFloor: 0, timeFloorS: 0 };

function refused(
	code: CredentialError["code"],
	bytes: Uint8Array,
	more?: Partial<CredentialCheck>,
) {
	assert.throws(
		() => verifyCredential({ ...base, bytes, ...more }),
		(error) => error instanceof CredentialError && error.code === code,
	);
}

/** The claims as they are encoded, for spoiling. */
function claimsMap(): Map<number, CborValue> {
	return new Map<number, CborValue>([
		[2, stationClaims.subject],
		[4, stationClaims.expiresS],
		[5, stationClaims.notBeforeS],
		[-65537, stationClaims.epoch],
		[-65538, stationClaims.kem],
	]);
}

describe("credential", () => {
	it("gives back every claim, and the digest of its bytes", () => {
		const bytes = sign(encodeClaims(serverClaims));
		const credential = verifyCredential({ ...base, bytes, subject: "server" });
		assert.deepEqual(credential, { ...serverClaims, bytes, digest: crypto.sha256(bytes) });
		assert.deepEqual(parseCredential(crypto, bytes), credential);
	});

	it("reads whatever claims are written, and nothing that is written otherwise", () => {
		const counter = fc.maxSafeNat();
		const key = fc
			.uint8Array({ minLength: 1, maxLength: PUBLIC_KEY_SIZE_MAX })
			.map((bytes) => new Uint8Array(bytes));
		const claims = fc
			.record({ epoch: fc.integer({ min: 1 }), notBeforeS: counter, expiresS: counter, kem: key })
			.chain((common) =>
				fc.oneof(
					fc.constant({ ...common, subject: "line-1.press" }),
					key.map((sign) => ({ ...common, subject: "server", sign })),
				),
			);
		fc.assert(
			fc.property(claims, (drawn) => {
				const bytes = encodeSigned(encodeClaims(drawn), new Uint8Array(256));
				const { bytes: _bytes, digest: _digest, ...read } = parseCredential(crypto, bytes);
				assert.deepEqual(read, { ...drawn });
			}),
		);
	});

	it("accepts a signature of the next root", () => {
		const bytes = sign(encodeClaims(stationClaims), "nextRoot");
		assert.equal(verifyCredential({ ...base, bytes }).subject, stationClaims.subject);
	});

	it("refuses a signature of another root", () => {
		refused("unauthentic", sign(encodeClaims(stationClaims), "otherRoot"));
	});

	it("refuses one signed with a key that a credential names", () => {
		refused("unauthentic", sign(encodeClaims(stationClaims), "serverSign"));
	});

	it("refuses any changed byte, and any cut", () => {
		for (let at = 0; at < station.bytes.length; at++)
			refused("unauthentic", flipped(station.bytes, at));
		for (let end = 0; end < station.bytes.length; end += 7)
			refused("unauthentic", station.bytes.slice(0, end));
	});

	it("refuses a trailing byte", () => {
		refused("unauthentic", Uint8Array.of(...station.bytes, 0));
	});

	describe("form of COSE_Sign1", () => {
		const payload = encodeClaims(stationClaims);
		const signature = crypto.sign(privateKey("root", "sign"), signatureInput(payload));
		const header = Uint8Array.of(0xa1, 0x01, 0x38, 0x24);
		const none = new Map<number, CborValue>();
		const forms: Record<string, CborValue> = {
			"no tag": [header, none, payload, signature],
			"another tag": new Tagged(98, [header, none, payload, signature]),
			"another algorithm": new Tagged(18, [
				Uint8Array.of(0xa1, 0x01, 0x38, 0x25),
				none,
				payload,
				signature,
			]),
			"an unprotected header": new Tagged(18, [header, new Map([[4, "x"]]), payload, signature]),
			"a detached payload": new Tagged(18, [header, none, null, signature]),
			"no signature": new Tagged(18, [header, none, payload]),
			"a fifth part": new Tagged(18, [header, none, payload, signature, 0]),
		};
		it("is what the signer makes", () => {
			assert.ok(parseSigned(encode(new Tagged(18, [header, none, payload, signature])), 3000));
			assert.ok(parseSigned(encodeSigned(payload, signature), 3000));
		});
		for (const [name, form] of Object.entries(forms))
			it(`is not one with ${name}`, () => refused("unauthentic", encode(form)));
		it("has at most 3,000 bytes", () => {
			refused("unauthentic", encodeSigned(new Uint8Array(3000), signature));
		});
	});

	describe("claims", () => {
		const key = publicDer("serverSign");
		const spoilt: Record<string, [number, CborValue | undefined]> = {
			"no subject": [2, undefined],
			"a subject that is no name": [2, "Line.1"],
			"a subject without a line": [2, "press"],
			"a station with a signing key": [-65539, key],
			"the server without one": [2, "server"],
			"an unknown claim": [7, "x"],
			"a text for a time": [4, "soon"],
			"a fractional time": [5, 0.5],
			"a negative time": [5, -1],
			"no epoch": [-65537, undefined],
			"epoch 0": [-65537, 0],
			"no key": [-65538, undefined],
			"an empty key": [-65538, new Uint8Array(0)],
			"a key of 601 bytes": [-65538, new Uint8Array(601)],
			"a key that is none": [-65538, new Uint8Array(270)],
		};
		for (const [name, [claim, value]] of Object.entries(spoilt))
			it(`are refused with ${name}`, () => {
				const map = claimsMap();
				if (value === undefined) map.delete(claim);
				else map.set(claim, value);
				refused("malformed", sign(encode(map)));
			});
		it("are refused where they are no map, or a list of epoch floors", () => {
			refused("malformed", sign(encode(["server"])));
			const floors = new Map<number, CborValue>([
				[6, 1],
				[-65540, new Map([["server", 1]])],
			]);
			refused("malformed", sign(encode(floors)));
		});
		it("are checked before they are signed", () => {
			assert.throws(() => encodeClaims({ ...stationClaims, epoch: 0 }), CredentialError);
			assert.throws(() => encodeClaims({ ...stationClaims, subject: "server" }), CredentialError);
		});
	});

	it("refuses another subject", () => {
		refused("subject", station.bytes, { subject: "line-1.other" });
	});

	it("refuses an epoch below the floor, and takes the floor itself", () => {
		refused("epoch", station.bytes, { epochFloor: station.epoch + 1 });
		verifyCredential({ ...base, bytes: station.bytes, epochFloor: station.epoch });
	});

	it("holds exp against the time floor", () => {
		refused("expired", station.bytes, { timeFloorS: station.expiresS });
		verifyCredential({ ...base, bytes: station.bytes, timeFloorS: station.expiresS - 1 });
	});

	it("holds nbf against a clock only", () => {
		verifyCredential({ ...base, bytes: station.bytes, timeFloorS: 0 });
		refused("early", station.bytes, { nowS: station.notBeforeS - 1 });
		verifyCredential({ ...base, bytes: station.bytes, nowS: station.notBeforeS });
	});

	it("names stations <line>.<station>", () => {
		const long = "a".repeat(32);
		for (const name of ["a.b", "line-1.s-2", "0.9", `${long}.${long}`])
			assert.ok(isStationName(name), name);
		for (const name of [
			"",
			".",
			"a.",
			".b",
			"a",
			"a.b.c",
			"A.b",
			"a.b ",
			"a/b.c",
			"ä.b",
			`${long}a.b`,
		])
			assert.ok(!isStationName(name), name);
	});

	it("keeps no more than one root's try for each root", () => {
		assert.equal(must(roots[0]).size, 256);
		refused("unauthentic", station.bytes, { roots: [] });
	});
});
