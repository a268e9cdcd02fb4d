/** More timers and sockets than the simulator's board has. Options `host`, `port`: where a server listens. */
import TCP from "embedded:io/socket/tcp";
import option from "host-options";
import Timer, { type TimerHandle } from "timer";

const MORE_THAN_ANY = 1000;

function exhaust<T>(name: string, make: () => T): T[] {
	const made: T[] = [];
	try {
		while (made.length < MORE_THAN_ANY) made.push(make());
	} catch (error) {
		trace(`${name}: ${made.length}, then ${(error as Error).message}\n`);
	}
	return made;
}

const sockets = exhaust("sockets", () => {
	return new TCP({ address: String(option("host")), port: Number(option("port")) });
});
for (const socket of sockets) socket.close();
const timers: TimerHandle[] = exhaust("timers", () => Timer.set(() => {}, 60_000));
for (const timer of timers) Timer.clear(timer);
const again = Timer.set(() => trace("a timer is free again\n"), 1);
if (timers.includes(again)) trace("the same handle\n");
