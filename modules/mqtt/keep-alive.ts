/**
 * When to send PINGREQ and when to give the broker up (MQTT 3.1.1 and 5, §3.1.2.10).
 *
 * A ping is due when for three quarters of the interval nothing was sent, or nothing received: a
 * client that only sends would otherwise never learn that nobody listens. Any packet counts as a
 * sign of life.
 */

/** At most so long for a sign of life after a ping; less where the interval is shorter. */
export const PING_TIMEOUT_MAX_MS = 10_000;

export class KeepAlive {
	#intervalMs = 0;
	#sentAtMs = 0;
	#receivedAtMs = 0;
	/** A ping was wanted at this instant and there was no sign of life since. */
	#pingAtMs: number | undefined;
	#pingDue = false;

	/** @param keepAliveS - 0 is off. */
	start(keepAliveS: number, nowMs: number): void {
		this.#intervalMs = keepAliveS * 1000;
		this.#sentAtMs = nowMs;
		this.#receivedAtMs = nowMs;
		this.#pingAtMs = undefined;
		this.#pingDue = false;
	}

	get dueAtMs(): number | undefined {
		if (this.#intervalMs === 0) return undefined;
		if (this.#pingAtMs !== undefined)
			return this.#pingAtMs + Math.min(this.#intervalMs, PING_TIMEOUT_MAX_MS);
		return Math.min(this.#sentAtMs, this.#receivedAtMs) + 0.75 * this.#intervalMs;
	}

	sent(nowMs: number): void {
		this.#sentAtMs = nowMs;
	}

	received(nowMs: number): void {
		this.#receivedAtMs = nowMs;
		this.#pingAtMs = undefined;
	}

	/** To be called when due. @returns false where the broker gave no sign of life. */
	tick(nowMs: number): boolean {
		if (this.#pingAtMs !== undefined) return false;
		this.#pingAtMs = nowMs;
		this.#pingDue = true;
		return true;
	}

	/** @returns whether a PINGREQ is to be sent now. */
	takePing(): boolean {
		const due = this.#pingDue;
		this.#pingDue = false;
		return due;
	}
}
