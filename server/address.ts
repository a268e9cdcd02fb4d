/** The broker's address, as people write it. */
import { utf8 } from "../modules/bytes/bytes.js";

export const BROKER_PORT = 1883;

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
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (!url || !isPlain(url)) throw new ServerError("url", `"${text}": ${wanted}`);
	const own = url.username !== "";
	return {
		host: url.hostname.replace(/^\[|\]$/g, ""),
		port: url.port === "" ? BROKER_PORT : Number(url.port),
		username: own ? decoded(url.username) : user.username,
		password: utf8(own ? decoded(url.password) : user.password),
	};
}

/** A host and what leads there, and nothing that would be ignored: a path, a query, a password without a user. */
function isPlain(url: URL): boolean {
	return (
		url.protocol === "mqtt:" &&
		/^([A-Za-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(url.hostname) &&
		url.port !== "0" &&
		/^\/?$/.test(url.pathname) &&
		url.search + url.hash === "" &&
		(url.password === "" || url.username !== "")
	);
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw new ServerError("url", `the broker's address: "${text}" has a % that encodes nothing`);
	}
}
