/* Binds test/native/planted. */
export function overflow(input, target) @ "xs_planted_overflow";
export function scribble(input) @ "xs_planted_scribble";
export function undefinedShift(input) @ "xs_planted_undefined";
export function leak() @ "xs_planted_leak";
export function earlyExit(a, b) @ "xs_planted_early_exit";
export function memcmp(a, b) @ "xs_planted_memcmp";
export function lookup(input) @ "xs_planted_lookup";
