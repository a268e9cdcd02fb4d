/** The Clock port: monotonic time and one-shot timers. */

export interface Timer {
	/** May be called twice and after the timer fired; no callback follows. */
	cancel(): void;
}

export interface Clock {
	/** Milliseconds since some fixed instant of this process; never goes back. Not the time of day. */
	nowMs(): number;
	/** Calls `callback` once, not before `delayMs` (0 to 2^31 - 1) and never before `set` returned. */
	set(delayMs: number, callback: () => void): Timer;
}
