/**
 * Users of the broker: the server and each station, one line each in the form of Mosquitto's password file
 *
 *   name:$7$<iterations>$<salt, base64>$<PBKDF2-HMAC-SHA-512 of the password, 64 bytes, base64>
 *
 * so that the embedded broker and Mosquitto read the same file. Security does not rest on these passwords. They
 * are 192 random bits, so that a low iteration count loses nothing. Source: mosquitto_passwd(1).
 */
import { pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { KeysError } from "./errors.js";

/** Iterations that are accepted in a line; this many are written. */
const ITERATIONS = 101;
const ITERATIONS_MAX = 100_000;
const SALT_SIZE = 12;
const HASH_SIZE = 64;
const PASSWORD_SIZE = 24;

export interface BrokerUser {
	readonly username: string;
	readonly password: string;
}

/** Reads and checks a password file's lines; the same object serves every connection. */
export type BrokerUsers = ReadonlyMap<string, { iterations: number; salt: Buffer; hash: Buffer }>;

/** A user with a fresh password: 32 characters of base64url. */
export function newUser(username: string): BrokerUser {
	return { username, password: randomBytes(PASSWORD_SIZE).toString("base64url") };
}

/** @returns the text of `passwd` with the users' lines put in, or in place of their old ones. */
export function putUsers(passwd: string, users: readonly BrokerUser[]): string {
	const names = new Set(users.map(({ username }) => username));
	const kept = passwd.split("\n").filter((line) => line && !names.has(nameOf(line)));
	return `${[...kept, ...users.map(lineOf)].join("\n")}\n`;
}

/** @returns the text of `passwd` without that user. */
export function removeUser(passwd: string, name: string): string {
	const kept = passwd.split("\n").filter((line) => line && nameOf(line) !== name);
	return kept.map((line) => `${line}\n`).join("");
}

/** @param path - for the error's message. @throws {@link KeysError} `invalid`, with the line's number. */
export function parseUsers(passwd: string, path: string): BrokerUsers {
	const users = new Map<string, { iterations: number; salt: Buffer; hash: Buffer }>();
	for (const [at, line] of passwd.split("\n").entries()) {
		if (!line) continue;
		const [, scheme, count, salt, hash, ...rest] = line.slice(nameOf(line).length).split("$");
		const iterations = Number(count);
		const entry = {
			iterations,
			salt: Buffer.from(salt ?? "", "base64"),
			hash: Buffer.from(hash ?? "", "base64"),
		};
		const countFits =
			Number.isInteger(iterations) && iterations >= 1 && iterations <= ITERATIONS_MAX;
		if (
			scheme !== "7" ||
			!countFits ||
			!entry.salt.length ||
			entry.hash.length !== HASH_SIZE ||
			rest.length
		)
			throw new KeysError(
				"invalid",
				`${path}:${at + 1}: not a line "name:$7$iterations$salt$hash"`,
			);
		users.set(nameOf(line), entry);
	}
	return users;
}

/** Whether the name is known and the password is its own; compares in constant time. */
export function checkBrokerUser(users: BrokerUsers, username: string, password: string): boolean {
	const user = users.get(username);
	if (!user) return false;
	const hash = pbkdf2Sync(password, user.salt, user.iterations, HASH_SIZE, "sha512");
	return timingSafeEqual(hash, user.hash);
}

function lineOf({ username, password }: BrokerUser): string {
	const salt = randomBytes(SALT_SIZE);
	const hash = pbkdf2Sync(password, salt, ITERATIONS, HASH_SIZE, "sha512");
	return `${username}:$7$${ITERATIONS}$${salt.toString("base64")}$${hash.toString("base64")}`;
}

function nameOf(line: string): string {
	const colon = line.indexOf(":");
	return colon < 0 ? line : line.slice(0, colon);
}
