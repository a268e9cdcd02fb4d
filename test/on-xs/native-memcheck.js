/* Binds test/native/memcheck. */
export function makeSecret(bytes) @ "xs_test_make_secret";
export function makePublic(bytes) @ "xs_test_make_public";
export function secretCount(bytes) @ "xs_test_secret_count";
export function pause() @ "xs_test_pause";
export function pauseAtReturns(count) @ "xs_test_pause_at_returns";
export function pauseHolding(bytes) @ "xs_test_pause_holding";
export function collect() @ "xs_test_collect_garbage";
