/** The event emitter that the bundled mqtt-packet gets (bin/bundle.mjs): one listener a name. */

type Listener = (...values: unknown[]) => void;

export class EventEmitter {
	readonly #listeners: Map<string, Listener> = new Map();

	on(name: string, listener: Listener): this {
		this.#listeners.set(name, listener);
		return this;
	}

	emit(name: string, ...values: unknown[]): boolean {
		const listener = this.#listeners.get(name);
		if (listener === undefined) return false;
		listener(...values);
		return true;
	}
}
