/**
 * The network between the parties and the broker: the Transport port with delays, pieces and partitions. Bytes of one
 * connection arrive in order and none is lost while it lasts, as TCP has it; what is sent into a partition arrives
 * when that ends. A process that dies is not heard of again: the broker finds out by itself.
 */
import type { Connection, Transport, TransportEvents } from "../../modules/ports/transport.js";
import type { Dice } from "./dice.js";
import type { Process, VirtualTime } from "./time.js";

/** Bytes a receiver gets at a time, as the port says. */
const PIECE_SIZE_MAX = 4096;
const CONNECT_TIMEOUT_MS = 3000;

/** What carries bytes between one party and the broker, as it is at the moment. */
export interface LinkState {
	/** Of one piece, one way. */
	latencyMs: number;
	/** On top of that, at most. */
	jitterMs: number;
	/** Nothing comes through before. */
	downUntilMs: number;
	/** How often a piece comes in two. */
	splitting: number;
}

/** The broker's end of a connection. */
export interface Accepted {
	received(bytes: Uint8Array): void;
	/** The party has closed it. */
	ended(): void;
}

export interface Listener {
	/** `undefined`: nobody listens. */
	accept(peer: Peer): Accepted | undefined;
	/** Whose events those at the broker's end are. */
	readonly process: Process;
}

/** A connection as the broker sees it. */
export interface Peer {
	readonly party: string;
	send(bytes: Uint8Array): void;
	/** @param isTold - whether the party hears of it. */
	close(isTold: boolean): void;
}

export class Network {
	readonly #time: VirtualTime;
	readonly #dice: Dice;
	readonly #links = new Map<string, LinkState>();
	listener: Listener | undefined;

	constructor(time: VirtualTime, dice: Dice) {
		this.#time = time;
		this.#dice = dice;
	}

	link(party: string): LinkState {
		let link = this.#links.get(party);
		if (!link) {
			link = { latencyMs: 1, jitterMs: 0, downUntilMs: 0, splitting: 0 };
			this.#links.set(party, link);
		}
		return link;
	}

	transport(process: Process): Transport {
		const connect = (_host: string, _port: number, events: TransportEvents): Connection =>
			this.#connect(process, events);
		return { connect };
	}

	#connect(process: Process, events: TransportEvents): Connection {
		const time = this.#time;
		const link = this.link(process.name);
		const there = new Pipe(time, link, this.#dice);
		const back = new Pipe(time, link, this.#dice);
		let accepted: Accepted | undefined;
		/** Closed at this party's end; closed at the broker's. */
		let isClosed = false;
		let isGone = false;
		const end = (reason: string): void => {
			if (isClosed) return;
			isClosed = true;
			events.closed(reason);
		};
		const peer: Peer = {
			party: process.name,
			send: (bytes) => {
				if (isGone) return;
				for (let at = 0; at < bytes.length; at += PIECE_SIZE_MAX)
					back.send(bytes.slice(at, at + PIECE_SIZE_MAX), process, (piece) => {
						if (!isClosed) events.received(piece);
					});
			},
			close: (isTold) => {
				isGone = true;
				accepted = undefined;
				if (isTold) back.inTurn(process, () => end("the broker closed the connection"));
			},
		};
		time.after(
			link.downUntilMs > time.nowMs ? CONNECT_TIMEOUT_MS : there.delayMs(),
			process,
			() => {
				if (isClosed) return;
				accepted = link.downUntilMs > time.nowMs ? undefined : this.listener?.accept(peer);
				if (accepted) events.opened();
				else end("nobody listens at the broker's address");
			},
		);
		return {
			write: (bytes) => {
				if (isClosed) return 0;
				const to = this.listener?.process;
				if (isGone) back.inTurn(process, () => end("the connection was reset"));
				else if (to) there.send(bytes.slice(), to, (piece) => accepted?.received(piece));
				return bytes.length;
			},
			close: () => {
				if (isClosed) return;
				isClosed = true;
				const to = this.listener?.process;
				if (to) there.inTurn(to, () => accepted?.ended());
			},
		};
	}
}

/** One direction of a connection. */
class Pipe {
	readonly #time: VirtualTime;
	readonly #link: LinkState;
	readonly #dice: Dice;
	#lastMs = 0;

	constructor(time: VirtualTime, link: LinkState, dice: Dice) {
		this.#time = time;
		this.#link = link;
		this.#dice = dice;
	}

	delayMs(): number {
		const { latencyMs, jitterMs } = this.#link;
		return jitterMs > 0 ? this.#dice.between(latencyMs, latencyMs + jitterMs) : latencyMs;
	}

	send(bytes: Uint8Array, to: Process, receive: (piece: Uint8Array) => void): void {
		const { splitting } = this.#link;
		if (splitting > 0 && bytes.length > 1 && this.#dice.chance(splitting)) {
			const at = this.#dice.whole(1, bytes.length - 1);
			this.inTurn(to, () => receive(bytes.slice(0, at)));
			this.inTurn(to, () => receive(bytes.slice(at)));
		} else this.inTurn(to, () => receive(bytes));
	}

	/** After everything that was sent before. */
	inTurn(to: Process, work: () => void): void {
		const time = this.#time;
		const fromMs = Math.max(time.nowMs, this.#link.downUntilMs);
		this.#lastMs = Math.max(this.#lastMs, fromMs + this.delayMs());
		time.after(this.#lastMs - time.nowMs, to, work);
	}
}
