/**
 * What goes wrong in one run, all of it drawn from the seed. While {@link Faults} is on, the broker's {@link Courier} is a
 * hostile one (courier.ts).
 */
import type { Courier, Message } from "./broker.js";
import { HostileCourier } from "./courier.js";
import type { Dice } from "./dice.js";
import { SERVER, type SimulatedLine } from "./line.js";
import type { Trouble } from "./trouble.js";

const OFF_MEAN_MS = 3000;
/** Some are so long that a station holds. */
const PARTITION_MEANS_MS = [8000, 8000, 8000, 30_000] as const;
/** How long attempts take: some lines are at work as long as the faults last. */
const SETTLE_MEANS_MS = [20, 500, 3000, 20_000] as const;
/** The server's time of day stays inside the credentials' time, most of the time. */
const JUMP_S_MAX = 30 * 24 * 3600;
const JUMP_FAR_S = 200 * 24 * 3600;
const FAR_MEAN_MS = 10_000;

export class Faults implements Courier {
	readonly #dice: Dice;
	readonly #trouble: Trouble;
	readonly #newRecipe: (station: string) => Promise<void>;
	readonly #tell: (text: string) => void;
	#courier: Courier | undefined;
	#isOn = false;

	/** @param newRecipe - releases another version. @param tell - says what was done. */
	constructor(
		dice: Dice,
		trouble: Trouble,
		newRecipe: (station: string) => Promise<void>,
		tell: (text: string) => void,
	) {
		this.#dice = dice;
		this.#trouble = trouble;
		this.#newRecipe = newRecipe;
		this.#tell = tell;
	}

	deliveries(message: Message, to: string): readonly number[] {
		return this.#courier?.deliveries(message, to) ?? [0];
	}

	/** @param line - to which it is done from now on. */
	begin(line: SimulatedLine): void {
		this.#isOn = true;
		const trouble = this.#trouble;
		this.#courier = new HostileCourier(line, this.#dice, trouble, (text) =>
			this.#tell(`broker ${text}`),
		);
		line.onDeath = (party) => this.#died(line, party);
		for (const board of line.boards) {
			board.clockRate = this.#dice.between(0.97, 1.03);
			board.settleMs = this.#dice.waitMs(this.#dice.pick(SETTLE_MEANS_MS));
		}
		this.#often(line, trouble.partitions, () => this.#partition(line));
		this.#often(line, trouble.resets, () => this.#reset(line));
		this.#often(line, trouble.brokerRestarts, () => this.#restartBroker(line));
		this.#often(line, trouble.powerCuts, () => this.#cutPower(line));
		this.#often(line, trouble.serverCrashes, () => this.#crashServer(line));
		this.#often(line, trouble.clockJumps, () => this.#jump(line));
		this.#often(line, trouble.slowness, () => this.#slow(line));
		this.#often(line, trouble.releases, () => this.#release(line));
		this.#often(line, trouble.keyChanges, () => this.#changeKeys(line));
	}

	/** Everything is put right; what is under way arrives. */
	async end(line: SimulatedLine): Promise<void> {
		this.#isOn = false;
		this.#courier = undefined;
		this.#tell("no more faults");
		line.timeOffMs = 0;
		line.commitMs = 0;
		line.rsaMs = 1;
		line.crash = undefined;
		for (const party of [SERVER, ...line.plant.stations]) {
			const link = line.network.link(party);
			Object.assign(link, { latencyMs: 1, jitterMs: 0, downUntilMs: 0, splitting: 0 });
		}
		if (!line.broker.isUp) line.broker.start(true);
		await line.startServer();
		for (const board of line.boards) {
			board.settleMs = 20;
			board.flash.power.operationsLeft = Number.POSITIVE_INFINITY;
			board.powerOn();
		}
	}

	#often(line: SimulatedLine, perMinute: number, work: () => void | Promise<void>): void {
		if (perMinute <= 0) return;
		const next = (): void => {
			line.time.after(this.#dice.waitMs(60_000 / perMinute), line.operator, () => {
				if (!this.#isOn) return;
				void work();
				next();
			});
		};
		next();
	}

	#later(line: SimulatedLine, meanMs: number, work: () => void | Promise<void>): void {
		line.time.after(this.#dice.waitMs(meanMs), line.operator, () => {
			if (this.#isOn) void work();
		});
	}

	#partition(line: SimulatedLine): void {
		const party = this.#dice.pick([SERVER, ...line.plant.stations]) as string;
		const durationMs = this.#dice.waitMs(this.#dice.pick(PARTITION_MEANS_MS));
		const link = line.network.link(party);
		link.downUntilMs = Math.max(link.downUntilMs, line.time.nowMs + durationMs);
		this.#tell(`${party} is cut off for ${Math.round(durationMs)} ms`);
	}

	#reset(line: SimulatedLine): void {
		const party = this.#dice.pick([SERVER, ...line.plant.stations]) as string;
		this.#tell(`the connection of ${party} breaks`);
		line.broker.drop(party, this.#dice.chance(0.7));
	}

	#restartBroker(line: SimulatedLine): void {
		if (!line.broker.isUp) return;
		const keepsQueued = this.#dice.chance(0.5);
		const keepsRetained = this.#dice.chance(0.5);
		this.#tell(
			`the broker stops, ${keepsQueued ? "with" : "without"} its queue, ` +
				`${keepsRetained ? "with" : "without"} what it retained`,
		);
		line.broker.stop(() => this.#dice.chance(0.7), keepsQueued);
		this.#later(line, OFF_MEAN_MS, () => {
			if (line.broker.isUp) return;
			this.#tell("the broker starts");
			line.broker.start(keepsRetained);
		});
	}

	#cutPower(line: SimulatedLine): void {
		const board = this.#dice.pick(line.boards);
		if (!board?.isOn) return;
		const { power } = board.flash;
		if (this.#dice.chance(0.7)) {
			power.operationsLeft = this.#dice.whole(0, 12);
			power.part = this.#dice.pick([0, 1, this.#dice.fraction()]);
			return;
		}
		this.#died(line, board.name);
	}

	#crashServer(line: SimulatedLine): void {
		if (!line.isServerOn) return;
		if (this.#dice.chance(0.7))
			line.crash = { commits: this.#dice.whole(0, 8), isBefore: this.#dice.chance(0.5) };
		else this.#died(line, SERVER);
	}

	/** A party is dead; after a while it is switched on again. */
	#died(line: SimulatedLine, party: string): void {
		if (party === SERVER) line.killServer(this.#dice.chance(0.7));
		else {
			line.boards.find(({ name }) => name === party)?.cut();
			if (this.#dice.chance(0.3)) line.broker.drop(party, false);
		}
		this.#later(line, OFF_MEAN_MS, async () => {
			if (party === SERVER) await line.startServer();
			else line.boards.find(({ name }) => name === party)?.powerOn();
		});
	}

	#jump(line: SimulatedLine): void {
		const dice = this.#dice;
		const isFar = dice.chance(0.2);
		const offS = isFar ? JUMP_FAR_S : dice.between(-3600, JUMP_S_MAX);
		line.timeOffMs = offS * 1000;
		this.#tell(`the server's time of day jumps to ${Math.round(offS)} s off`);
		// Nobody goes on by a credential that is over.
		if (isFar)
			this.#later(line, FAR_MEAN_MS, () => {
				line.timeOffMs = 0;
				this.#tell("the server's time of day is right again");
			});
	}

	#slow(line: SimulatedLine): void {
		const dice = this.#dice;
		const party = dice.pick([SERVER, ...line.plant.stations]) as string;
		const link = line.network.link(party);
		link.latencyMs = dice.waitMs(100);
		link.jitterMs = dice.waitMs(300);
		link.splitting = dice.fraction();
		this.#tell(`${party} is slow: ${Math.round(link.latencyMs)} ms and more`);
		if (party === SERVER) {
			line.commitMs = dice.waitMs(100);
			line.rsaMs = dice.waitMs(300);
		} else {
			const board = line.boards.find(({ name }) => name === party);
			if (board) board.settleMs = dice.waitMs(3000);
		}
	}

	async #release(line: SimulatedLine): Promise<void> {
		const station = this.#dice.pick(line.plant.stations) as string;
		this.#tell(`a new version of the recipe of ${station}`);
		await this.#newRecipe(station);
	}

	#changeKeys(line: SimulatedLine): void {
		const station = this.#dice.pick(["", ...line.plant.stations]) as string;
		this.#tell(`new ${station === "" ? "keys for the server" : `credential for ${station}`}`);
		if (station === "") line.plant.rotateServer();
		else line.plant.renewStation(station);
		line.announceKeys();
	}
}
