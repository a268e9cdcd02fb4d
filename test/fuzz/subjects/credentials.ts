/** What a plant root signs, credentials and the list of epoch floors: damaged, and any content under a signature. */
import assert from "node:assert/strict";
import { openFloors } from "../../../keys/signing.js";
import { hex } from "../../../modules/bytes/bytes.js";
import { encode } from "../../../modules/cbor/encode.js";
import { encodeSigned } from "../../../modules/channel/cose.js";
import {
	CredentialError,
	encodeClaims,
	parseCredential,
	verifyCredential,
} from "../../../modules/channel/credential.js";
import { CREDENTIAL_SIZE_MAX } from "../../../modules/messages/codec.js";
import { bytes } from "../../channel/scripted.js";
import { crypto, roots, serverClaims, sign, stationClaims } from "../../channel/support.js";
import { readAndWritten, type Subject } from "../subject.js";
import { COSE_TOKENS } from "../tokens.js";

const SIGNATURE = new Uint8Array(256);
const genuine = [bytes("stationCredential"), bytes("serverCredential")];
const claims = [encodeClaims(stationClaims), encodeClaims(serverClaims)];
const floors = encode(
	new Map<number, number | Map<string, number>>([
		[6, 1_700_000_000],
		[-65540, new Map(Object.entries({ server: 5, "line-1.press": 3 }))],
	]),
);

function verify(input: Uint8Array): void {
	const checked = verifyCredential({ crypto, bytes: input, roots, epochFloor: 0, timeFloorS: 0 });
	assert.deepEqual(parseCredential(crypto, input), checked);
}

/** Costs of an RSA operation with the public and with the private key. */
const VERIFY_COST = 25;
const SIGN_COST = 400;

export const credentialSubjects: readonly Subject[] = [
	{
		name: "credential",
		seeds: genuine,
		work: (input) => parseCredential(crypto, input),
		errors: [CredentialError],
		tokens: COSE_TOKENS,
		cost: 2,
	},
	{
		name: "credential-claims",
		seeds: claims,
		work: readAndWritten(
			(input) => parseCredential(crypto, encodeSigned(input, SIGNATURE)),
			encodeClaims,
		),
		errors: [CredentialError],
		tokens: COSE_TOKENS,
		cost: 2,
	},
	{
		name: "credential-verified",
		seeds: genuine,
		work(input) {
			verify(input);
			const isGenuine = genuine.some((one) => hex(one) === hex(input));
			assert.ok(isGenuine, "a damaged credential was believed");
		},
		errors: [CredentialError],
		tokens: COSE_TOKENS,
		cost: VERIFY_COST,
	},
	{
		name: "credential-signed",
		seeds: claims,
		work: (input) => verify(sign(input.subarray(0, CREDENTIAL_SIZE_MAX))),
		errors: [CredentialError],
		tokens: COSE_TOKENS,
		cost: SIGN_COST,
	},
	{
		name: "floor-list",
		seeds: [encodeSigned(floors, SIGNATURE)],
		work: (input) => assert.equal(openFloors(crypto, input, roots), undefined),
		errors: [],
		tokens: COSE_TOKENS,
		cost: VERIFY_COST,
	},
	{
		name: "floor-list-signed",
		seeds: [floors],
		work: (input) => openFloors(crypto, sign(input), roots),
		errors: [],
		tokens: COSE_TOKENS,
		cost: SIGN_COST,
	},
];
