/** A station's logs on a board of its own for tests, and a server that pulls them with the real key. */
import assert from "node:assert/strict";
import { concat } from "../../modules/bytes/bytes.js";
import { type Block, parseBlock } from "../../modules/envelope/block.js";
import { LOG_LABEL, LogOpener, type Opening, parseOpening } from "../../modules/envelope/log.js";
import type { LogOffer } from "../../modules/messages/types.js";
import { type AttemptName, LOGS_MAX } from "../../modules/station/log-record.js";
import { Logs } from "../../modules/station/logs.js";
import type { StationState } from "../../modules/station/state.js";
import * as channel from "../channel/support.js";
import { ManualClock } from "./clock.js";
import { MemoryKeyValue, MemoryPartition } from "./memory.js";
import { states } from "./samples.js";

export const SENDER = channel.STATION;
export const SLOT_SIZE = 32 * 1024;
const { crypto } = channel;

export function nameOf(attempt: number, serial = "U-1"): AttemptName {
	return { serial, visit: 1, step: 1, attempt };
}

/** Bytes that tell where they stand. */
export function content(size: number, salt = 0): Uint8Array {
	return Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8) + salt) & 0xff);
}

export class LogBench {
	readonly clock = new ManualClock();
	readonly store = new MemoryKeyValue();
	readonly partitions: MemoryPartition[];
	/** Published, and not yet written to the network. */
	readonly queue: { readonly block: Uint8Array; readonly done: () => void }[] = [];
	readonly unreadable: string[] = [];
	readonly progress: [number, number, number][] = [];
	/** As `onChange` told it. */
	freed = 0;
	/** The MQTT client takes so many blocks. */
	room = 16;
	state: StationState = states.idle;
	logs: Logs;

	constructor(partitions = 2) {
		this.partitions = Array.from({ length: partitions }, () => new MemoryPartition(SLOT_SIZE));
		this.logs = this.powerOn();
	}

	/** The firmware starts on what is in storage. */
	powerOn(): Logs {
		this.queue.length = 0;
		this.store.isDead = false;
		this.store.writesToPowerCut = Number.POSITIVE_INFINITY;
		for (const partition of this.partitions) partition.bytesToPowerCut = Number.POSITIVE_INFINITY;
		this.logs = new Logs({
			crypto,
			clock: this.clock,
			log: () => undefined,
			sender: SENDER,
			trust: { server: channel.server },
			store: this.store,
			slots: this.partitions,
			state: () => this.state,
			publish: (block, done) => {
				if (this.queue.length >= this.room) return false;
				this.queue.push({ block, done });
				return true;
			},
			onChange: (isFree) => {
				if (isFree) this.freed++;
			},
			onWaiting: () => undefined,
			onProgress: (...progress) => this.progress.push(progress),
			onUnreadable: (what) => this.unreadable.push(what),
		});
		assert.ok(partitionsUsed(this.partitions) <= LOGS_MAX);
		return this.logs;
	}

	/** A whole trial that logs `bytes`, in pieces of `piece`. @returns whether all had room. */
	trial(name: AttemptName, bytes: Uint8Array, piece = 1000): boolean {
		this.logs.begin(name);
		let isWhole = true;
		for (let at = 0; at < bytes.length; at += piece)
			isWhole = this.logs.write(bytes.subarray(at, at + piece));
		this.logs.end();
		return isWhole;
	}

	/** What goes out until nothing more does: the network takes everything. */
	sent(): Block[] {
		const blocks: Block[] = [];
		for (;;) {
			this.clock.advance(0);
			const next = this.queue.shift();
			if (!next) return blocks;
			blocks.push(parseBlock(next.block) as Block);
			next.done();
		}
	}

	offer(): LogOffer | undefined {
		return this.logs.request(this.clock.nowMs());
	}

	/** Pulls the log that is offered, some segments at a time, and opens it. */
	fetch(offer: LogOffer, count = 3): Uint8Array {
		const { digest } = offer;
		this.logs.pull({ type: "pull", digest, head: true, first: 0, count: 0 });
		const [head, ...others] = this.sent();
		assert.ok(head?.kind === "head");
		assert.equal(others.length, 0);
		assert.deepEqual(crypto.sha256(head.head), digest);
		const opener = openerOf(offer, parseOpening(head.head));
		const parts: Uint8Array[] = [];
		while (parts.length < offer.segments) {
			this.logs.pull({ type: "pull", digest, head: false, first: parts.length, count });
			for (const block of this.sent()) {
				assert.ok(block.kind === "segment");
				assert.equal(block.index, parts.length);
				const plaintext = opener.open(block.index, block.sealed);
				assert.ok(plaintext, `segment ${block.index} does not open`);
				parts.push(plaintext);
			}
		}
		return concat(...parts);
	}

	/** Takes what is offered, whole, and lets the station forget it. */
	take(): { readonly offer: LogOffer; readonly content: Uint8Array } | undefined {
		const offer = this.offer();
		if (!offer) return undefined;
		const taken = { offer, content: this.fetch(offer) };
		this.logs.kept(offer.digest);
		return taken;
	}
}

export function openerOf(offer: LogOffer, opening: Opening): LogOpener {
	assert.equal(opening.sender, SENDER);
	const key = channel.privateKey("serverKem", "unwrap");
	const secret = crypto.unwrap(key, opening.wrappedKey, LOG_LABEL);
	assert.ok(secret);
	return new LogOpener(crypto, opening, offer.size, secret);
}

function partitionsUsed(partitions: readonly MemoryPartition[]): number {
	return partitions.filter(({ writes }) => writes > 0).length;
}
