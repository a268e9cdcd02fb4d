import assert from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { freePort } from "../mqtt/support.js";
import { describeOnBoards } from "../support/boards.js";
import { runOnXs } from "../support/xs.js";

describeOnBoards("socket of a board", 20_000, ({ kind: board }) => {
	it("says why a connection was not made, or ended, and nothing after close", async () => {
		const server = createServer((socket) => socket.end("hello"));
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port: open } = server.address() as AddressInfo;
		const port = await freePort();
		const { code, lines, errors } = await runOnXs("device-socket", {
			board,
			options: { port: String(port), open: String(open) },
		});
		await new Promise((resolve) => server.close(resolve));
		assert.equal(code, 0, errors);
		const of = (name: string): string[] =>
			lines
				.filter((line) => line.startsWith(`${name}: `))
				.map((line) => line.slice(name.length + 2));
		assert.deepEqual(of("refused"), ["closed could not connect"]);
		assert.deepEqual(of("name"), ["closed broker is not an IPv4 address"]);
		assert.deepEqual(of("not an address"), ["closed 300.1.1.1 is not an IPv4 address"]);
		assert.deepEqual(of("resolved"), ["opened", "received 5", "closed the connection was closed"]);
		assert.deepEqual(of("unknown"), ["closed the name nobody has no address"]);
		assert.match(of("bad port")[0] ?? "", /^closed .*port/);
		assert.ok(!lines.includes("after close"));
	});
});
