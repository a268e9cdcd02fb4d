/** What the memcheck host adds: test/native/memcheck. */

export function makeSecret(bytes: Uint8Array): void;
export function makePublic(bytes: Uint8Array): void;
/** How many of the bytes are secret; -1 where valgrind does not run this. */
export function secretCount(bytes: Uint8Array): number;
/** Stops the process until it is told to continue. */
export function pause(): void;
/** The same with 32 bytes on the stack, each one more than in `bytes`. */
export function pauseHolding(bytes: Uint8Array): void;
export function collect(): void;
