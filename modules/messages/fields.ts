/**
 * Kinds of field: how one value is checked and turned into CBOR and back. Both directions check alike.
 *
 * | kind | CBOR |
 * | --- | --- |
 * | `integer(min, max)` | integer |
 * | `flag` | true or false |
 * | `bytes(min, max)` | byte string |
 * | `name(test)`, `prose(max)` | text; prose without control characters, since people read it on a terminal |
 * | `record(fields)` | map with the fields' keys; nothing else in it |
 * | `list(min, max, of)` | array |
 * | `reading` | `[name, value]` |
 *
 * What a kind's functions remember are constants, never parameters: those could be assigned to, so a
 * board would keep each in RAM. See docs/protocol.md §6.
 */
import { utf8 } from "../bytes/bytes.js";
import { frozen } from "../bytes/frozen.js";
import { isReadingName } from "../bytes/names.js";
import type { CborKey, CborMap, CborValue } from "../cbor/cbor.js";
import type { Reading } from "../ports/fixture.js";
import { MessageError } from "./error.js";

/** Method syntax on purpose: a `Kind<number>` serves where a `Kind<unknown>` is asked for. */
export interface Kind<T> {
	/** For the table in docs/protocol.md. */
	readonly describe: string;
	/** @throws {@link MessageError} `field`; `at` names the field. */
	toCbor(value: T, at: string): CborValue;
	/** @throws {@link MessageError} `field` */
	fromCbor(value: CborValue, at: string): T;
}

/** A field: its key in the map, its kind, and whether it may be left out. */
export interface Field<T> {
	readonly key: number;
	readonly kind: Kind<T>;
	readonly optional?: true;
}

/** One field for every property of `T`. */
export type Fields<T> = { readonly [K in keyof T]-?: Field<Exclude<T[K], undefined>> };

function refuse(at: string, why: string): MessageError {
	return new MessageError("field", `${at} ${why}`);
}

function checked<T extends CborValue>(
	description: string,
	isOne: (value: unknown) => value is T,
	copy: (value: T) => T = (value) => value,
): Kind<T> {
	const describe = description;
	function check(value: unknown, at: string): T {
		if (!isOne(value)) throw refuse(at, `is not ${describe}`);
		return copy(value);
	}
	return { describe, toCbor: check, fromCbor: check };
}

/** @param high - up to 2^53 - 1. */
export function integer(low: number, high: number): Kind<number> {
	const [min, max] = [low, high];
	return checked(
		`an integer from ${min} to ${max}`,
		(value): value is number => Number.isSafeInteger(value) && within(value as number, min, max),
		(value) => value + 0,
	);
}

function within(value: number, min: number, max: number): boolean {
	return value >= min && value <= max;
}

export const flag: Kind<boolean> = checked(
	"true or false",
	(value): value is boolean => typeof value === "boolean",
);

export function bytes(low: number, high: number): Kind<Uint8Array> {
	const [min, max] = [low, high];
	return checked(
		min === max ? `${min} bytes` : `${min} to ${max} bytes`,
		(value): value is Uint8Array => value instanceof Uint8Array && within(value.length, min, max),
	);
}

export function name(describe: string, isOne: (text: string) => boolean): Kind<string> {
	return checked(describe, (value): value is string => typeof value === "string" && isOne(value));
}

/** Of UTF-8, for one unit of UTF-16. */
const UNIT_BYTES_MAX = 3;

/** Text for people. @param sizeMax - bytes of UTF-8. */
export function prose(sizeMax: number): Kind<string> {
	const max = sizeMax;
	return checked(
		`text of up to ${max} bytes without control characters`,
		(value): value is string => typeof value === "string" && isProse(value, max),
	);
}

function isProse(text: string, max: number): boolean {
	const { length } = text;
	if (length > max || (length * UNIT_BYTES_MAX > max && utf8(text).length > max)) return false;
	for (const character of text) {
		const code = character.codePointAt(0) as number;
		const control = code < 0x20 || (code >= 0x7f && code < 0xa0);
		const surrogate = code >= 0xd800 && code < 0xe000;
		if (control || surrogate) return false;
	}
	return true;
}

export function list<T>(low: number, high: number, kind: Kind<T>): Kind<readonly T[]> {
	const [min, max, of] = [low, high, frozen(kind)];
	const describe = `${min} to ${max} of: ${of.describe}`;
	function each<A, B>(values: unknown, at: string, one: (v: A, at: string) => B): B[] {
		if (!Array.isArray(values) || !within(values.length, min, max)) {
			throw refuse(at, `is not ${describe}`);
		}
		return values.map((value: A, i) => one(value, `${at}[${i}]`));
	}
	return {
		describe,
		toCbor: (values, at) => each(values, at, (value: T, one) => of.toCbor(value, one)),
		fromCbor: (value, at) => each(value, at, (item: CborValue, one) => of.fromCbor(item, one)),
	};
}

/** Negative zero, which a measurement may give and CBOR refuses here, is sent as zero. */
export const reading: Kind<Reading> = {
	describe: "[name, value]",
	toCbor({ name, value }, at) {
		if (!isReadingName(name)) throw refuse(at, "has an unusable name");
		if (!Number.isFinite(value)) throw refuse(at, "is not a finite number");
		return [name, value === 0 ? 0 : value];
	},
	fromCbor(pair, at) {
		if (!Array.isArray(pair) || pair.length !== 2) throw refuse(at, "is not [name, value]");
		const [name, value] = pair as readonly CborValue[];
		if (typeof name !== "string" || !isReadingName(name)) {
			throw refuse(at, "has an unusable name");
		}
		if (typeof value !== "number") throw refuse(at, "is not a finite number");
		return { name, value };
	},
};

type AnyFields = { readonly [name: string]: Field<unknown> };

/** Adds `value`'s fields to `map`. */
export function writeFields<T>(
	fields: Fields<T>,
	value: T,
	map: Map<CborKey, CborValue>,
	at: string,
): void {
	const source = value as { readonly [name: string]: unknown };
	const table = fields as AnyFields;
	for (const name in table) {
		const field = table[name] as Field<unknown>;
		const own = source[name];
		if (own === undefined && field.optional) continue;
		map.set(field.key, field.kind.toCbor(own, at + name));
	}
}

/** Reads every field of `fields` out of `map`, which holds `others` (keys already read) beside them. */
export function readFields<T>(fields: Fields<T>, map: CborMap, others: number, at: string): T {
	const value: { [name: string]: unknown } = {};
	const table = fields as AnyFields;
	let found = others;
	for (const name in table) {
		const field = table[name] as Field<unknown>;
		const own = map.get(field.key);
		if (own === undefined) {
			if (field.optional) continue;
			throw refuse(at + name, "is missing");
		}
		found++;
		value[name] = field.kind.fromCbor(own, at + name);
	}
	if (found !== map.size) throw refuse(at === "" ? "the map" : at, "holds an unknown key");
	return value as T;
}

export function record<T>(table: Fields<T>): Kind<T> {
	const fields = frozen(table);
	return {
		describe: `a map of ${Object.keys(fields).join(", ")}`,
		toCbor(value, at) {
			if (typeof value !== "object" || value === null) throw refuse(at, "is not an object");
			const map = new Map<CborKey, CborValue>();
			writeFields(fields, value, map, `${at}.`);
			return map;
		},
		fromCbor(value, at) {
			if (!(value instanceof Map)) throw refuse(at, "is not a map");
			return readFields(fields, value, 0, `${at}.`);
		},
	};
}
