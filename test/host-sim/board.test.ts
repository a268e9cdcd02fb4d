import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FlashImage } from "../../host-sim/flash-image.js";
import { BOARD_EXIT } from "../../host-sim/station-process.js";
import { runOnXs, tableForTests } from "../support/xs.js";

const build = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

describe("simulated board on Linux", function () {
	this.timeout(60_000);
	let folder = "";

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "interlock-board-"));
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	it("refuses options and module tables beyond their sizes", async () => {
		const names = Array.from({ length: 65 }, (_, i) => [`option${i}`, "x"]);
		const options = await runOnXs("host-faults", { options: Object.fromEntries(names) });
		assert.equal(options.code, BOARD_EXIT.usage);
		assert.match(options.errors, /more than 64 options/);
		const script = join(build, "modules/bytes/bytes.js");
		const modules = Array.from({ length: 513 }, (_, i) => `module m${i} load ${script}`);
		const many = await runOnXs("host-faults", { table: modules });
		assert.equal(many.code, BOARD_EXIT.usage);
		assert.match(many.errors, /more than 512 modules/);
		const long = await runOnXs("host-faults", {
			table: [`module ${"m".repeat(128)} load ${script}`],
		});
		assert.equal(long.code, BOARD_EXIT.engineFault);
		assert.match(long.errors, /name is too long/);
		const wrong = await runOnXs("host-faults", { table: ["creation colour 3"] });
		assert.equal(wrong.code, BOARD_EXIT.usage);
		assert.match(wrong.errors, /unknown limit, colour/);
	});

	it("takes a reason for its start, and none that firmware could not send", async () => {
		const reasonOf = (...argv: string[]) => {
			const { argv: table, remove } = tableForTests("host-reason");
			const { status, stdout, stderr } = spawnSync(
				join(build, "xs/interlock-xs"),
				[...table, ...argv],
				{ encoding: "utf8" },
			);
			remove();
			const [line] = stdout.split("\n").filter((each) => each.startsWith("reason "));
			return { status, line, stderr };
		};
		assert.equal(reasonOf().line, "reason power-on");
		assert.equal(reasonOf("--reset-reason", "memory-full").line, "reason memory-full");
		for (const wrong of ["", "Watchdog", "a b", "x".repeat(33), "-é"]) {
			const { status, stderr } = reasonOf("--reset-reason", wrong);
			assert.equal(status, BOARD_EXIT.usage, wrong);
			assert.match(stderr, /--reset-reason takes 1 to 32 of \[a-z0-9-\]/);
		}
	});

	it("refuses a flash file that another board has open", async () => {
		const flash = join(folder, "flash.bin");
		FlashImage.create(flash).close();
		const { argv, remove } = tableForTests("host-faults");
		const argvAll = [...argv, "--flash", flash, "--option", "fault=idle"];
		const child = spawn(join(build, "xs/interlock-xs"), argvAll, {
			stdio: ["ignore", "pipe", "inherit"],
		});
		const exited = new Promise<number | null>((resolve) => child.on("close", resolve));
		await new Promise((resolve) => child.stdout.once("data", resolve));
		const second = await runOnXs("host-faults", { flash });
		child.kill("SIGTERM");
		assert.equal(await exited, 0, "SIGTERM is a clean stop");
		remove();
		assert.equal(second.code, BOARD_EXIT.flash);
		assert.match(second.errors, /in use/);
	});
});
