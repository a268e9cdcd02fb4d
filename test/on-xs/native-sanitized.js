/* Binds test/native/sanitized. */
export function begin(input) @ "xs_test_begin";
export function news() @ "xs_test_news";
export function placeCount() @ "xs_test_place_count";
export function printPlaces() @ "xs_test_print_places";
export function openKeys() @ "xs_test_open_keys";
export function collect() @ "xs_test_collect";
export function leaked() @ "xs_test_leaked";
export function fault(calls, which) @ "xs_test_fault";
export function fenceUp(atBegin) @ "xs_test_fence_up";
export function fenceDown() @ "xs_test_fence_down";
