import assert from "node:assert/strict";
import { shown } from "../../bin/commands/progress.js";

const PART = new Uint8Array(1024 * 1024);

describe("progress of a long file", () => {
	const source = (parts: number) => ({
		size: parts * PART.length,
		read: () => Array.from({ length: parts }, () => PART),
	});

	async function told(parts: number, isTTY: boolean, isJson: boolean): Promise<string[]> {
		const lines: string[] = [];
		const screen = { isTTY, write: (text: string) => lines.push(text) };
		const watched = shown(source(parts), ["checking", "storing"], isJson, screen);
		for (let reading = 0; reading < 2; reading++) {
			let size = 0;
			for await (const part of watched.read()) size += part.length;
			assert.equal(size, watched.size);
		}
		return lines;
	}

	it("is one line of a terminal, rewritten, and gone at the end", async () => {
		const line = (text: string) => `\r\x1b[K${text}`;
		const reading = (doing: string) => [
			...[25, 50, 75, 100].map((percent) => line(`${doing} ${percent} %`)),
			line(""),
		];
		assert.deepEqual(await told(4, true, false), [...reading("checking"), ...reading("storing")]);
	});

	it("is told once a percent", async () => {
		assert.equal((await told(250, true, false)).length, 2 * (101 + 1));
	});

	it("is not told of a short file, nor where nobody watches", async () => {
		assert.deepEqual(await told(3, true, false), []);
		assert.deepEqual(await told(8, false, false), []);
		assert.deepEqual(await told(8, true, true), []);
	});
});
