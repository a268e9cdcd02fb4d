/**
 * How many attempts a second a server judges: stations of one line, each with a unit in front of it, all at once, in
 * turn with as many plain echoes at once. All stations are in this process, as all echoes are.
 */
import { Echo } from "./echo.js";
import { resultsOf, type Summary, summary, takeTurns } from "./measure.js";
import { makePlant, stationName } from "./plant.js";
import { Player } from "./player.js";
import { type BrokerKind, Processes } from "./processes.js";
import type { BenchSize, Curve } from "./report.js";
import { Work, workplace } from "./work.js";

const STATIONS: Readonly<Record<BenchSize, readonly number[]>> = {
	full: [1, 2, 4, 8, 16],
	quick: [1, 4],
	smoke: [2],
};
const ROUNDS: Readonly<Record<BenchSize, number>> = { full: 5, quick: 3, smoke: 1 };
const ATTEMPTS_A_ROUND: Readonly<Record<BenchSize, number>> = { full: 100, quick: 30, smoke: 3 };

export interface Rate {
	readonly stations: number;
	/** A second. */
	readonly attempts: Summary;
	readonly echoes: Summary;
}

export async function attemptRates(
	directory: string,
	kind: BrokerKind,
	size: BenchSize,
): Promise<Rate[]> {
	const processes = new Processes(directory);
	const most = Math.max(...STATIONS[size]);
	const enough = STATIONS[size].length * ROUNDS[size] * ATTEMPTS_A_ROUND[size];
	const ids = Array.from({ length: most }, (_, i) => `s${i + 1}`);
	const serials = ids.map((id) => `U-${id}`);
	try {
		const places = ids.map((id) => workplace(id, enough));
		const keys = await makePlant(directory, places, serials);
		const url = await processes.broker(kind);
		await processes.server(url, directory, keys);
		await processes.echo(url);
		const echo = await Echo.connect(url);
		const works = await fill(keys, ids, url);
		const rates: Rate[] = [];
		for (const stations of STATIONS[size])
			rates.push(await atOnce(works.slice(0, stations), echo, size));
		await echo.close();
		for (const { player } of works) await player.close();
		return rates;
	} finally {
		await processes.close();
	}
}

/** A unit in front of every station: the first goes all the way. */
async function fill(keys: string, ids: readonly string[], url: string): Promise<Work[]> {
	const players: Player[] = [];
	for (const id of ids) {
		const player = await Player.connect(keys, stationName(id), url);
		players.push(player);
		// The first station is greeted last: its ticket comes with that.
		if (player !== players[0]) await player.greet();
	}
	const [first, ...rest] = players as [Player, ...Player[]];
	await first.greet();
	const works: Work[] = [];
	for (let place = rest.length; place >= 0; place--) {
		let work = await Work.begin(first);
		for (const next of rest.slice(0, place)) work = await work.passTo(next);
		works.unshift(work);
		if (place > 0) await askForNext(first);
	}
	return works;
}

/** The server offers the first station its next unit when it says that it is free. */
async function askForNext(first: Player): Promise<void> {
	await first.ask({ type: "ready", boot: 1, journal: 0, recipes: [], state: "Idle" });
}

async function atOnce(works: readonly Work[], echo: Echo, size: BenchSize): Promise<Rate> {
	const count = ATTEMPTS_A_ROUND[size];
	const rate = async (one: (work: Work) => Promise<unknown>): Promise<number> => {
		const atMs = performance.now();
		await Promise.all(
			works.map(async (work) => {
				for (let i = 0; i < count; i++) await one(work);
			}),
		);
		return (works.length * count * 1000) / (performance.now() - atMs);
	};
	const results = await takeTurns(ROUNDS[size], {
		attempts: () => rate((work) => work.attempt()),
		echoes: () => rate((work) => echo.round(work.player.sizeSent)),
	});
	return {
		stations: works.length,
		attempts: summary(resultsOf(results, "attempts")),
		echoes: summary(resultsOf(results, "echoes")),
	};
}

export function rateCurve(rates: readonly Rate[]): Curve {
	const series = (name: string, key: "attempts" | "echoes") => ({
		name,
		isOurs: key === "attempts",
		points: rates.map((rate) => ({ x: rate.stations, y: rate[key] })),
	});
	return {
		title: "Attempts judged a second, by stations at once",
		x: { label: "stations at once", unit: "", isLogarithmic: true },
		y: { label: "rate", unit: "1/s", isLogarithmic: true },
		series: [series("attempts", "attempts"), series("plain echoes", "echoes")],
	};
}
