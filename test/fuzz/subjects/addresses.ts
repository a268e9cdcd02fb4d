/** The broker's address as people write it, for the server and on the command line. */
import assert from "node:assert/strict";
import { InvalidArgumentError } from "commander";
import { brokerUrl } from "../../../bin/commands/options.js";
import { utf8 } from "../../../modules/bytes/bytes.js";
import { brokerAddress, ServerError } from "../../../server/address.js";
import type { Subject } from "../subject.js";
import { URL_TOKENS } from "../tokens.js";

const seeds = ["mqtt://10.0.0.1", "mqtt://a%40b:p%3A@[::1]:9/", "mqtt://broker.example:65535"].map(
	utf8,
);
const user = { username: "u", password: "p" };

/** What a connection can be made to. */
function usable({ host, port }: { host: string; port: number }): void {
	assert.match(host, /^[A-Za-z0-9._:-]+$/);
	assert.ok(port >= 1 && port <= 65535, `port ${port}`);
}

const textOf = (input: Uint8Array) => Buffer.from(input).toString("utf8");

export const addressSubjects: readonly Subject[] = [
	{
		name: "broker-address",
		seeds,
		work: (input) => usable(brokerAddress(textOf(input), user)),
		errors: [ServerError],
		tokens: URL_TOKENS,
	},
	{
		name: "broker-option",
		seeds,
		work(input) {
			const { url } = brokerUrl(textOf(input));
			usable(brokerAddress(url, user));
			assert.equal(brokerUrl(url).url, url);
		},
		errors: [InvalidArgumentError],
		tokens: URL_TOKENS,
	},
];
