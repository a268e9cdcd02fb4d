/**
 * Tables that never change. On a board the modules are linked into flash; an object that could still
 * be written needs a place in RAM as well, and would not be the same for all who share it.
 */

/**
 * Freezes `table` and every object in it. Functions and byte arrays stay as they are: linking makes
 * those read-only by itself.
 *
 * @returns `table`
 */
export function frozen<T extends object>(table: T): T {
	for (const value of Object.values(table))
		if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) frozen(value);
	return Object.freeze(table);
}
