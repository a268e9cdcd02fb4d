/** An ESP32's own `reset-reason`, compiled for this machine. */
export function resetReason(): string;
/** esp_restart(). */
export function restart(): never;
