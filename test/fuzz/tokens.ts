/** Pieces of the formats, for the mutator to put in. */
import { utf8 } from "../../modules/bytes/bytes.js";
import { unhex } from "../cbor/support.js";

/** @param text - hexadecimal, apart by white space. */
function bytes(text: string): readonly Uint8Array[] {
	return text.trim().split(/\s+/).map(unhex);
}

/** Heads of each major type at the sizes where they grow, simple values, floats. */
export const CBOR_TOKENS = bytes(`
	00 17 1818 190100 1a00010000 1b0000000100000000 1b001fffffffffffff 20 3bffffffffffffffff
	40 4100 5818 590100 60 6161 7818 80 81 82 9818 a0 a100 a2 b818 c0 d2 d818 f4 f5 f6 f7
	f93e00 f97e00 fa5f000000 fb3ff199999999999a fb7ff0000000000000 ff 5f 9f bf`);

/** Tag, protected header, keys of the claims and of the list of floors, subjects. */
export const COSE_TOKENS = [
	...CBOR_TOKENS,
	...bytes(`
		d284 43a10126 44a1013824 02 04 05 06 3a00010000 3a00010001 3a00010002 3a00010003
		66736572766572 6c6c696e652d312e7072657373`),
];

/** "ILK1", suite and flags; sizes of wrapped keys and signatures. */
export const ENVELOPE_TOKENS = [...CBOR_TOKENS, ...bytes("494c4b31 494c4b310100 0100 0180 0200")];

/** Fixed headers, whole short packets, sizes in one to five bytes, properties. */
export const MQTT_TOKENS = bytes(`
	20 30 31 32 33 34 3a 40 50 62 70 90 b0 d0 e0 f0
	d000 20020000 20020100 40020001 50020002 62020002 70020002 9003000300
	00 7f 8001 8000 ff7f ffff7f ffffff7f ffffffff
	1f000161 210001 2200ff 230001 2400 2500 26000161000162 2700000001 1300ff 0b01 0b8001 1100000001`);

export const RECIPE_TOKENS = [
	"#",
	"# a\n",
	"=",
	".",
	"-",
	" ",
	"\t",
	"\n",
	"\r\n",
	"\r",
	"r1= 1\n",
	"min=",
	"max=",
].map(utf8);

export const JSON_TOKENS = [
	'"station":',
	'"port":',
	"65535",
	'""',
	"null",
	"{}",
	"[]",
	"\\u0000",
	"1e9",
	"-0",
].map(utf8);

export const URL_TOKENS = [
	"mqtt://",
	"mqtts://",
	"@",
	":",
	"/",
	"?a",
	"#b",
	"[::1]",
	"%zz",
	"%00",
	":0",
	":99999",
	" ",
].map(utf8);

export const PASSWD_TOKENS = ["$7$", "101", "server:", "\n", "AAAA", "="].map(utf8);
