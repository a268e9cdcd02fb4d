/**
 * Work of one station, one piece after another; a piece that fails does not stop the next. What is beyond the
 * bound is not taken: the station asks again.
 */

/** Pieces waiting for one station, the running one included. */
export const QUEUE_MAX = 16;

export class Queue {
	#length = 0;
	#last: Promise<void> = Promise.resolve();

	/** Runs `work` when everything before it has ended. @returns false, with nothing taken, when full. */
	push(work: () => Promise<void>): boolean {
		if (this.#length >= QUEUE_MAX) return false;
		this.#length++;
		const run = async (): Promise<void> => {
			try {
				await work();
			} finally {
				this.#length--;
			}
		};
		this.#last = this.#last.then(run, run);
		this.#last.catch(() => undefined);
		return true;
	}

	/** Resolves when what is in it now has ended. */
	async idle(): Promise<void> {
		await this.#last.catch(() => undefined);
	}
}
