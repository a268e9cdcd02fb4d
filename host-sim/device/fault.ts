/**
 * Faults of a board that a simulated fixture can bring about, each by its own means: the engine's or the board's own
 * watch over stack, memory and time has to end them.
 */

export const FAULTS: Readonly<Record<string, () => void>> = {
	"stack-overflow": overflow,
	"memory-full": fill,
	watchdog: hang,
};

/** Not a tail call, which takes no stack. */
function overflow(): number {
	return 1 + overflow();
}

function fill(): void {
	const kept: Uint8Array[] = [];
	for (;;) kept.push(new Uint8Array(1024));
}

function hang(): void {
	for (;;);
}
