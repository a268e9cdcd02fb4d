/**
 * Who wants to know how a message or a subscription went, by handle; at most one entry for each
 * that is pending.
 */
import type { Log } from "../ports/log.js";
import type { MqttError } from "./error.js";
import { REFUSAL, RENEWAL } from "./requests.js";

export type Published = (error?: MqttError) => void;
export type Granted = (granted: readonly number[]) => void;

export class Outcomes {
	readonly #log: Log | undefined;
	readonly #published: Map<number, Published> = new Map();
	readonly #granted: Map<number, Granted> = new Map();
	#last = 0;

	constructor(log: Log | undefined) {
		this.#log = log;
	}

	/** A handle, from 1, that no other message or request has. */
	handle(): number {
		return ++this.#last;
	}

	onPublished(handle: number, done: Published | undefined): void {
		if (done !== undefined) this.#published.set(handle, done);
	}

	onGranted(handle: number, done: Granted | undefined): void {
		if (done !== undefined) this.#granted.set(handle, done);
	}

	published(handle: number, error: MqttError | undefined): void {
		const done = this.#published.get(handle);
		this.#published.delete(handle);
		if (error !== undefined) this.#log?.(`mqtt: message not delivered: ${error.message}`);
		done?.(error);
	}

	granted(handle: number, codes: readonly number[]): void {
		const refused = codes.filter((code) => code >= REFUSAL).length;
		const which = handle === RENEWAL ? " to renew" : "";
		if (refused > 0) this.#log?.(`mqtt: the broker refused ${refused} subscriptions${which}`);
		const done = this.#granted.get(handle);
		this.#granted.delete(handle);
		done?.(codes);
	}

	/** Nobody is told any more. */
	clear(): void {
		this.#published.clear();
		this.#granted.clear();
	}
}
