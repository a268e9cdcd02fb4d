/**
 * What the firmware uses of the platform: ECMA-419 (2nd edition) classes, the Moddable runtime's `timer` and
 * `time`, the console. Written from the standard and the SDK's documented behaviour; the board's firmware
 * links the SDK's own modules under these names, the simulator those of host-sim/device and host-sim/xs.
 *
 * Left out: everything the firmware does not call.
 */

/** Writes to the serial console, as it is: no newline of its own. */
declare function trace(...parts: (string | number | boolean)[]): void;

declare module "embedded:io/socket/tcp" {
	/** Callbacks run with the socket as `this`, never before the constructor returned nor after `close()`. */
	export interface TCPOptions {
		/** An IPv4 address in dotted form. */
		address: string;
		/** 1 to 65,535. */
		port: number;
		/** Do not collect small writes (Nagle). */
		nodelay?: boolean;
		/** `bytes` can be read now. */
		onReadable?(this: TCP, bytes: number): void;
		/** Connected, or room again: `bytes` can be written now. */
		onWritable?(this: TCP, bytes: number): void;
		/** Disconnected, cleanly or not, or never connected. */
		onError?(this: TCP): void;
		format?: "buffer" | "number";
		target?: unknown;
	}
	/** @throws where the address or port is unusable or no socket is free. */
	export default class TCP {
		constructor(options: TCPOptions);
		/** At most `byteLength` bytes, all there are without it; `undefined` when there are none. */
		read(byteLength?: number): ArrayBuffer | undefined;
		/** Fills `buffer`, which is not longer than what there is. @returns its length; `undefined` as above. */
		read(buffer: Uint8Array): number | undefined;
		/** @throws where there is no room for all of it; nothing is taken then. */
		write(value: ArrayBuffer | Uint8Array): void;
		/** May be called twice. */
		close(): void;
		readonly remoteAddress: string | undefined;
		readonly remotePort: number | undefined;
		format: "buffer" | "number";
		/** As given in the options. */
		target: unknown;
	}
}

declare module "embedded:storage/flash" {
	export interface FlashStatus {
		/** In bytes. */
		size: number;
		/** Bytes erased at a time. */
		blockLength: number;
		blocks: number;
	}
	/** Offsets and sizes are bytes; block numbers count from 0. Each throws where the medium refuses. */
	export interface Flash {
		/** Erases the blocks from `start` up to, not including, `end` (default: the one block). */
		eraseBlock(start: number, end?: number): void;
		read(byteLength: number, byteOffset: number): ArrayBuffer;
		write(buffer: ArrayBuffer | Uint8Array, byteOffset: number): void;
		status(): FlashStatus;
		/** May be called twice. */
		close(): void;
	}
	const storage: {
		/**
		 * @param options - `sync` is the simulator's own: each change is on the disk when its call returns.
		 * @throws where there is no partition of this name.
		 */
		open(options: { path: string; mode?: "r" | "r+"; format?: "buffer"; sync?: boolean }): Flash;
		[Symbol.iterator](): IterableIterator<string>;
	};
	export default storage;
}

declare module "embedded:storage/key-value" {
	/** Format "buffer". Each write is atomic and durable when it returns. */
	export interface KeyValueStorage {
		/** `undefined` where the key is not there. */
		read(key: string): ArrayBuffer | undefined;
		/** @throws where there is no room; the old value stays. */
		write(key: string, value: ArrayBuffer | Uint8Array): void;
		/** Not an error where the key is not there. */
		delete(key: string): void;
		/** May be called twice. */
		close(): void;
		[Symbol.iterator](): IterableIterator<string>;
	}
	const storage: {
		/** @param options - `path` names the domain (1 to 15 characters); it is made where it is not there. */
		open(options: { path: string; mode?: "r" | "r+"; format?: "buffer" }): KeyValueStorage;
	};
	export default storage;
}

declare module "timer" {
	/** A handle; nothing is read from it. */
	export interface TimerHandle {
		readonly timer?: never;
	}
	const Timer: {
		/** Once after `delayMs` (default 0), then every `repeatMs` where that is given and not 0. */
		set(callback: () => void, delayMs?: number, repeatMs?: number): TimerHandle;
		/** Each handle once at most, and not after a one-shot timer fired. */
		clear(timer: TimerHandle): void;
	};
	export default Timer;
}

declare module "time" {
	const Time: {
		/** Milliseconds since some fixed instant; wraps at 32 bits, so only differences mean anything. */
		readonly ticks: number;
		/** Milliseconds from `start` to `end` (default: now), both of `ticks`, across a wrap. */
		delta(start: number, end?: number): number;
	};
	export default Time;
}

/** The fixture that main.ts drives: board/fixture.ts on a board, host-sim/device/fixture in the simulator. */
declare module "fixture" {
	/** What every fixture is given; a fixture may use less. */
	export interface FixtureOptions {
		clock: import("../ports/clock.js").Clock;
		/** `<line>.<station>`. */
		station: string;
	}
	const BoardFixture: new (options: FixtureOptions) => import("../ports/fixture.js").Fixture;
	export default BoardFixture;
}

/** Why the board started: modules/device/esp32 on a board, host-sim/device/reset-reason in the simulator. */
declare module "reset-reason" {
	/** @returns a word of docs/protocol.md §6, the same until the next start. */
	export default function resetReason(): string;
}
