/** Options that several commands share, and how their values are read. */
import { InvalidArgumentError } from "commander";
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

const BINARY_UNITS = { "": 1, B: 1, KiB: 1024, MiB: 1024 * 1024 } as const;

/** A parser for a size such as `64KiB`, from 1 byte to `max`, for commander. */
export function byteSize(max: number): (text: string) => number {
	return (text) => {
		const [, digits, unit = ""] = /^(\d{1,15})(B|KiB|MiB)?$/.exec(text) ?? [];
		const value = Number(digits) * BINARY_UNITS[unit as keyof typeof BINARY_UNITS];
		if (!(value >= 1 && value <= max))
			throw new InvalidArgumentError(
				`It must be a size such as 64KiB or 1MiB, up to ${max} bytes.`,
			);
		return value;
	};
}

/** Of whatever runs simulated stations. */
export const LOG_SIZE_OPTION = [
	"--log-size <size>",
	"log so much of each attempt, for example 64KiB (default: no logs)",
	byteSize(LOG_SIZE_MAX),
] as const;

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
