/** What the memcheck host adds: test/native/memcheck. */

export function makeSecret(bytes: Uint8Array): void;
export function makePublic(bytes: Uint8Array): void;
/** How many of the bytes are secret; -1 where valgrind does not run this. */
export function secretCount(bytes: Uint8Array): number;
/** Stops the process until it is told to continue. */
export function pause(): void;
/** Pauses at the end of each of the next `count` natives that return a failure or none. */
export function pauseAtReturns(count: number): void;
/** Pauses with 32 bytes on the stack, each one more than in `bytes`. */
export function pauseHolding(bytes: Uint8Array): void;
export function collect(): void;
