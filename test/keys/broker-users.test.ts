import assert from "node:assert/strict";
import { checkBrokerUser, newUser, parseUsers, putUsers } from "../../keys/broker-users.js";
import { KeysError } from "../../keys/errors.js";

/** Made by Mosquitto 2.0.11's `mosquitto_passwd`, password "open sesame". */
const MOSQUITTO =
	"demo.s1:$7$101$d3BNozhOpP6MHBPj$wxB9N1uE0PvcwZ6qQAYTi5WjZW8hNMbWtleb3Q+sv/Aw74cRdJ/j7xD48gdh1U06gtLVzJgllUY0g1SHNAsQ9w==";

describe("broker users", () => {
	it("reads a line that mosquitto_passwd made", () => {
		const users = parseUsers(`${MOSQUITTO}\n`, "passwd");
		assert.ok(checkBrokerUser(users, "demo.s1", "open sesame"));
		assert.ok(!checkBrokerUser(users, "demo.s1", "open sesam"));
		assert.ok(!checkBrokerUser(users, "demo.s2", "open sesame"));
	});

	it("puts a user in place of the old one and keeps the others", () => {
		const old = newUser("demo.s1");
		const other = newUser("demo.s10");
		const fresh = newUser("demo.s1");
		const users = parseUsers(putUsers(putUsers("", [old, other]), [fresh]), "passwd");
		assert.equal(users.size, 2);
		assert.ok(checkBrokerUser(users, "demo.s10", other.password));
		assert.ok(checkBrokerUser(users, "demo.s1", fresh.password));
		assert.ok(!checkBrokerUser(users, "demo.s1", old.password));
	});

	it("gives every user a password of its own", () => {
		assert.notEqual(newUser("a").password, newUser("a").password);
		assert.match(newUser("a").password, /^[A-Za-z0-9_-]{32}$/);
	});

	it("names the line that it cannot read", () => {
		const good = MOSQUITTO;
		const hash = good.slice(good.lastIndexOf("$"));
		for (const bad of [
			"demo.s1",
			"demo.s1:secret",
			good.replace("$7$", "$6$"),
			good.replace("$101$", "$0$"),
			good.replace("$101$", "$100001$"),
			good.replace("$101$", "$x$"),
			good.replace(hash, "$AAAA"),
			`${good}$more`,
		])
			assert.throws(
				() => parseUsers(`${good}\n${bad}\n`, "passwd"),
				(error) => error instanceof KeysError && error.message.startsWith("passwd:2:"),
				bad,
			);
	});
});
