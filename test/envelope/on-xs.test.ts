/** CBOR, messages, recipe and envelope on the XS engine, over PSA Crypto, against the vectors and against Node. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provision } from "../../host-sim/flash-image.js";
import { concat, hex, utf8 } from "../../modules/bytes/bytes.js";
import { completeHead } from "../../modules/envelope/head.js";
import { SetPicker } from "../../modules/recipe/sets.js";
import { checkRecipe } from "../../server/recipe-check.js";
import { vectors as messages } from "../messages/support.js";
import { describeOnBoards } from "../support/boards.js";
import { runOnXs } from "../support/xs.js";
import { crypto, open, publicDer, STATION, signKey, unhex, vectors } from "./support.js";

const sources = new URL("../../../test/vectors/", import.meta.url);
const cbor = JSON.parse(readFileSync(new URL("cbor/appendix-a.json", sources), "utf8")) as {
	accepted: readonly [string, unknown][];
	refused: readonly [string, string][];
};
const keys = JSON.parse(readFileSync(new URL("channel/keys.json", sources), "utf8")) as {
	station: { private: string };
};
const recipe = readFileSync(new URL("../../../recipes/station-1.params", import.meta.url));

function records(): Record<string, Uint8Array> {
	const config: Record<string, Uint8Array> = {
		recipe,
		root: publicDer("serverSign"),
		recipient: publicDer("station"),
		name: utf8(STATION),
	};
	for (const [i, [bytes]] of cbor.accepted.entries()) config[`c${i}`] = unhex(bytes);
	for (const [i, [bytes]] of cbor.refused.entries()) config[`x${i}`] = unhex(bytes);
	for (const [i, { from, bytes }] of messages.entries()) {
		const kind = ["station", "server", "ticket"].indexOf(from);
		config[`m${i}`] = concat(new Uint8Array([kind]), unhex(bytes));
	}
	for (const [i, { head, segments }] of vectors.entries()) {
		config[`e${i}`] = unhex(head);
		for (const [at, segment] of segments.entries()) config[`e${i}.${at}`] = unhex(segment);
	}
	return config;
}

describeOnBoards("formats on XS", 60_000, ({ kind: board }) => {
	let lines: readonly string[] = [];
	const traced = (mark: string) =>
		lines.filter((line) => line.startsWith(`${mark} `)).map((line) => line.slice(mark.length + 1));

	before(async () => {
		const folder = mkdtempSync(join(tmpdir(), "interlock-formats-"));
		try {
			const flash = join(folder, "flash.bin");
			provision({ file: flash, keys: { kem: unhex(keys.station.private) }, config: records() });
			const result = await runOnXs("formats", { board, flash });
			assert.equal(result.code, 0, result.errors + result.lines.join("\n"));
			lines = result.lines;
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});

	it("encodes CBOR and messages as the vectors do, and refuses the same with the same code", () => {
		assert.deepEqual(traced("@same"), ["messages"]);
		assert.deepEqual(
			traced("@refused"),
			cbor.refused.map(([bytes, code]) => `${bytes} ${code}`),
		);
	});

	it("picks the same value sets of the paper's file", () => {
		const summary = checkRecipe(recipe);
		const expected = Array.from({ length: summary.sets }, (_, set) => {
			const picker = new SetPicker(summary, set);
			picker.write(recipe);
			const values = picker.end().map(({ name, value }) => `${name}=${value}`);
			return `${set} ${values.join(" ")}`;
		});
		assert.deepEqual(traced("@set"), expected);
		assert.deepEqual(traced("@recipe"), ["no-section"]);
	});

	it("opens the vectors' envelopes", () => {
		const expected = vectors.map(({ digest, plaintext }) => `${digest} ${plaintext}`);
		assert.deepEqual(traced("@opened"), expected);
	});

	it("seals an envelope that Node opens", () => {
		const signed = unhex(traced("@signed")[0] as string);
		const opener = open(completeHead(signed, crypto.sign(signKey, signed)));
		const parts = traced("@segment").map((segment, i) => opener.open(i, unhex(segment)));
		assert.equal(hex(concat(...(parts as Uint8Array[]))), hex(recipe));
	});
});
