/* Binds modules/device/esp32/reset-reason.c and test/device/esp-idf/chip.c: test/device/reset-reason.test.ts. */
export function resetReason() @ "xs_reset_reason";
export function restart() @ "xs_chip_restart";
