/**
 * Lines of emulated chips whose power is cut at random instants, one line after another until there were so many cuts.
 * Which chip and how long until the next follow from the seed; what it was doing just then does not. After each line
 * nothing is lost or done twice (test/recovery/storm.ts).
 *
 * `npm run hundred` makes a hundred: `-- --cuts N --seed N --stations N --units N --every SECONDS`.
 */
import { fileURLToPath } from "node:url";
import { setUp } from "../../host-sim/set-up.js";
import { numbers } from "../recovery/arguments.js";
import { type StormFigures, storm, total } from "../recovery/storm.js";

export interface PowerCuts {
	readonly seed: number;
	readonly cuts: number;
	readonly stations: number;
	/** Of each line. */
	readonly units: number;
	/** Between two cuts, on average. */
	readonly everyMs: number;
	/** Told of each line that went well. */
	readonly onLine?: (figures: StormFigures) => void;
}

const SETTLE_MS = 40;

/** @returns how many cuts there were. @throws AssertionError with the seed where anything was lost or done twice. */
export async function powerCuts(options: PowerCuts): Promise<number> {
	const { seed, cuts, stations, units, everyMs, onLine } = options;
	let made = 0;
	for (let line = 0; made < cuts; line++) {
		const figures = await storm({
			...{ seed: seed + line, stations, units, everyMs, settleMs: SETTLE_MS },
			broker: line % 2 === 0 ? "embedded" : "mosquitto",
			...{ boards: ["mcu"], victims: "stations", killsMax: cuts - made },
		});
		made += total(figures.kills);
		onLine?.(figures);
	}
	return made;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const { every, ...options } = numbers({
		...{ seed: Date.now() % 1_000_000, cuts: 100, stations: 3, units: 6, every: 1 },
	});
	console.log(`seed ${options.seed}`);
	await setUp("mcu", true);
	const cuts = await powerCuts({
		...options,
		everyMs: every * 1000,
		onLine: (figures) => console.log(JSON.stringify(figures)),
	});
	console.log(`${cuts} power cuts: nothing lost, skipped or done twice`);
}
