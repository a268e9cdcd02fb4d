/** Texts and their bytes in UTF-8, for every engine; and bytes that are none. */

/** A text, and its bytes in hexadecimal. */
export const TEXTS: readonly (readonly [text: string, hex: string])[] = [
	["", ""],
	["a", "61"],
	["line-1/press one~", "6c696e652d312f7072657373206f6e657e"],
	["x".repeat(100), "78".repeat(100)],
	["\0", "00"],
	["a\0b", "610062"],
	["\x7f\x80", "7fc280"],
	["né", "6ec3a9"],
	["\u07ff\u0800", "dfbfe0a080"],
	["\uffff", "efbfbf"],
	["😀!", "f09f988021"],
	["\u{10ffff}", "f48fbfbf"],
];

/** A text with a lone surrogate, and its bytes. */
export const SURROGATES: readonly (readonly [text: string, hex: string])[] = [
	["a\udc00b", "61efbfbd62"],
	["\ud800", "efbfbd"],
];

/** Bytes in hexadecimal that are not well-formed (RFC 3629). */
export const MALFORMED: readonly string[] = [
	"80",
	"6180",
	"c0",
	"c080",
	"c3",
	"c328",
	"e0a0",
	"e08080",
	"eda080",
	"f0808080",
	"f4908080",
	"f8888080",
	"ff",
	"61ff62",
];
