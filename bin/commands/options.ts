/** Options that several commands share, and how their values are read. */
import { InvalidArgumentError } from "commander";

/** A parser for a whole number from `min` to `max`, for commander. */
export function whole(min: number, max: number): (text: string) => number {
	return (text) => {
		const value = Number(text);
		if (!/^\d+$/.test(text) || value < min || value > max)
			throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
		return value;
	};
}

export interface BrokerAddress {
	/** As given, without path. */
	readonly url: string;
	readonly host: string;
	readonly port: number;
}

export const BROKER_PORT = 1883;

/** `mqtt://host[:port]`, for commander. Names and passwords come from the keys, not from here. */
export function brokerUrl(text: string): BrokerAddress {
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw new InvalidArgumentError("It must look like mqtt://host:1883.");
	}
	if (url.protocol !== "mqtt:")
		throw new InvalidArgumentError(
			"It must begin with mqtt:// (messages are sealed end to end; the broker link is plain TCP).",
		);
	if (url.username !== "" || url.password !== "")
		throw new InvalidArgumentError("It must not hold a password: that comes with the keys.");
	if (url.hostname === "" || !["", "/"].includes(url.pathname))
		throw new InvalidArgumentError("It must look like mqtt://host:1883.");
	const port = url.port === "" ? BROKER_PORT : Number(url.port);
	return { url: `mqtt://${url.hostname}:${port}`, host: url.hostname, port };
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
