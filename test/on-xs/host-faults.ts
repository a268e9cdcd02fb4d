/** Ways for a board to end. Option `fault` chooses one. */
import flash from "embedded:storage/flash";
import keyValue from "embedded:storage/key-value";
import option from "host-options";
import Timer from "timer";

function recurse(depth: number): number {
	return recurse(depth + 1) + 1;
}

function fill(): void {
	const kept: unknown[] = [];
	for (;;) kept.push({ size: kept.length });
}

const faults: Record<string, () => void> = {
	exception: () => void Timer.set(() => (undefined as unknown as { a: number }).a, 1),
	rejection: () => void Promise.reject(new RangeError("nobody listens")),
	memory: fill,
	chunks: () => {
		const kept: Uint8Array[] = [];
		for (;;) kept.push(new Uint8Array(1000));
	},
	stack: () => void recurse(0),
	garbage: () => {
		for (let i = 0; i < 200_000; i++) new Uint8Array(100);
		trace("collected\n");
	},
	idle: () => {
		Timer.set(() => {}, 1000, 1000);
		trace("ready\n");
	},
	count: () => {
		const store = keyValue.open({ path: "test" });
		const bytes = new Uint8Array(64);
		const count = () => {
			const number = new DataView(bytes.buffer);
			number.setUint32(0, number.getUint32(0) + 1);
			bytes.fill(bytes[3] as number, 4);
			store.write("count", bytes);
			trace(`${number.getUint32(0)}\n`);
			Timer.set(count, 0);
		};
		count();
	},
	names: () => trace(`${[...flash].length}\n`),
};

faults[option("fault") ?? ""]?.();
