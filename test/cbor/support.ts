/** CBOR values as JSON and as fast-check draws them. */
import fc from "fast-check";
import { type CborKey, type CborValue, Tagged } from "../../modules/cbor/cbor.js";

export type Json =
	| number
	| boolean
	| null
	| string
	| readonly Json[]
	| { readonly bytes: string }
	| { readonly pairs: readonly (readonly [CborKey, Json])[] }
	| { readonly tag: number; readonly of: Json };

export function unhex(text: string): Uint8Array {
	return new Uint8Array(Buffer.from(text, "hex"));
}

/** The value that `json` stands for. */
export function fromJson(json: Json): CborValue {
	if (typeof json !== "object" || json === null) return json;
	if ("bytes" in json) return unhex(json.bytes);
	if ("pairs" in json) return new Map(json.pairs.map(([key, value]) => [key, fromJson(value)]));
	if ("tag" in json) return new Tagged(json.tag, fromJson(json.of));
	return json.map(fromJson);
}

const integer = fc.maxSafeInteger();
const float = fc
	.double({ noNaN: true, noDefaultInfinity: true })
	.map((value) => (value === 0 ? 0 : value));
const text = fc.string({ unit: "grapheme", maxLength: 30 });
const bytes = fc.uint8Array({ maxLength: 40 }).map((drawn) => new Uint8Array(drawn));

/** Any value that can be encoded. */
export const anyValue: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
	value: fc.oneof(
		{ maxDepth: 6, depthSize: "small", withCrossShrink: true },
		fc.oneof(integer, float, fc.boolean(), fc.constant(null), text, bytes),
		fc.array(tie("value"), { maxLength: 6 }),
		fc
			.array(fc.tuple(fc.oneof(integer, text), tie("value")), { maxLength: 6 })
			.map((entries) => new Map<CborKey, CborValue>(entries)),
		fc.tuple(fc.maxSafeNat(), tie("value")).map(([tag, value]) => new Tagged(tag, value)),
	),
})).value;
