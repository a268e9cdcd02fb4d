/**
 * What a board is told once, when it is enrolled: the key-value domain `config`. The firmware only reads it.
 *
 * | key | content |
 * | --- | --- |
 * | `station.json` | {"station", "host", "port", "username", "password"} |
 * | `cred` | the station's own credential (COSE_Sign1) |
 * | `server` | the server's credential |
 * | `root0`, `root1` | the plant's roots, current and next (PKCS#1 RSAPublicKey DER) |
 *
 * The private key is not here: it is in the partition `keys`, which no JavaScript can read (modules/crypto).
 */
import { fromUtf8, utf8 } from "../bytes/bytes.js";
import { isStationName } from "../bytes/names.js";
import type { KeyValue } from "../ports/storage.js";

/** Name and way to the broker. */
export interface BoardConfig {
	/** `<line>.<station>`. */
	readonly station: string;
	/** The broker: an address or a name. */
	readonly host: string;
	/** 1 to 65,535. */
	readonly port: number;
	readonly username: string;
	readonly password: string;
}

export interface StationConfig extends BoardConfig {
	readonly credential: Uint8Array;
	readonly server: Uint8Array;
	/** Current and next. */
	readonly roots: readonly [Uint8Array, Uint8Array];
}

/** `missing`: not enrolled. `invalid`: enrolled with something unusable. */
export class ConfigError extends Error {
	override readonly name = "ConfigError";
	readonly code: "missing" | "invalid";
	/** The key in the domain `config`. */
	readonly key: string;
	constructor(code: ConfigError["code"], key: string, what: string) {
		super(`config "${key}": ${what}; enrol this board`);
		this.code = code;
		this.key = key;
	}
}

/** @throws {@link ConfigError} */
export function readConfig(store: KeyValue): StationConfig {
	return {
		...decodeBoard(readKey(store, "station.json")),
		credential: readKey(store, "cred"),
		server: readKey(store, "server"),
		roots: [readKey(store, "root0"), readKey(store, "root1")],
	};
}

/** @returns what to write into the domain `config`, by key. */
export function encodeConfig(config: StationConfig): { readonly [key: string]: Uint8Array } {
	const { station, host, port, username, password } = config;
	const board = utf8(JSON.stringify({ station, host, port, username, password }));
	decodeBoard(board);
	return {
		"station.json": board,
		cred: config.credential,
		server: config.server,
		root0: config.roots[0],
		root1: config.roots[1],
	};
}

function readKey(store: KeyValue, key: string): Uint8Array {
	const value = store.read(key);
	if (value === undefined) throw new ConfigError("missing", key, "is not there");
	return value;
}

function decodeBoard(bytes: Uint8Array): BoardConfig {
	const key = "station.json";
	let value: unknown;
	try {
		value = JSON.parse(fromUtf8(bytes) ?? "");
	} catch {
		throw new ConfigError("invalid", key, "is not JSON");
	}
	if (typeof value !== "object" || value === null)
		throw new ConfigError("invalid", key, "is not an object");
	const { station, host, port, username, password } = value as { [name: string]: unknown };
	if (typeof station !== "string" || !isStationName(station))
		throw new ConfigError("invalid", key, '"station" is not <line>.<station>');
	if (typeof host !== "string" || host.length === 0 || host.length > 253)
		throw new ConfigError("invalid", key, '"host" is not a name or an address');
	if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65535)
		throw new ConfigError("invalid", key, '"port" is not 1 to 65535');
	if (typeof username !== "string" || typeof password !== "string")
		throw new ConfigError("invalid", key, '"username" and "password" are not strings');
	return { station, host, port, username, password };
}
