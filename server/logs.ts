/**
 * Measurement logs on their way from stations into the store (docs/protocol.md §8). A station says in its session that it
 * has a log; from then on the server pulls it, window after window, and asks for what did not come.
 *
 *   log ──▶ pull of the opening ──▶ unwrapped, stored ──▶ pull of a window ──all there──▶ pieces stored ──▶ … ──▶ kept
 *                                                             └─ some missing: half the window, only those
 *
 * A segment is taken when it was asked for and its tag is right; anybody may put other blocks on the topic, and they change
 * nothing. What is in the database stays through a restart: the next pull begins after it. Bounds: UPLOADS_MAX at once,
 * one a station; of each, the window and less than a piece before it are in memory.
 *
 * Left out: what an attempt's log means; reading it back (operations.ts).
 */
import { concat, sameBytes } from "../modules/bytes/bytes.js";
import { type Block, isBlockOf, parseBlock } from "../modules/envelope/block.js";
import { LOG_LABEL, LogOpener, type Opening, parseOpening } from "../modules/envelope/log.js";
import { EnvelopeError } from "../modules/envelope/parts.js";
import { SEGMENT_SIZE_MAX, segmentCount } from "../modules/envelope/sizes.js";
import type { Kept, LogOffer, Pull, ServerMessage } from "../modules/messages/types.js";
import type { Clock } from "../modules/ports/clock.js";
import type { PrivateKey } from "../modules/ports/crypto.js";
import type { NodeCrypto } from "./crypto.js";
import type { OnEvent, Transfer } from "./events.js";
import { PullWindow } from "./pull-window.js";
import { PIECE_SIZE, type Store, type StoredLog, type StoreReader } from "./store/store.js";

/** Logs pulled at once, one from a station. */
export const UPLOADS_MAX = 8;
/** One that has not moved for so long gives way to another that waits. */
export const IDLE_MS = 10_000;
const PIECE_SEGMENTS = PIECE_SIZE / SEGMENT_SIZE_MAX;

/** Why a log, or a block of one, is not taken. */
export type LogRefusal =
	/** Of an attempt that is not in the database, or was not made by this station. */
	| "log-attempt"
	/** There is another log of that attempt. */
	| "log-other"
	/** Its opening is not what the station said, or not one at all. */
	| "log-opening"
	/** Its key was not wrapped for a key that the server has. */
	| "log-key"
	/** A block that was not asked for, or is not that segment of that log. */
	| "log-block";

export interface LogsOptions {
	readonly store: Store;
	readonly fence: number;
	readonly crypto: NodeCrypto;
	readonly line: string;
	readonly clock: Clock;
	/** Milliseconds since 1970-01-01. */
	readonly timeMs: () => number;
	/** The server's own of that epoch of its credential. */
	readonly kem: (epoch: number) => PrivateKey;
	/** Says something to a station in its session of this moment. */
	readonly send: (station: string, message: ServerMessage) => void;
	readonly onRefused: (station: string, reason: LogRefusal, serial?: string) => void;
	readonly onMoved: (transfer: Transfer) => void;
	readonly onEvent: OnEvent;
	readonly onFailure: (error: unknown) => void;
}

interface Upload {
	readonly station: string;
	readonly offer: LogOffer;
	/** From when the opening is stored. */
	opener: LogOpener | undefined;
	file: number;
	/** Segments in the database. */
	stored: number;
	/** Opened, and not in the database yet; from `stored` on. */
	readonly segments: Map<number, Uint8Array>;
	readonly window: PullWindow;
	/** Something is being stored or unwrapped: what is asked for next follows by itself. */
	isBusy: boolean;
	movedMs: number;
}

export class Logs {
	readonly #options: LogsOptions;
	readonly #uploads = new Map<string, Upload>();
	/** Stations whose log is asked for when there is room; no more than there are stations. */
	readonly #waiting = new Map<string, LogOffer>();
	readonly #working = new Set<Promise<void>>();
	#closed = false;

	constructor(options: LogsOptions) {
		this.#options = options;
	}

	/** A station says that it has a log. @returns what to answer; nothing where a pull follows by itself. @throws StoreError. */
	async offered(station: string, offer: LogOffer): Promise<ServerMessage | undefined> {
		const { clock, onRefused, store, line } = this.#options;
		const present = this.#uploads.get(station);
		if (present && sameBytes(present.offer.digest, offer.digest))
			return present.isBusy ? undefined : this.#next(present);
		if (present) this.#drop(present);
		const { refusal, log, isBehind } = await store.read(async (tx) => {
			const isBehind = (await tx.meta(`behind/${line}`)) !== undefined;
			const log = await tx.log(offer.digest);
			return { isBehind, log, refusal: log ? undefined : await refusalOf(tx, station, offer) };
		});
		const isOwn = log?.station === station;
		// What is missing here may be in the database that this one was restored from.
		if (isBehind && refusal) return { type: "hold" };
		if (refusal || (log && !isOwn)) {
			onRefused(station, refusal ?? "log-other", offer.serial);
			return kept(offer);
		}
		if (log?.keptMs !== undefined) return kept(offer);
		if (!this.#hasRoom()) {
			this.#waiting.set(station, offer);
			return { type: "pull", digest: offer.digest, head: false, first: 0, count: 0 };
		}
		this.#waiting.delete(station);
		const upload = this.#begin(station, offer, clock.nowMs());
		if (log?.contentKey) this.#resume(upload, log, log.contentKey);
		return this.#next(upload);
	}

	/** A payload of a station's topic `log`. */
	block(station: string, payload: Uint8Array): void {
		const upload = this.#uploads.get(station);
		const block = parseBlock(payload);
		if (this.#closed || !upload || !block || !isBlockOf(upload.offer.digest, payload)) {
			if (!this.#closed) this.#options.onRefused(station, "log-block");
			return;
		}
		if (block.kind === "segment") this.#segment(upload, block);
		else if (!upload.opener && !upload.isBusy) this.#head(upload, block.head);
	}

	/** Nothing is taken from now on; resolves when what was begun has ended. */
	async close(): Promise<void> {
		this.#closed = true;
		await Promise.all(this.#working);
		for (const upload of [...this.#uploads.values()]) this.#drop(upload);
	}

	/** Room for one more; one that does not move makes room. */
	#hasRoom(): boolean {
		if (this.#uploads.size < UPLOADS_MAX) return true;
		const nowMs = this.#options.clock.nowMs();
		const idle = [...this.#uploads.values()].find(
			({ isBusy, movedMs }) => !isBusy && nowMs - movedMs >= IDLE_MS,
		);
		if (idle) this.#drop(idle);
		return idle !== undefined;
	}

	#begin(station: string, offer: LogOffer, nowMs: number): Upload {
		const upload: Upload = {
			station,
			offer,
			opener: undefined,
			file: 0,
			stored: 0,
			segments: new Map(),
			window: new PullWindow(offer.segments),
			isBusy: false,
			movedMs: nowMs,
		};
		this.#uploads.set(station, upload);
		return upload;
	}

	#resume(upload: Upload, log: StoredLog, contentKey: Uint8Array): void {
		const { crypto } = this.#options;
		const secret = crypto.importSecret(contentKey);
		upload.opener = new LogOpener(crypto, parseOpening(log.opening), log.size, secret);
		upload.file = log.file;
		upload.stored = log.received;
		upload.window.begin(log.received);
	}

	/** What is asked for next; what was asked for before and has not come is lost. */
	#next({ offer, opener, window }: Upload): Pull {
		const { digest } = offer;
		if (!opener) return { type: "pull", digest, head: true, first: 0, count: 0 };
		return { type: "pull", digest, head: false, ...window.ask() };
	}

	#head(upload: Upload, bytes: Uint8Array): void {
		const { crypto, onRefused } = this.#options;
		const { station, offer } = upload;
		if (!sameBytes(crypto.sha256(bytes), offer.digest)) {
			onRefused(station, "log-block");
			return;
		}
		const opening = openingOf(bytes, station, offer);
		if (opening) this.#work(upload, () => this.#unwrap(upload, opening));
		else this.#refuse(upload, "log-opening");
	}

	async #unwrap(upload: Upload, opening: Opening): Promise<void> {
		const { crypto, kem, store, fence, timeMs } = this.#options;
		const { station, offer } = upload;
		const secret = await crypto.unwrapAsync(
			kem(opening.serverEpoch),
			opening.wrappedKey,
			LOG_LABEL,
		);
		if (!secret) return this.#refuse(upload, "log-key");
		const contentKey = crypto.exportSecret(secret);
		upload.opener = new LogOpener(crypto, opening, offer.size, secret);
		const { type: _type, ...log } = offer;
		upload.file = await store.write(async (tx) => {
			const file = await tx.addFile(timeMs());
			const opened = { opening: opening.bytes, contentKey, file, received: 0, keptMs: undefined };
			await tx.addLog({ ...log, station, ...opened });
			return file;
		}, fence);
	}

	#segment(upload: Upload, { index, sealed }: Extract<Block, { kind: "segment" }>): void {
		const { opener, window, segments, station } = upload;
		const isWanted = opener && !upload.isBusy && window.wants(index);
		const plaintext = isWanted ? opener.open(index, sealed) : undefined;
		if (!plaintext) {
			this.#options.onRefused(station, "log-block");
			return;
		}
		segments.set(index, plaintext);
		window.add(index);
		upload.movedMs = this.#options.clock.nowMs();
		this.#tell(upload);
		if (window.isComplete) this.#work(upload, () => this.#store(upload));
		// They come in order: what is missing before the last one is lost.
		else if (window.isAnswered) this.#options.send(station, this.#next(upload));
	}

	/** Work that takes its time; then the next pull goes out, unless the upload has ended. */
	#work(upload: Upload, work: () => Promise<void>): void {
		upload.isBusy = true;
		const all = work()
			.catch((error) => {
				// What was not stored is asked for again, from the station's next offer on.
				this.#drop(upload);
				this.#options.onFailure(error);
			})
			.then(() => {
				this.#working.delete(all);
				upload.isBusy = false;
				upload.movedMs = this.#options.clock.nowMs();
				if (this.#closed || this.#uploads.get(upload.station) !== upload) return;
				this.#options.send(upload.station, this.#next(upload));
			});
		this.#working.add(all);
	}

	/** Stores whole pieces of what has come, and at the log's end all of it. */
	async #store(upload: Upload): Promise<void> {
		const { store, fence, timeMs, onEvent, send } = this.#options;
		const { offer, segments, file, station, window } = upload;
		const { digest, serial, attempt, size: bytes, cut } = offer;
		const isEnd = window.next === offer.segments;
		const end = isEnd ? window.next : window.next - (window.next % PIECE_SEGMENTS);
		if (end > upload.stored) {
			await store.write(async (tx) => {
				for (let first = upload.stored; first < end; first += PIECE_SEGMENTS) {
					const piece = piecesOf(segments, first, Math.min(end, first + PIECE_SEGMENTS));
					await tx.addPiece(file, first / PIECE_SEGMENTS, piece);
				}
				await tx.putLog(digest, end, isEnd ? timeMs() : undefined);
			}, fence);
			for (let i = upload.stored; i < end; i++) segments.delete(i);
			upload.stored = end;
		}
		if (!isEnd) return;
		this.#drop(upload);
		onEvent({ event: "logged", station, serial, attempt, bytes, cut });
		send(station, kept(offer));
		this.#takeNext();
	}

	#refuse(upload: Upload, reason: LogRefusal): void {
		const { onRefused, send } = this.#options;
		this.#drop(upload);
		onRefused(upload.station, reason, upload.offer.serial);
		send(upload.station, kept(upload.offer));
		this.#takeNext();
	}

	#drop(upload: Upload): void {
		upload.opener?.close();
		upload.segments.clear();
		if (this.#uploads.get(upload.station) === upload) this.#uploads.delete(upload.station);
	}

	/** There is room: the log that has waited longest is asked for. */
	#takeNext(): void {
		const [next] = this.#waiting;
		if (!next || this.#closed) return;
		const [station, offer] = next;
		this.#waiting.delete(station);
		const work = this.offered(station, offer)
			.then((message) => {
				if (message) this.#options.send(station, message);
			})
			.catch((error) => this.#options.onFailure(error))
			.finally(() => this.#working.delete(work));
		this.#working.add(work);
	}

	#tell({ station, offer, stored, segments }: Upload): void {
		const { serial, attempt, segments: of, size: bytes } = offer;
		const named = { direction: "up", station, serial, attempt } as const;
		this.#options.onMoved({ ...named, done: stored + segments.size, of, bytes });
	}
}

async function refusalOf(
	tx: StoreReader,
	station: string,
	offer: LogOffer,
): Promise<LogRefusal | undefined> {
	const { serial, visit, step } = offer;
	const attempt = await tx.attempt(serial, offer.attempt);
	const isOwn = attempt?.station === station && attempt.visit === visit && attempt.step === step;
	if (!isOwn) return "log-attempt";
	const logs = await tx.logs(serial);
	return logs.some((log) => log.attempt === offer.attempt) ? "log-other" : undefined;
}

/** The opening, if it says what the station's offer says. */
function openingOf(bytes: Uint8Array, station: string, offer: LogOffer): Opening | undefined {
	let opening: Opening;
	try {
		opening = parseOpening(bytes);
	} catch (error) {
		if (error instanceof EnvelopeError) return undefined;
		throw error;
	}
	const isAsSaid =
		opening.bytes.length === bytes.length &&
		opening.sender === station &&
		opening.segmentSize === SEGMENT_SIZE_MAX &&
		offer.segments === segmentCount(offer.size, SEGMENT_SIZE_MAX);
	return isAsSaid ? opening : undefined;
}

function piecesOf(
	segments: ReadonlyMap<number, Uint8Array>,
	first: number,
	end: number,
): Uint8Array {
	const parts: Uint8Array[] = [];
	for (let i = first; i < end; i++) parts.push(segments.get(i) as Uint8Array);
	return concat(...parts);
}

function kept({ digest }: LogOffer): Kept {
	return { type: "kept", digest };
}
