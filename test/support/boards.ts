/**
 * One description for both kinds of boards: each test is told where it runs, and its title says so.
 *
 * What runs on a chip takes longer: QEMU translates every instruction, and a private key's operation is 360 million of
 * them. The chip is built before the first test that needs it.
 */
import type { BoardKind } from "../../host-sim/board-kind.js";
import { setUp } from "../../host-sim/set-up.js";

const BUILD_TIMEOUT_MS = 1_200_000;

export interface TestBoard {
	readonly kind: BoardKind;
	/** For titles. */
	readonly on: string;
	/** So many times longer than a Linux process something may take here. */
	readonly patience: number;
}

export const BOARDS: readonly TestBoard[] = [
	{ kind: "linux", on: "on Linux", patience: 1 },
	{ kind: "mcu", on: "on the chip", patience: 5 },
];

let building: Promise<void> | undefined;

/** Builds what such a board needs and other tests do without, once. */
export async function ensureBoard(kind: BoardKind): Promise<void> {
	if (kind === "linux") return;
	building ??= setUp("mcu");
	await building;
}

/**
 * `describe` once for each kind of board: `<title> on Linux`, `<title> on the chip`.
 *
 * @param timeoutMs - for each test and hook on Linux.
 */
export function describeOnBoards(
	title: string,
	timeoutMs: number,
	body: (board: TestBoard) => void,
): void {
	for (const board of BOARDS)
		describe(`${title} ${board.on}`, function () {
			this.timeout(timeoutMs * board.patience);
			before(async function () {
				this.timeout(BUILD_TIMEOUT_MS);
				await ensureBoard(board.kind);
			});
			body(board);
		});
}
