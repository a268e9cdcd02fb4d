/** Options that several commands share, and how their values are read. */
import { InvalidArgumentError } from "commander";
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
