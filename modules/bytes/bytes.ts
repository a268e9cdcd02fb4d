/** Byte helpers that XS and Node share: joining, big-endian numbers, UTF-8 and hexadecimal. */

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
	let size = 0;
	for (const part of parts) size += part.length;
	const joined = new Uint8Array(size);
	let offset = 0;
	for (const part of parts) {
		joined.set(part, offset);
		offset += part.length;
	}
	return joined;
}

/** Not for secrets: stops at the first difference. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
	return true;
}

/** A view for big-endian numbers over exactly these bytes. */
export function view(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** `value` (0 to 2^53 - 1) as `size` (1 to 8) big-endian bytes. */
export function bigEndian(value: number, size: number): Uint8Array {
	const bytes = new Uint8Array(size);
	for (let i = size - 1; i >= 0; i--) {
		bytes[i] = value % 256;
		value = Math.floor(value / 256);
	}
	return bytes;
}

/** Lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16);
	return text;
}

/**
 * XS's own, where there are any: its strings are UTF-8. Without them each character costs a board an object, since XS makes
 * one of a string whose property is asked for, such as `charCodeAt`.
 */
const EngineBuffer = ArrayBuffer as unknown as { fromString?(text: string): ArrayBuffer };
const EngineString = String as unknown as {
	fromArrayBuffer?(buffer: ArrayBufferLike, offset: number, size: number): string;
};

/** @param text - well-formed UTF-16; a lone surrogate becomes U+FFFD. */
export function utf8(text: string): Uint8Array {
	const { length } = text;
	const buffer = EngineBuffer.fromString?.(text);
	// As many bytes as characters: ASCII. Of other characters XS may have a form of its own.
	if (buffer?.byteLength === length) return new Uint8Array(buffer);
	const bytes = new Uint8Array(length);
	for (let i = 0; i < length; i++) {
		const code = text.charCodeAt(i);
		if (code >= 0x80) return beyondAscii(text);
		bytes[i] = code;
	}
	return bytes;
}

function beyondAscii(text: string): Uint8Array {
	const bytes: number[] = [];
	for (const character of text) {
		let code = character.codePointAt(0) as number;
		if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
		if (code < 0x80) bytes.push(code);
		else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
		else if (code < 0x10000)
			bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
		else
			bytes.push(
				0xf0 | (code >> 18),
				0x80 | ((code >> 12) & 63),
				0x80 | ((code >> 6) & 63),
				0x80 | (code & 63),
			);
	}
	return new Uint8Array(bytes);
}

/** @returns the text, or `undefined` where the bytes are not well-formed UTF-8 (RFC 3629). */
export function fromUtf8(bytes: Uint8Array): string | undefined {
	const { length } = bytes;
	const ascii = asciiOf(bytes);
	if (ascii?.length === length) return ascii;
	let text = "";
	for (let i = 0; i < length; ) {
		const lead = bytes[i++] as number;
		if (lead < 0x80) {
			text += String.fromCharCode(lead);
			continue;
		}
		const following = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
		if (lead < 0xc2 || lead > 0xf4 || i + following > length) return undefined;
		let code = lead & (0x3f >> following);
		for (let k = 0; k < following; k++) {
			const byte = bytes[i++] as number;
			if ((byte & 0xc0) !== 0x80) return undefined;
			code = (code << 6) | (byte & 63);
		}
		const least = following === 1 ? 0x80 : following === 2 ? 0x800 : 0x10000;
		if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
		text += String.fromCodePoint(code);
	}
	return text;
}

/** @returns the text where the engine can tell and all is ASCII; a shorter one, or none, where it is not. */
function asciiOf(bytes: Uint8Array): string | undefined {
	try {
		return EngineString.fromArrayBuffer?.(bytes.buffer, bytes.byteOffset, bytes.length);
	} catch {
		return undefined;
	}
}
