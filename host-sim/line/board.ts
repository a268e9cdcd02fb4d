/**
 * A simulated board as its enroller sees it: its bundle is written into its flash image before each start of its
 * process, and when the bundle's private key becomes another one (`interlock keys rotate`), the process is ended and
 * started again with it. A real board has to be provisioned anew for that. A new credential for the same key, or of
 * the server's, needs none of this: it comes to the running station by the broker.
 */
import { join } from "node:path";
import { fileStamp, KeysError, loadBundle } from "../../keys/keys.js";
import type { Clock, Timer } from "../../modules/ports/clock.js";
import type { BoardKind } from "../board-kind.js";
import { addressOf, provisionStation } from "./station.js";

/** How often the bundle is looked at. */
export const BUNDLE_LOOK_MS = 500;

export interface BoardOptions {
	/** The station's bundle (keys/plant.ts). */
	readonly bundle: string;
	/** `mqtt://host:port` */
	readonly url: string;
	readonly flash: string;
	/** Bytes of a slot, where the image is new. */
	readonly slotSize?: number | undefined;
	/** linux */
	readonly board?: BoardKind | undefined;
	readonly clock: Clock;
	/** A line for people. */
	readonly log: (line: string) => void;
}

export class SimulatedBoard {
	readonly #options: BoardOptions;
	readonly #host: string;
	/** The station's full name. */
	readonly station: string;
	#provisioned: string;
	#timer: Timer | undefined;

	private constructor(options: BoardOptions, host: string) {
		this.#options = options;
		this.#host = host;
		this.#provisioned = this.#keyStamp();
		this.station = this.#write();
	}

	/**
	 * Looks the broker's address up and provisions the board.
	 *
	 * @throws KeysError, FlashImageError, LineError `broker` where the host has no address.
	 */
	static async make(options: BoardOptions): Promise<SimulatedBoard> {
		return new SimulatedBoard(options, await addressOf(new URL(options.url).hostname));
	}

	/** Before each start of the process, while none runs: a bundle that cannot be used leaves the board as it was. */
	provision(): void {
		const stamp = this.#keyStamp();
		try {
			this.#write();
			this.#provisioned = stamp;
		} catch (error) {
			if (!(error instanceof KeysError)) throw error;
			this.#options.log(`not provisioned again: ${error.message}`);
		}
	}

	/** @param onNewKey - there is another key, whole and good: the process has to start anew. */
	watch(onNewKey: () => void): void {
		this.#timer = this.#options.clock.set(BUNDLE_LOOK_MS, () => {
			if (this.#keyStamp() !== this.#provisioned && this.#isWhole()) onNewKey();
			this.watch(onNewKey);
		});
	}

	/** May be called twice. */
	close(): void {
		this.#timer?.cancel();
	}

	#write(): string {
		const { bundle, url, flash, slotSize, board } = this.#options;
		const port = Number(new URL(url).port);
		return provisionStation({ bundle, flash, host: this.#host, port, slotSize, board });
	}

	#keyStamp(): string {
		return fileStamp(join(this.#options.bundle, "kem.der"));
	}

	/** While keys are being changed the bundle's parts may not fit. */
	#isWhole(): boolean {
		try {
			loadBundle(this.#options.bundle);
			return true;
		} catch (error) {
			if (error instanceof KeysError) return false;
			throw error;
		}
	}
}
