/** The order in which timers of the simulator's board fire. */
import Time from "time";
import Timer from "timer";

let ticks = 0;

Timer.set(() => trace("second\n"), 20);
Timer.set(() => trace("first\n"), 10);
Timer.set(() => trace("same instant, set first\n"), 30);
Timer.set(() => trace("same instant, set second\n"), 30);
const cleared = Timer.set(() => trace("never\n"), 5);
Timer.clear(cleared);
Timer.clear(cleared);
const repeating = Timer.set(
	() => {
		trace(`tick ${++ticks}\n`);
		if (ticks < 2) return;
		Timer.clear(repeating);
		const set = Time.ticks;
		Timer.set(() => trace(`on time ${Time.delta(set) >= 20}\n`), 20);
	},
	40,
	40,
);
Promise.resolve().then(() => trace("promise job\n"));
trace("main\n");
