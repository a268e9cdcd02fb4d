/** Faulty natives, to prove that the checks find such: test/native/planted. */
export function overflow(input: Uint8Array, target: Uint8Array): void;
export function scribble(input: Uint8Array): void;
export function undefinedShift(input: Uint8Array): void;
export function leak(): void;
export function earlyExit(a: Uint8Array, b: Uint8Array): boolean;
export function memcmp(a: Uint8Array, b: Uint8Array): void;
export function lookup(input: Uint8Array): void;
