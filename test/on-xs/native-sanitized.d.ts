/** What the sanitized host adds for the fuzzer: test/native/sanitized. */

/** An input begins: the file of descriptor 3 gets it, and its coverage starts empty. */
export function begin(input: Uint8Array): void;
/** How much of what the input reached no input reached before it. */
export function news(): number;
/** Basic blocks of modules/crypto (and of the planted faults) reached since the start. */
export function placeCount(): number;
/** Prints them: `@places ADDRESS...`, hexadecimal, in the program's file. */
export function printPlaces(): void;
/** PSA key slots that are taken. */
export function openKeys(): number;
export function collect(): void;
/** Whether memory was lost since the start; LeakSanitizer says where. */
export function leaked(): boolean;
/** Lets one call into PSA Crypto or the C heap fail: the `calls`th from now, never where 0. */
export function fault(calls: number, which: number): void;
/** For one call of a native: byte arrays end (or begin) at a page without access. */
export function fenceUp(atBegin: boolean): void;
export function fenceDown(): void;
