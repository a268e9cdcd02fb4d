/**
 * Pulls the network cables of all emulated chips of a line at once, and puts them back. Linux boards have none of their
 * own and keep their connections.
 */
import type { StationProcess } from "../station-process.js";

export class NetworkSwitch {
	/** Of the stations' present processes. */
	readonly #boards = new Map<string, Pick<StationProcess, "cutNetwork">>();
	#isCut = false;
	#onChange: (isCut: boolean) => void = () => {};

	get isCut(): boolean {
		return this.#isCut;
	}

	/** Told of each change. */
	watch(onChange: (isCut: boolean) => void): void {
		this.#onChange = onChange;
	}

	/** A station's process was started: it finds the cable as it is. */
	attach(station: string, board: Pick<StationProcess, "cutNetwork">): void {
		this.#boards.set(station, board);
		if (this.#isCut) void this.#tell(board);
	}

	/** Resolves when it is so at every chip that runs. */
	async set(isCut: boolean): Promise<void> {
		this.#isCut = isCut;
		this.#onChange(isCut);
		await Promise.all([...this.#boards.values()].map((board) => this.#tell(board)));
	}

	/** One that has just died is told by {@link attach}, when it starts again. */
	async #tell(board: Pick<StationProcess, "cutNetwork">): Promise<void> {
		await board.cutNetwork?.(this.#isCut).catch(() => undefined);
	}
}
