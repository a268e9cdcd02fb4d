/**
 * docs/protocol.md says what the code does: its tables of messages and bounds are held against the code's.
 *
 * Each table stands between `<!-- NAME -->` and `<!-- /NAME -->`. `UPDATE_DOCS=1` writes the tables in place of comparing.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { FLOORS_SIZE_MAX } from "../../keys/signing.js";
import { CREDENTIAL_SIZE_MAX } from "../../modules/channel/credential.js";
import { HANDSHAKE_SIZE_MAX } from "../../modules/channel/handshake.js";
import { UNWRAPS_PER_HELLO_MAX } from "../../modules/channel/initiator.js";
import { RESPONDER_LIMITS } from "../../modules/channel/responder.js";
import {
	RECORD_SIZE_MAX,
	RECORDS_MAX,
	SESSION_LIFETIME_MS,
} from "../../modules/channel/session.js";
import { OPENING_SIZE_MAX } from "../../modules/envelope/log.js";
import { ALARM_TEXT_MAX, MESSAGES, STEPS_MAX, TICKET } from "../../modules/messages/codec.js";
import type { Field, Fields } from "../../modules/messages/fields.js";
import { BLOCKS_MAX, LOG_SIZE_MAX } from "../../modules/messages/types.js";
import { UPLOADS_MAX } from "../../server/logs.js";

const path = new URL("../../../docs/protocol.md", import.meta.url);

function fieldsOf(fields: Fields<object>): [string, Field<unknown>][] {
	return Object.entries(fields as Readonly<Record<string, Field<unknown>>>);
}

function named(fields: Fields<object>): string {
	const names = fieldsOf(fields)
		.sort(([, a], [, b]) => a.key - b.key)
		.map(([name, { key, optional }]) => `${name} ${key}${optional ? " (may be left out)" : ""}`);
	return names.join(", ") || "none";
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
	const line = (cells: readonly (string | number)[]) =>
		`| ${cells.join(" | ").replaceAll("<line>.<station>", "`<line>.<station>`")} |`;
	return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function messages(): string {
	const rows = Object.entries(MESSAGES)
		.map(
			([type, { number, from, fields }]) => [number, `\`${type}\``, from, named(fields)] as const,
		)
		.sort((a, b) => a[0] - b[0]);
	return table(["0", "message", "from", "fields and their keys"], rows);
}

function fields(): string {
	const seen = new Map<string, [number, string, string]>();
	const all: Fields<object>[] = [...Object.values(MESSAGES).map(({ fields }) => fields), TICKET];
	for (const of of all)
		for (const [name, { key, kind }] of fieldsOf(of))
			seen.set(`${key} ${kind.describe}`, [key, `\`${name}\``, kind.describe]);
	const rows = [...seen.values()].sort((a, b) => a[0] - b[0]);
	return table(["key", "field", "value"], rows);
}

function bounds(): string {
	const n = (value: number) => value.toLocaleString("en-US");
	const limits = RESPONDER_LIMITS;
	return table(
		["what", "at most"],
		[
			["a HELLO or WELCOME", `${n(HANDSHAKE_SIZE_MAX)} bytes`],
			["a record or ticket", `${n(RECORD_SIZE_MAX)} bytes`],
			["a credential", `${n(CREDENTIAL_SIZE_MAX)} bytes`],
			["the list of epoch floors", `${n(FLOORS_SIZE_MAX)} bytes`],
			["an alarm's text", `${n(ALARM_TEXT_MAX)} bytes`],
			["pending sessions of a station", `${limits.pendingMax}, for ${limits.pendingMs / 1000} s`],
			["times a WELCOME is given out again", limits.repeatsMax],
			[
				"HELLOs of a station, first and then each second",
				`${limits.stationRate.burst}, ${limits.stationRate.perSecond}`,
			],
			[
				"HELLOs in total, first and then each second",
				`${limits.totalRate.burst}, ${limits.totalRate.perSecond}`,
			],
			["RSA operations waiting at the server", limits.openingMax],
			["RSA private operations for a HELLO, at the station", UNWRAPS_PER_HELLO_MAX],
			[
				"a session",
				`${SESSION_LIFETIME_MS / 3_600_000} h, 2^${Math.log2(RECORDS_MAX)} records in either direction`,
			],
			["segments asked for in one `blocks`", BLOCKS_MAX],
			["segments asked for in one `pull`", BLOCKS_MAX],
			["a log", `${n(LOG_SIZE_MAX)} bytes`],
			["logs pulled at once, of a station and in all", `1, ${UPLOADS_MAX}`],
			["an opening", `${n(OPENING_SIZE_MAX)} bytes`],
			["segments of a file", "2^32 - 1"],
			["stations of a line", n(STEPS_MAX)],
		],
	);
}

describe("docs/protocol.md", () => {
	const tables = { messages, fields, bounds };
	for (const [name, make] of Object.entries(tables))
		it(`has the ${name} of the code`, () => {
			const text = readFileSync(path, "utf8");
			const [open, close] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`];
			const start = text.indexOf(open) + open.length;
			const end = text.indexOf(close, start);
			assert.ok(start >= open.length && end >= 0, `no place for ${name}`);
			if (process.env.UPDATE_DOCS === "1")
				writeFileSync(path, text.slice(0, start) + make() + text.slice(end));
			else assert.equal(text.slice(start, end), make());
		});
});
