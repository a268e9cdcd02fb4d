/** The broker's address, as people write it. */
import { utf8 } from "../modules/bytes/bytes.js";

const DEFAULT_PORT = 1883;

/**
 * `url`: not an address of a broker; `route`: the plant's route does not fit the units on the line; `keys`: the plant's
 * keys are older than those the database has seen.
 */
export class ServerError extends Error {
	readonly code: "url" | "route" | "keys";
	constructor(code: ServerError["code"], message: string) {
		super(message);
		this.name = "ServerError";
		this.code = code;
	}
}

export interface BrokerAddress {
	readonly host: string;
	readonly port: number;
	readonly username: string;
	readonly password: Uint8Array;
}

/** @throws {@link ServerError} `url`. */
export function brokerAddress(
	text: string,
	user: { username: string; password: string },
): BrokerAddress {
	const wanted = "the broker's address is mqtt://[user[:password]@]host[:port]";
	if (!URL.canParse(text)) throw new ServerError("url", `"${text}": ${wanted}`);
	const url = new URL(text);
	if (url.protocol !== "mqtt:" || url.hostname === "" || !/^\/?$/.test(url.pathname))
		throw new ServerError("url", `"${text}": ${wanted}`);
	const own = url.username !== "";
	return {
		host: url.hostname.replace(/^\[|\]$/g, ""),
		port: url.port === "" ? DEFAULT_PORT : Number(url.port),
		username: own ? decoded(url.username) : user.username,
		password: utf8(own ? decoded(url.password) : user.password),
	};
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw new ServerError("url", `the broker's address: "${text}" has a % that encodes nothing`);
	}
}
