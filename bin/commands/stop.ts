/** How long-running commands learn that they are to stop. */

/**
 * Settles on SIGINT, SIGTERM, or when the process that forked this one is gone. Asked from the first moment
 * on, so that a signal during the start is not lost.
 */
export function stopRequest(): Promise<string> {
	return new Promise((resolve) => {
		process.on("SIGINT", () => resolve("SIGINT"));
		process.on("SIGTERM", () => resolve("SIGTERM"));
		if (process.channel === undefined) return;
		process.once("disconnect", () => resolve("disconnect"));
		// The channel alone is no reason to go on running.
		process.channel?.unref();
	});
}
