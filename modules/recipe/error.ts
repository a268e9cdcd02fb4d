/** What is wrong with a recipe or a limits file. */

/**
 * - `character`: a byte that may not stand there
 * - `line-too-long`: more than LINE_LENGTH_MAX bytes
 * - `section-name`, `name`, `value`: missing, misspelt or too long
 * - `equals`: no `=` after a name
 * - `no-section`: a value before the first section
 * - `empty`, `empty-section`: no section, or one without values
 * - `duplicate-section`, `duplicate-name`: the same name twice
 * - `too-many-sections`, `too-many-values`, `too-many-sets`: beyond SECTIONS_MAX, VALUES_MAX or SETS_MAX
 * - `limit`: in a limits file: not `min` or `max`, or a minimum above the maximum
 */
export type RecipeErrorCode =
	| "character"
	| "line-too-long"
	| "section-name"
	| "name"
	| "value"
	| "equals"
	| "no-section"
	| "empty"
	| "empty-section"
	| "duplicate-section"
	| "duplicate-name"
	| "too-many-sections"
	| "too-many-values"
	| "too-many-sets"
	| "limit";

/** `line` and `column` count from 1; a column is a byte. The message never quotes the file. */
export class RecipeError extends Error {
	override readonly name = "RecipeError";
	readonly code: RecipeErrorCode;
	readonly line: number;
	readonly column: number;
	constructor(code: RecipeErrorCode, line: number, column: number, detail: string) {
		super(`line ${line}, column ${column}: ${detail}`);
		this.code = code;
		this.line = line;
		this.column = column;
	}
}
