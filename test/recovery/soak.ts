/**
 * `npm run soak`: one long line on Mosquitto with a random kill every few seconds; prints each kill and the figures.
 *
 *   --units 200 --stations 3 --every 3 (seconds) --settle 80 (ms an attempt) --seed 1
 */
import { numbers } from "./arguments.js";
import { storm } from "./storm.js";

const { seed, stations, units, every, settle } = numbers({
	seed: 1,
	stations: 3,
	units: 200,
	every: 3,
	settle: 80,
});
const figures = await storm({
	seed,
	stations,
	units,
	broker: "mosquitto",
	everyMs: every * 1000,
	settleMs: settle,
	onKill: (node, atMs) => console.log(`${(atMs / 1000).toFixed(1)} s  ${node} is killed`),
});
console.log(JSON.stringify(figures, null, "\t"));
