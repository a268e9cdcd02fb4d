/** A store whose process dies at a transaction of one's choice. */
import type { Store } from "../../server/store/store.js";

/** Thrown by the transaction in which it dies, and by every later one. */
export class Died extends Error {}

/** @param transactions - that it lives through. */
export function dyingAfter(store: Store, transactions: number): Store {
	let left = transactions;
	const alive =
		<A extends unknown[], T>(work: (...args: A) => Promise<T>) =>
		async (...args: A): Promise<T> => {
			if (left-- <= 0) throw new Died();
			return await work(...args);
		};
	return {
		read: alive((work) => store.read(work)) as Store["read"],
		write: alive((work, fence) => store.write(work as never, fence as never)) as Store["write"],
		takeLease: alive(() => store.takeLease()),
		changedElsewhere: alive(() => store.changedElsewhere()),
		close: () => store.close(),
	};
}
