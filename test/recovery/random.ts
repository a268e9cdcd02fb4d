/**
 * `npm run test:recovery -- --seed N --minutes M`: one line after another, on the embedded broker and on Mosquitto in
 * turn, each with random kills, until the time is over. Stops at the first that loses anything and says its seed.
 */
import { numbers } from "./arguments.js";
import { storm, total } from "./storm.js";

const { seed, minutes, stations, units, every } = numbers({
	seed: Date.now() % 1_000_000,
	minutes: 5,
	stations: 3,
	units: 10,
	every: 1.2,
});
const endMs = performance.now() + minutes * 60_000;
let lines = 0;
let kills = 0;
do {
	const options = { seed: seed + lines, stations, units, everyMs: every * 1000, settleMs: 20 };
	const broker = options.seed % 2 === 0 ? "embedded" : "mosquitto";
	const repeat = `--seed ${options.seed} --stations ${stations} --units ${units} --every ${every}`;
	try {
		const figures = await storm({ ...options, broker });
		console.log(JSON.stringify(figures));
		kills += total(figures.kills);
	} catch (error) {
		console.error(`failed with ${repeat} on ${broker}:`, error);
		process.exit(1);
	}
	lines++;
} while (performance.now() < endMs);
console.log(`${lines} lines, ${kills} kills: nothing lost, skipped or done twice`);
