/** Looks for a secret in captured bytes, in every form in which a program might have written it. */

/** At least this many bytes, or chance alone would find it in encrypted traffic. */
const NEEDLE_SIZE_MIN = 5;

/** `bytes` itself and as text: hexadecimal in both cases, base64 and base64url at each of three alignments. */
function written(bytes: Buffer): Buffer[] {
	const forms = [bytes, Buffer.from(bytes.toString("hex"))];
	forms.push(Buffer.from(bytes.toString("hex").toUpperCase()));
	for (const shift of [0, 1, 2]) {
		const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
		// The first and last characters also hold bits of what stands before and after.
		const from = shift === 0 ? 0 : shift + 1;
		const to = Math.floor(((shift + bytes.length) * 8) / 6);
		const whole = text.slice(from, to);
		forms.push(Buffer.from(whole));
		forms.push(Buffer.from(whole.replaceAll("+", "-").replaceAll("/", "_")));
	}
	return forms;
}

/** A text in UTF-8, UTF-16 (both orders) and whatever `written` makes of those. */
export function formsOfText(text: string): Buffer[] {
	const little = Buffer.from(text, "utf16le");
	const big = Buffer.from(little).swap16();
	return [Buffer.from(text), little, big].flatMap(written).filter(longEnough);
}

/** A number as text, as a double (both orders) and as a CBOR float or integer. */
export function formsOfNumber(value: number): Buffer[] {
	const double = Buffer.alloc(8);
	double.writeDoubleBE(value);
	const single = Buffer.alloc(5, 0xfa);
	single.writeFloatBE(value, 1);
	const binary = [double, Buffer.from(double).reverse()];
	if (single.readFloatBE(1) === value) binary.push(single);
	const texts = [String(value), value.toFixed(3), value.toPrecision(6)];
	return [...binary.flatMap(written), ...texts.flatMap(formsOfText)].filter(longEnough);
}

function longEnough(form: Buffer): boolean {
	return form.length >= NEEDLE_SIZE_MIN;
}

/** The first form that is in the capture, if one is. */
export function findAny(captured: readonly Buffer[], forms: readonly Buffer[]): Buffer | undefined {
	return forms.find((form) => captured.some((stream) => stream.includes(form)));
}
