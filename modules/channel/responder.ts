/**
 * The server's side of the handshake, and its table of sessions (docs/protocol.md §5).
 *
 *   per station   up to 4 pending sessions, each for 60 s, none evicted by another;
 *                 one confirmed session: the one whose first record, `ready`, opened last
 *
 *   HELLO   known station, right suite, name and epochs, in the limits → one RSA operation → pending, WELCOME
 *           the same HELLO again → the same WELCOME, no RSA operation
 *   record  of a pending session, opens, `ready` → that session is confirmed, the older ones are closed
 *           of the confirmed session → opened
 *
 * A HELLO by itself changes nothing that is in use: it is not signed, and anyone can repeat one. RSA runs where the
 * caller's `unwrap` runs it, off the event loop. Left out: topics, sending, what a message means.
 */

import { hex, sameBytes } from "../bytes/bytes.js";
import { frozen } from "../bytes/frozen.js";
import type { StationMessage } from "../messages/types.js";
import type { Crypto, Secret } from "../ports/crypto.js";
import { type Answer, answerHello } from "./answer.js";
import type { Credential } from "./credential.js";
import {
	decodeHello,
	HANDSHAKE_SIZE_MAX,
	HELLO_LABEL,
	type Hello,
	SESSION_ID_SIZE,
	SUITE,
} from "./handshake.js";
import { Limiter, type Rate } from "./limiter.js";
import { RECORD_HEADER_SIZE, RECORD_KIND, type ServerSession, sessionIdOf } from "./session.js";

export interface ResponderLimits {
	/** Pending sessions a station may have. */
	readonly pendingMax: number;
	readonly pendingMs: number;
	/** Times the WELCOME of one pending session is given out again. */
	readonly repeatsMax: number;
	/** HELLOs of one station that cost an RSA operation. */
	readonly stationRate: Rate;
	/** The same, of all stations together. */
	readonly totalRate: Rate;
	/** RSA operations waiting at one time. */
	readonly openingMax: number;
}

export const RESPONDER_LIMITS: ResponderLimits = frozen({
	pendingMax: 4,
	pendingMs: 60_000,
	repeatsMax: 8,
	stationRate: { burst: 16, perSecond: 1 },
	totalRate: { burst: 256, perSecond: 100 },
	openingMax: 256,
});

/**
 * Why a HELLO got no WELCOME. `shape`: not a HELLO of this suite for this topic; `unknown`: no such station;
 * `epoch`: of other credentials than today's; `full`: four pending; `rate`, `busy`: too many; `repeat`: asked for
 * again too often, or already confirmed; `unauthentic`: the key exchange failed; `dropped`: meanwhile dropped.
 */
export type HelloRefusal =
	| "shape"
	| "unknown"
	| "epoch"
	| "full"
	| "rate"
	| "busy"
	| "repeat"
	| "unauthentic"
	| "dropped";

export interface ResponderOptions {
	readonly crypto: Crypto;
	/** The server's own; may be another one later. A handshake goes on with the one that it began with. */
	readonly credential: Credential;
	/** Unwraps with the private half of today's `credential.kem`, not on the event loop. */
	readonly unwrap: (wrapped: Uint8Array, label: string) => Promise<Secret | undefined>;
	/** The credential that stands for a station now. At most 1,024 names have one. */
	readonly stationCredential: (name: string) => Credential | undefined;
	readonly clock: { nowMs(): number };
	readonly limits?: Partial<ResponderLimits>;
}

export interface OpenedRecord {
	readonly session: ServerSession;
	readonly message: StationMessage;
	readonly seq: number;
	/** This record, a `ready`, made the session the confirmed one; the session before is closed. */
	readonly first: boolean;
}

/** The credentials that a session rests on. */
export interface Parties {
	readonly server: Credential;
	readonly station: Credential;
}

interface Pending {
	readonly helloId: string;
	readonly parties: Parties;
	readonly sinceMs: number;
	/** `undefined` while RSA runs. */
	session: ServerSession | undefined;
	welcome: Promise<Uint8Array | undefined>;
	repeats: number;
}

interface Station {
	readonly limiter: Limiter;
	/** In the order of their HELLOs. */
	pending: Pending[];
	confirmed:
		| (Pick<Pending, "helloId" | "parties"> & { readonly session: ServerSession })
		| undefined;
}

export class Responder {
	readonly #options: ResponderOptions;
	readonly #limits: ResponderLimits;
	readonly #total: Limiter;
	readonly #stations = new Map<string, Station>();
	readonly #refused = new Map<HelloRefusal, number>();
	#opening = 0;
	#recordsRefused = 0;
	#closed = false;

	constructor(options: ResponderOptions) {
		this.#options = options;
		this.#limits = { ...RESPONDER_LIMITS, ...options.limits };
		this.#total = new Limiter(this.#limits.totalRate, options.clock.nowMs());
	}

	/** HELLOs refused so far, by reason. */
	get refused(): ReadonlyMap<HelloRefusal, number> {
		return this.#refused;
	}
	/** Records that opened in no session, or not before `ready`. */
	get recordsRefused(): number {
		return this.#recordsRefused;
	}

	/**
	 * @param name - `<line>.<station>`, from the topic.
	 * @returns WELCOME, to be published on the station's `down`; `undefined` where the HELLO is refused.
	 */
	hello(name: string, bytes: Uint8Array): Promise<Uint8Array | undefined> {
		const nowMs = this.#options.clock.nowMs();
		const credential = this.#closed ? undefined : this.#options.stationCredential(name);
		if (!credential) return this.#refuse("unknown");
		if (bytes.length > HANDSHAKE_SIZE_MAX) return this.#refuse("shape");
		const station = this.#station(name, nowMs);
		this.#expire(station, nowMs);
		const helloDigest = this.#options.crypto.sha256(bytes);
		const helloId = hex(helloDigest);
		if (station.confirmed?.helloId === helloId) return this.#refuse("repeat");
		const known = station.pending.find((pending) => pending.helloId === helloId);
		if (known) {
			if (known.repeats >= this.#limits.repeatsMax) return this.#refuse("repeat");
			known.repeats++;
			return known.welcome;
		}
		const hello = decodeHello(bytes);
		const refusal = this.#check(hello, name, credential) ?? this.#admit(station, nowMs);
		if (!hello || refusal) return this.#refuse(refusal ?? "shape");
		const parties = { server: this.#options.credential, station: credential };
		const pending: Pending = {
			helloId,
			parties,
			sinceMs: nowMs,
			session: undefined,
			welcome: Promise.resolve(undefined),
			repeats: 0,
		};
		station.pending.push(pending);
		pending.welcome = this.#accept(station, pending, hello, helloDigest);
		return pending.welcome;
	}

	/**
	 * @param name - `<line>.<station>`, from the topic.
	 * @param record - whatever came on `up` that starts with {@link RECORD_KIND}.
	 * @returns `undefined` where it opened in no session of this station, or is not to be acted on.
	 */
	open(name: string, record: Uint8Array): OpenedRecord | undefined {
		const station = this.#stations.get(name);
		if (!station || record[0] !== RECORD_KIND || record.length < RECORD_HEADER_SIZE)
			return this.#refuseRecord();
		const nowMs = this.#options.clock.nowMs();
		this.#expire(station, nowMs);
		const id = sessionIdOf(record);
		const confirmed = station.confirmed?.session;
		if (confirmed && sameBytes(confirmed.id, id)) {
			const opened = confirmed.open(record);
			return opened ? { session: confirmed, ...opened, first: false } : this.#refuseRecord();
		}
		const at = station.pending.findIndex(({ session }) => session && sameBytes(session.id, id));
		const pending = station.pending[at];
		const session = pending?.session;
		const opened = session?.open(record);
		if (!pending || !session || !opened) return this.#refuseRecord();
		// Later HELLOs stay: the station may have started anew while this record was on its way.
		for (const older of station.pending.slice(0, at)) older.session?.close();
		station.pending = station.pending.slice(at + 1);
		confirmed?.close();
		station.confirmed = { session, helloId: pending.helloId, parties: pending.parties };
		return { session, ...opened, first: true };
	}

	/** The station's confirmed session: the only one that the server seals under. */
	session(name: string): ServerSession | undefined {
		const station = this.#stations.get(name);
		if (station) this.#expire(station, this.#options.clock.nowMs());
		return station?.confirmed?.session;
	}

	/** What the station's confirmed session rests on. */
	parties(name: string): Parties | undefined {
		return this.#stations.get(name)?.confirmed?.parties;
	}

	/** Closes a station's sessions, pending ones too: its credential was replaced or revoked, or it must rekey. */
	drop(name: string): void {
		const station = this.#stations.get(name);
		if (!station) return;
		station.confirmed?.session.close();
		station.confirmed = undefined;
		for (const pending of station.pending) pending.session?.close();
		station.pending = [];
	}

	/** Closes every session. May be called twice; HELLOs are refused from then on. */
	close(): void {
		this.#closed = true;
		for (const name of this.#stations.keys()) this.drop(name);
		this.#stations.clear();
	}

	#station(name: string, nowMs: number): Station {
		let station = this.#stations.get(name);
		if (!station) {
			const limiter = new Limiter(this.#limits.stationRate, nowMs);
			station = { limiter, pending: [], confirmed: undefined };
			this.#stations.set(name, station);
		}
		return station;
	}

	#expire(station: Station, nowMs: number): void {
		const kept: Pending[] = [];
		for (const pending of station.pending) {
			if (nowMs - pending.sinceMs < this.#limits.pendingMs) kept.push(pending);
			else pending.session?.close();
		}
		if (kept.length < station.pending.length) station.pending = kept;
		if (station.confirmed?.session.expired(nowMs)) {
			station.confirmed.session.close();
			station.confirmed = undefined;
		}
	}

	#check(hello: Hello | undefined, name: string, station: Credential): HelloRefusal | undefined {
		if (!hello || hello.suite !== SUITE || hello.name !== name) return "shape";
		const { epoch } = this.#options.credential;
		return hello.stationEpoch === station.epoch && hello.serverEpoch === epoch
			? undefined
			: "epoch";
	}

	#admit(station: Station, nowMs: number): HelloRefusal | undefined {
		if (station.pending.length >= this.#limits.pendingMax) return "full";
		if (this.#opening >= this.#limits.openingMax) return "busy";
		// The station's own limit first: one that is over it takes nothing from the others.
		if (!station.limiter.has(nowMs) || !this.#total.take(nowMs)) return "rate";
		station.limiter.take(nowMs);
		return undefined;
	}

	async #accept(
		station: Station,
		pending: Pending,
		hello: Hello,
		helloDigest: Uint8Array,
	): Promise<Uint8Array | undefined> {
		this.#opening++;
		let secret: Secret | undefined;
		try {
			secret = await this.#options.unwrap(hello.wrapped, HELLO_LABEL);
			if (!station.pending.includes(pending)) return await this.#refuse("dropped");
			const answer = secret && this.#answer(hello, helloDigest, secret, pending.parties);
			if (!answer) return await this.#refuse("unauthentic");
			pending.session = answer.session;
			return answer.welcome;
		} finally {
			this.#opening--;
			secret?.close();
			if (!pending.session) station.pending = station.pending.filter((other) => other !== pending);
		}
	}

	#answer(
		hello: Hello,
		helloDigest: Uint8Array,
		helloSecret: Secret,
		parties: Parties,
	): Answer | undefined {
		const { crypto, clock } = this.#options;
		const sessionId = crypto.random(SESSION_ID_SIZE);
		if (this.#idInUse(hello.name, sessionId)) return undefined;
		const request = { hello, helloDigest, helloSecret, sessionId, ...parties };
		return answerHello(crypto, request, clock.nowMs());
	}

	/** Eight random bytes: a collision is a broken random source, so the handshake fails. */
	#idInUse(name: string, id: Uint8Array): boolean {
		const station = this.#stations.get(name);
		const ids = (station?.pending ?? []).map(({ session }) => session?.id);
		ids.push(station?.confirmed?.session.id);
		return ids.some((other) => other !== undefined && sameBytes(other, id));
	}

	#refuse(reason: HelloRefusal): Promise<undefined> {
		this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
		return Promise.resolve(undefined);
	}

	#refuseRecord(): undefined {
		this.#recordsRefused++;
		return undefined;
	}
}
