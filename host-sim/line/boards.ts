/** Which kind of board each station of a line is: a pattern of kinds, repeated along the line. */
import type { BoardKind } from "../board-kind.js";
import { LineError } from "./prepare.js";

export const BOARDS_DEFAULT: readonly BoardKind[] = ["linux"];

/**
 * @param pattern - one kind or more. @param count - of stations.
 * @returns as many kinds: `mcu,linux` for five stations is mcu, linux, mcu, linux, mcu.
 * @throws {@link LineError} `boards` where the pattern names more boards than there are stations.
 */
export function boardsFor(pattern: readonly BoardKind[], count: number): readonly BoardKind[] {
	if (pattern.length > count)
		throw new LineError(
			"boards",
			`${pattern.length} boards are named, the line has ${count} stations: name no more boards than that`,
		);
	return Array.from({ length: count }, (_, at) => pattern[at % pattern.length] ?? "linux");
}
