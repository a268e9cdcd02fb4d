/**
 * Suite 1 under attack: a whole line with its firmware and its server, the attacker on the wire, and every checker of the
 * simulation watching. An attack counts as stopped where no checker objects, what is decided is what would have been
 * decided without it, and the attacker did not get what it was after.
 */
import { stationTopics } from "../../modules/station/topics.js";
import type { BrokerAddress } from "../../server/address.js";
import { isOpen } from "../../server/core/unit.js";
import { NodeCrypto } from "../../server/crypto.js";
import type { CheckerKind, Seen, Talk } from "../simulation/checks/checker.js";
import { CHECKERS } from "../simulation/checks/index.js";
import { Dice } from "../simulation/dice.js";
import { SERVER, SimulatedLine } from "../simulation/line.js";
import { makeRealPair } from "../simulation/real-keys.js";
import { drawRecipe } from "../simulation/recipe-text.js";
import { Watch } from "../simulation/watch.js";
import type { Finding } from "./attack.js";
import { Script } from "./script.js";
import { ATTACKER, Wire } from "./wire.js";

export interface SceneOptions {
	readonly seed: number;
	/** Left out, the broker is the modelled one. */
	readonly real?: BrokerAddress;
}

/** How an attack wants its line. */
export interface Setting {
	readonly stations?: number;
	readonly units?: number;
	/** The checkers that watch; all of them. Whoever has a station's keys can upset that station's own units. */
	readonly checkers?: readonly CheckerKind[];
}

const STATIONS = 3;
const UNITS = 2;
/** Of each attempt: three segments. */
const LOG_SIZE = 9000;
const EVENTS_MAX = 5_000_000;
/** For a party to learn that its connection is gone. */
const TOLD_MS = 50;
const NOTHING = new Uint8Array();
/** For the last messages to reach a real broker. */
export const LEAVE_MS = 200;
/** How long an attacked line may take to its end, and a part of it. */
const FINISH_MS = 10 * 60_000;
const PART_MS = 2 * 60_000;

/** A decision: what was tried on a unit, and what came of it. */
export interface Decisions {
	readonly [serial: string]: readonly string[];
}

/** What a plant's people do in the course of an attack. */
export type Story = (scene: Scene) => Promise<unknown>;
const atRest: Story = async () => undefined;

export class Scene {
	readonly seed: number;
	readonly wire: Wire;
	readonly script = new Script();
	/** What was sealed and opened, in order. */
	readonly talks: Talk[] = [];
	/** Why the server refused something, and how often it said so. */
	readonly refusals = new Map<string, number>();
	readonly serials: string[] = [];
	readonly recipes: { station: string; text: string }[] = [];
	line!: SimulatedLine;
	/** The attacker's own. */
	readonly crypto = new NodeCrypto();
	readonly #watch = new Watch((_atMs, seen) => this.#see(seen));
	readonly #seeing: ((seen: Seen) => void)[] = [];
	#setting: Setting = {};

	constructor(options: SceneOptions) {
		this.seed = options.seed;
		this.wire = new Wire(options.real);
	}

	/** Builds the line and releases what it needs; nothing is switched on. */
	async build(setting: Setting = {}): Promise<void> {
		this.#setting = setting;
		const { stations = STATIONS, units = UNITS, checkers = CHECKERS } = setting;
		const { seed, wire } = this;
		const { real } = wire;
		this.line = new SimulatedLine({
			seed,
			stations,
			logSize: LOG_SIZE,
			yield: 0.5,
			courier: { deliveries: () => [0] },
			observe: (observation) => this.#watch.see(observation),
			onFailure: (party, error) => this.#watch.unsound(party, error),
			intercept: (message) => wire.pass(message),
			realPair: makeRealPair,
			...(real && { real }),
		});
		wire.connect(this.line.broker);
		const { line, serials, recipes } = this;
		this.#watch.begin(checkers, { line, serials, recipes });
		const dice = new Dice(seed, "recipes");
		for (const station of line.plant.stations) await this.release(station, drawRecipe(dice));
		await this.bringUnits(units);
	}

	/** Builds the line and switches it on. */
	async begin(setting: Setting = {}): Promise<void> {
		await this.build(setting);
		await this.line.start();
	}

	/** More units for the line. */
	async bringUnits(count: number): Promise<void> {
		const first = this.serials.length + 1;
		const more = Array.from({ length: count }, (_, i) => `UNIT-${this.seed}-${first + i}`);
		this.serials.push(...more);
		await this.line.releaseUnits(more);
	}

	/** The next version of a station's recipe. */
	async release(station: string, text: string): Promise<void> {
		this.recipes.push({ station, text });
		await this.line.releaseRecipe(station, text);
	}

	/** Names in the order of a diagram. */
	get parties(): readonly string[] {
		return [SERVER, ATTACKER, ...this.line.plant.stations.map(short)];
	}

	/** Every topic on which a station or the server acts. */
	get topics(): readonly string[] {
		const stations = this.line.plant.stations.map(stationTopics);
		return stations.flatMap(({ up, down, in: tickets, file, log }) => [
			up,
			down,
			tickets,
			file,
			log,
		]);
	}

	/** Cuts a station off for so long; it keeps its session, since it knows that nobody can answer. */
	cutOff(station: string, durationMs: number): void {
		const { time, network, operator } = this.line;
		this.wire.drop(station);
		time.after(TOLD_MS, operator, () => {
			network.link(station).downUntilMs = time.nowMs + durationMs;
		});
	}

	/** Called with everything that is seen from now on. */
	onSeen(see: (seen: Seen) => void): void {
		this.#seeing.push(see);
	}

	#see(seen: Seen): void {
		if (seen.type === "said" || seen.type === "heard") this.talks.push(seen);
		if (seen.type === "event" && seen.event.event === "refused") {
			const { reason } = seen.event;
			this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
		}
		for (const see of this.#seeing) see(seen);
	}

	/** Lets the line run until something is so. @returns whether it came to be so, in simulated time. */
	async until(isSo: () => boolean, limitMs = PART_MS): Promise<boolean> {
		const { time } = this.line;
		const isOver = () => this.#watch.violation !== undefined || isSo();
		await time.run(time.nowMs + limitMs, isOver, EVENTS_MAX);
		return isSo();
	}

	async wait(durationMs: number): Promise<void> {
		await this.until(() => false, durationMs);
	}

	/** Lets the line run to its end. @returns whether it came to it. */
	async finish(): Promise<boolean> {
		return await this.until(() => this.isDone, FINISH_MS);
	}

	get isDone(): boolean {
		for (const unit of this.line.tables.units.values()) if (isOpen(unit)) return false;
		return this.line.boards.every(
			({ state, logsWaiting }) => state === "Idle" && logsWaiting === 0,
		);
	}

	get decisions(): Decisions {
		const { units, attempts } = this.line.tables;
		const decisions: { [serial: string]: string[] } = {};
		for (const { serial, stage } of units.values()) decisions[serial] = [`ended ${stage}`];
		for (const { serial, station, set, pass } of attempts.values())
			decisions[serial]?.push(`${station} set ${set} ${pass ? "pass" : "fail"}`);
		return decisions;
	}

	/**
	 * Runs the line to its end and says what came of the attack.
	 *
	 * @param evidence - what was done and what it met.
	 * @param isHarmed - the attacker got what it was after, by something that no checker sees.
	 * @param story - what the plant itself did to the line after it was switched on.
	 */
	async conclude(evidence: string, isHarmed = false, story: Story = atRest): Promise<Finding> {
		const isFinished = await this.finish();
		if (isFinished) this.#watch.end();
		const { violation } = this.#watch;
		const same = JSON.stringify(this.decisions) === JSON.stringify(await this.#undisturbed(story));
		const isStopped = isFinished && !violation && same && !isHarmed;
		const proof = [evidence];
		if (violation) proof.push(`${violation.checker}: ${violation.why}`);
		else if (!isFinished) proof.push("the line did not come to its end");
		else proof.push(`${(this.#setting.checkers ?? CHECKERS).length} checkers found nothing`);
		proof.push(`the verdicts are ${same ? "the same as" : "other than"} without the attack`);
		return await this.finding(isStopped, proof.join("; "));
	}

	/** For an attack that is judged in its own way. The line ends here. */
	async finding(isStopped: boolean, evidence: string): Promise<Finding> {
		for (const topic of this.wire.retained)
			this.wire.inject({ topic, payload: NOTHING, retain: true });
		if (this.wire.retained.length > 0)
			await this.line.time.run(this.line.time.nowMs + LEAVE_MS, () => false, EVENTS_MAX);
		if (!isStopped) this.script.refute(SERVER, this.violation ?? evidence);
		this.line.killServer(false);
		for (const board of this.line.boards) board.cut();
		this.wire.close();
		return {
			outcome: isStopped ? "stopped" : "succeeded",
			evidence,
			parties: this.script.parties(this.parties),
			steps: this.script.steps,
		};
	}

	/** What is decided where nobody interferes: it follows from the seed, whatever the broker. */
	async #undisturbed(story: Story): Promise<Decisions> {
		const scene = new Scene({ seed: this.seed });
		const { checkers: _all, ...setting } = this.#setting;
		await scene.begin(setting);
		await story(scene);
		await scene.finish();
		return scene.decisions;
	}

	/** What went wrong so far. */
	get violation(): string | undefined {
		const { violation } = this.#watch;
		return violation && `${violation.checker}: ${violation.why}`;
	}
}

/** A station's name without its line's. */
export function short(name: string): string {
	return name.slice(name.indexOf(".") + 1);
}
