/**
 * Half-precision floats (IEEE 754 binary16), which `DataView` lacks: 1 sign bit, 5 of exponent (bias 15),
 * 10 of fraction.
 */

/** @param bits - 0 to 65,535. */
export function fromHalf(bits: number): number {
	const magnitude = fromPositiveHalf(bits);
	// Not a product with -1: XS multiplies small integers as such and would lose the sign of zero.
	return bits & 0x8000 ? -magnitude : magnitude;
}

function fromPositiveHalf(bits: number): number {
	const exponent = (bits >> 10) & 31;
	const fraction = bits & 0x3ff;
	if (exponent === 31) return fraction === 0 ? Infinity : NaN;
	if (exponent === 0) return fraction * 2 ** -24;
	return (1024 + fraction) * 2 ** (exponent - 25);
}

/** @returns the 16 bits of a finite `value`, or `undefined` where half precision would change it. */
export function toHalf(value: number): number | undefined {
	const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
	const magnitude = Math.abs(value);
	if (magnitude === 0) return sign;
	if (magnitude >= 65_536) return undefined;
	let exponent = 1;
	while (exponent < 30 && magnitude >= 2 ** (exponent - 14)) exponent++;
	const units = magnitude * 2 ** (25 - exponent);
	if (units !== Math.floor(units)) return undefined;
	return units < 1024 ? sign | units : sign | (exponent << 10) | (units - 1024);
}
