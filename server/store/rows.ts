/** How the core's values lie in rows, and back. */
import type { Insertable, Selectable } from "kysely";
import type { Attempt, Stage, Unit, UnitReason } from "../core/unit.js";
import type { Tables } from "./schema.js";
import type { Entry, EntryKind, Envelope, Recipe, UnitRecord } from "./store.js";

export function entryValue(
	row: Selectable<Tables["journal"]>,
): Entry & { readonly number: number } {
	return {
		number: row.number,
		atMs: row.at_ms,
		kind: row.kind as EntryKind,
		...(row.station === null ? {} : { station: row.station }),
		...(row.serial === null ? {} : { serial: row.serial }),
		data: JSON.parse(row.data) as Entry["data"],
	};
}

export function unitColumns(unit: Unit) {
	return {
		line: unit.line,
		visit: unit.visit,
		step: unit.step,
		stage: unit.stage,
		proof: unit.proof ?? null,
		arrival_proof: unit.arrivalProof ?? null,
		recipe_id: unit.recipe?.id ?? null,
		recipe_version: unit.recipe?.version ?? null,
		recipe_digest: unit.recipe?.digest ?? null,
		attempt: unit.attempt,
		next_set: unit.nextSet,
		reason: unit.reason ?? null,
	};
}

export function unitValue(row: Selectable<Tables["unit"]>): Unit {
	const { recipe_id: id, recipe_version: version, recipe_digest } = row;
	const digest = bytes(recipe_digest);
	return {
		serial: row.serial,
		line: row.line,
		visit: row.visit,
		step: row.step,
		stage: row.stage as Stage,
		proof: bytes(row.proof),
		arrivalProof: bytes(row.arrival_proof),
		recipe:
			id === null || version === null || digest === undefined ? undefined : { id, version, digest },
		attempt: row.attempt,
		nextSet: row.next_set,
		reason: (row.reason ?? undefined) as UnitReason | undefined,
	};
}

export function unitRecord(row: Selectable<Tables["unit"]>): UnitRecord {
	return {
		...unitValue(row),
		releasedMs: row.released_ms,
		endedMs: row.ended_ms ?? undefined,
	};
}

export function attemptColumns(attempt: Attempt, atMs: number): Insertable<Tables["attempt"]> {
	const { recipe, readings } = attempt;
	return {
		serial: attempt.serial,
		number: attempt.number,
		visit: attempt.visit,
		step: attempt.step,
		station: attempt.station,
		recipe_id: recipe.id,
		recipe_version: recipe.version,
		digest: recipe.digest,
		value_set: attempt.set,
		readings: JSON.stringify(readings.map(({ name, value }) => [name, value])),
		duration_ms: attempt.durationMs,
		pass: attempt.pass ? 1 : 0,
		at_ms: atMs,
	};
}

export function attemptValue(row: Selectable<Tables["attempt"]>): Attempt {
	const readings = JSON.parse(row.readings) as [string, number][];
	return {
		serial: row.serial,
		number: row.number,
		visit: row.visit,
		step: row.step,
		station: row.station,
		recipe: { id: row.recipe_id, version: row.recipe_version, digest: bytes(row.digest) },
		set: row.value_set,
		readings: readings.map(([name, value]) => ({ name, value })),
		durationMs: row.duration_ms,
		pass: row.pass === 1,
	};
}

export function recipeValue(row: Selectable<Tables["recipe"]>): Recipe {
	const { station, id, version, limits, sets, file, size } = row;
	return {
		station,
		id,
		version,
		limits,
		sets,
		attemptsMax: row.attempts_max ?? undefined,
		releasedMs: row.released_ms,
		file,
		size,
		textDigest: bytes(row.text_digest),
	};
}

export function envelopeValue(row: Selectable<Tables["envelope"]>): Envelope {
	const { station, id, version, segments } = row;
	return {
		digest: bytes(row.digest),
		station,
		id,
		version,
		recipientEpoch: row.recipient_epoch,
		signerEpoch: row.signer_epoch,
		head: bytes(row.head),
		segments,
		contentKey: bytes(row.content_key),
	};
}

/** The driver's buffer as plain bytes. */
export function bytes<T extends Uint8Array | null>(
	value: T,
): T extends null ? undefined : Uint8Array {
	const plain = value && new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
	return (plain ?? undefined) as T extends null ? undefined : Uint8Array;
}
