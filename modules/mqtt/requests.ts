/**
 * Subscriptions: what is asked of the broker and not yet answered, and what the broker has granted,
 * to be asked again where it has lost the session.
 *
 * Pure. Bounds: REQUESTS_MAX requests waiting, FILTERS_MAX filters in one, SUBSCRIPTIONS_MAX
 * granted.
 */
import type { PacketOut, QoS } from "./mqtt-packet.js";

export const REQUESTS_MAX = 16;
export const FILTERS_MAX = 64;
export const SUBSCRIPTIONS_MAX = 64;
/** SUBACK codes from here on are refusals. */
export const REFUSAL = 0x80;

export interface Request {
	readonly kind: "subscribe" | "unsubscribe";
	readonly filters: readonly { readonly filter: string; readonly qos: QoS }[];
	/** The asker's name for it, 0 for none. */
	readonly handle: number;
	/** 0 until sent. */
	id: number;
}

export class Requests {
	readonly #waiting: Request[] = [];
	readonly #granted: Map<string, QoS> = new Map();

	get full(): boolean {
		return this.#waiting.length >= REQUESTS_MAX;
	}

	add(request: Request): void {
		this.#waiting.push(request);
	}

	uses(id: number): boolean {
		return this.#waiting.some((request) => request.id === id);
	}

	/** The next one to be sent: one at a time, so that answers cannot be confused. */
	next(): Request | undefined {
		const first = this.#waiting[0];
		return first !== undefined && first.id === 0 ? first : undefined;
	}

	/**
	 * @returns the request that `id` answers, which is then done; `undefined` where there is none.
	 */
	answered(id: number, kind: Request["kind"]): Request | undefined {
		const first = this.#waiting[0];
		if (first === undefined || first.id !== id || first.kind !== kind) return undefined;
		return this.#waiting.shift();
	}

	/** Remembers what was granted; `codes` as in SUBACK, one a filter. */
	settle(request: Request, codes: readonly number[]): void {
		request.filters.forEach(({ filter, qos }, i) => {
			if (request.kind === "unsubscribe" || (codes[i] ?? REFUSAL) >= REFUSAL)
				this.#granted.delete(filter);
			else if (this.#granted.has(filter) || this.#granted.size < SUBSCRIPTIONS_MAX)
				this.#granted.set(filter, qos);
		});
	}

	/** Whether `more` further filters still fit. */
	hasRoom(filters: readonly string[]): boolean {
		const names = new Set([...this.#granted.keys(), ...filters]);
		for (const request of this.#waiting)
			for (const { filter } of request.filters) names.add(filter);
		return names.size <= SUBSCRIPTIONS_MAX;
	}

	/** The connection is gone: unanswered requests are sent again on the next one. */
	lost(): void {
		for (const request of this.#waiting) request.id = 0;
	}

	/** The broker has lost the session: asks for everything granted again, before what is waiting. */
	renew(): void {
		if (this.#waiting[0]?.handle === RENEWAL) this.#waiting.shift();
		if (this.#granted.size === 0) return;
		const filters = [...this.#granted].map(([filter, qos]) => ({ filter, qos }));
		this.#waiting.unshift({ kind: "subscribe", filters, handle: RENEWAL, id: 0 });
	}
}

/** The handle of a request that `renew` made. */
export const RENEWAL = -1;

export function requestPacket(request: Request): PacketOut {
	const messageId = request.id;
	return request.kind === "subscribe"
		? {
				cmd: "subscribe",
				messageId,
				subscriptions: request.filters.map(({ filter, qos }) => ({ topic: filter, qos })),
			}
		: {
				cmd: "unsubscribe",
				messageId,
				unsubscriptions: request.filters.map(({ filter }) => filter),
			};
}
