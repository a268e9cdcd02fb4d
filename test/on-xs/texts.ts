/** Runs on XS: texts to bytes and back as on Node, whatever of it the engine does itself. Throws where something differs. */
import { fromUtf8, hex, utf8 } from "../../modules/bytes/bytes.js";
import { MALFORMED, SURROGATES, TEXTS } from "./text-table.js";

function bytesOf(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length / 2 + 2);
	for (let i = 0; i < text.length; i += 2)
		bytes[1 + i / 2] = Number.parseInt(text.slice(i, i + 2), 16);
	// Not at the beginning of their memory, nor at its end.
	return bytes.subarray(1, bytes.length - 1);
}

for (const [text, bytes] of [...TEXTS, ...SURROGATES])
	if (hex(utf8(text)) !== bytes) throw new Error(`${bytes} was written ${hex(utf8(text))}`);
for (const [text, bytes] of TEXTS)
	if (fromUtf8(bytesOf(bytes)) !== text) throw new Error(`${bytes} was read otherwise`);
for (const bytes of MALFORMED)
	if (fromUtf8(bytesOf(bytes)) !== undefined) throw new Error(`${bytes} was read`);
trace(`${TEXTS.length + SURROGATES.length + MALFORMED.length} texts\n`);
