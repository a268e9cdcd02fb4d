import assert from "node:assert/strict";
import { FalseServer, restartBoards } from "../../host-sim/adversary/false-server.js";
import { Scene } from "../../host-sim/adversary/scene.js";
import { CHECKERS } from "../../host-sim/simulation/checks/index.js";

/** That a session is the server's own is what does not hold here; the scene would end there. */
const checkers = CHECKERS.filter(({ name }) => name !== "genuine");

/** A line that is restarted while somebody answers the stations in the server's place. */
async function answered(isRotated: boolean): Promise<FalseServer> {
	const scene = new Scene({ seed: 1 });
	await scene.begin({ units: 1, checkers });
	await scene.finish();
	const server = new FalseServer(scene, scene.line.plant.serverKeys());
	if (isRotated) {
		scene.line.plant.rotateServer();
		scene.line.announceKeys();
		await scene.wait(15_000);
	}
	scene.wire.onMessage((message) => !server.hear(message));
	restartBoards(scene);
	await scene.wait(3000);
	await scene.finding(true, "");
	return server;
}

describe("false server", () => {
	it("is spoken to by the stations where it has the keys that are in use", async () => {
		const server = await answered(false);
		assert.equal(server.unwrapped, server.answered);
		assert.ok(server.opened > 0, "records opened");
	});

	it("is not spoken to where it has those before", async () => {
		const server = await answered(true);
		assert.ok(server.answered > 0, "HELLOs answered");
		assert.equal(server.unwrapped, 0);
		assert.equal(server.opened, 0);
	});
});
