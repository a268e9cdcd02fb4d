/** Options that several commands share, and how their values are read. */
import { InvalidArgumentError, Option } from "commander";
import { BOARD_KINDS, type BoardKind, readKinds } from "../../host-sim/board-kind.js";
import { FLASH_BLOCK_SIZE, SLOT_SIZE_MAX } from "../../host-sim/flash-table.js";
import { STATIONS_MAX } from "../../host-sim/line/prepare.js";
import { LOG_SIZE_MAX } from "../../modules/messages/types.js";
import { brokerAddress, ServerError } from "../../server/address.js";

/** A parser for a whole number from `min` to `max`, for commander. */
export function whole(min: number, max: number): (text: string) => number {
	return (text) => {
		const value = Number(text);
		if (!/^\d+$/.test(text) || value < min || value > max)
			throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
		return value;
	};
}

const SIZE_UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 1024, MiB: 1024 * 1024 };

/** A parser for a size in bytes from `min` to `max`, a multiple of `step`: `65536`, `64KiB`, `1MiB`; for commander. */
export function byteSize(min: number, max: number, step = 1): (text: string) => number {
	return (text) => {
		const [, digits, unit = ""] = /^(\d+)(KiB|MiB|)$/.exec(text) ?? [];
		const value = Number(digits) * (SIZE_UNITS[unit] ?? 1);
		if (!(value >= min && value <= max && value % step === 0))
			throw new InvalidArgumentError(
				`It must be a size from ${min} to ${max}${step > 1 ? `, a multiple of ${step}` : ""}: ` +
					"bytes, or with KiB or MiB behind it.",
			);
		return value;
	};
}

/** `--log-size`, of whatever runs simulated stations. */
export function logSizeOption(): Option {
	return new Option(
		"--log-size <size>",
		"log so much of each attempt, for example 64KiB (default: no logs)",
	).argParser(byteSize(1, LOG_SIZE_MAX));
}

/** `--slot-size`, where flash images are made. */
export function slotSizeOption(): Option {
	return new Option(
		"--slot-size <size>",
		"of a flash slot for a recipe, for example 64MiB, in new flash images (default: 1MiB; on a chip 448KiB, 460KiB at most)",
	).argParser(byteSize(FLASH_BLOCK_SIZE, SLOT_SIZE_MAX, FLASH_BLOCK_SIZE));
}

/** A parser for kinds of boards with commas between them, for commander. */
export function boardKinds(text: string): readonly BoardKind[] {
	const kinds = readKinds(text.split(",").map((kind) => kind.trim()));
	if (kinds === undefined || kinds.length > STATIONS_MAX)
		throw new InvalidArgumentError(
			`It must be ${BOARD_KINDS.join(" or ")}, or up to ${STATIONS_MAX} of them with commas between.`,
		);
	return kinds;
}

/** `--icount`, of whatever runs emulated chips. */
export function instructionsOption(): Option {
	return new Option("--icount", "count instructions on emulated chips, exactly; slower");
}

export { BROKER_PORT } from "../../server/address.js";

export interface BrokerOption {
	/** `mqtt://host:port` */
	readonly url: string;
}

/** `mqtt://host[:port]`, for commander. Names and passwords come from the keys, not from here. */
export function brokerUrl(text: string): BrokerOption {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url && url.protocol !== "mqtt:")
		throw new InvalidArgumentError(
			"It must begin with mqtt:// (messages are sealed end to end; the broker link is plain TCP).",
		);
	if (url && url.username + url.password !== "")
		throw new InvalidArgumentError("It must not hold a password: that comes with the keys.");
	try {
		const { host, port } = brokerAddress(text, { username: "", password: "" });
		return { url: `mqtt://${host.includes(":") ? `[${host}]` : host}:${port}` };
	} catch (error) {
		if (!(error instanceof ServerError)) throw error;
		throw new InvalidArgumentError("It must look like mqtt://host:1883.");
	}
}

export const SEED_MAX = 0xffffffff;

/** Where things are unless said otherwise, from the working directory. */
export const KEYS_DIRECTORY = "keys/plant";
export const DATA_DIRECTORY = "data";
export { DATABASE_FILE } from "../../host-sim/line/prepare.js";

/** @param station - short, or `<line>.<station>` already. */
export function fullStationName(line: string, station: string): string {
	return station.includes(".") ? station : `${line}.${station}`;
}
