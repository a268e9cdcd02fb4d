/** The station's end of the vectors on the XS engine, over PSA Crypto. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provision } from "../../host-sim/flash-image.js";
import { utf8 } from "../../modules/bytes/bytes.js";
import { describeOnBoards } from "../support/boards.js";
import { runOnXs } from "../support/xs.js";
import { VECTORS } from "./support.js";

describeOnBoards("channel on XS", 60_000, ({ kind: board }) => {
	it("makes the same session of the vectors, byte for byte", async () => {
		const read = (file: string) => JSON.parse(readFileSync(new URL(file, VECTORS), "utf8"));
		const [vectors, keys] = [read("session.json"), read("keys.json")];
		const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
		const records = vectors.records as readonly object[];
		const folder = mkdtempSync(join(tmpdir(), "interlock-channel-"));
		try {
			const flash = join(folder, "flash.bin");
			const config: Record<string, Uint8Array> = {
				name: utf8(vectors.name),
				root: bytes(keys.root.public),
				cred: bytes(vectors.stationCredential),
				server: bytes(vectors.serverCredential),
				hello: bytes(vectors.hello),
				welcome: bytes(vectors.welcome),
				nc: bytes(vectors.nc),
				kc: bytes(vectors.kc),
				scalar: bytes(vectors.stationScalar),
				wrapped: bytes(vectors.wrappedKc),
			};
			for (const [at, record] of records.entries()) config[`r${at}`] = utf8(JSON.stringify(record));
			provision({ file: flash, keys: { kem: bytes(keys.station.private) }, config });
			const { code, lines, errors } = await runOnXs("channel-vectors", { board, flash });
			assert.equal(code, 0, errors + lines.join("\n"));
			const same = lines.filter((line) => line.startsWith("@same "));
			assert.equal(same.length, 1 + records.length);
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});
});
