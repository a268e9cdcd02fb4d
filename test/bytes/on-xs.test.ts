import assert from "node:assert/strict";
import { fromUtf8, hex, utf8 } from "../../modules/bytes/bytes.js";
import { MALFORMED, SURROGATES, TEXTS } from "../on-xs/text-table.js";
import { describeOnBoards } from "../support/boards.js";
import { runOnXs } from "../support/xs.js";

describe("texts", () => {
	it("are in the table as the platform has them", () => {
		for (const [text, bytes] of [...TEXTS, ...SURROGATES]) {
			assert.equal(Buffer.from(text).toString("hex"), bytes);
			assert.equal(hex(utf8(text)), bytes);
		}
		for (const [text, bytes] of TEXTS) assert.equal(fromUtf8(Buffer.from(bytes, "hex")), text);
		for (const bytes of MALFORMED) assert.equal(fromUtf8(Buffer.from(bytes, "hex")), undefined);
	});
});

describeOnBoards("texts on XS", 60_000, ({ kind: board }) => {
	it("become bytes and texts again as on Node", async () => {
		const { code, lines, errors } = await runOnXs("texts", { board });
		assert.deepEqual({ code, lines, errors }, { code: 0, lines: [`28 texts`], errors: "" });
	});
});
