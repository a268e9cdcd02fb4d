import assert from "node:assert/strict";
import { RAM_SIZE, sumOf, UNTOUCHED } from "../../host-sim/mcu-emulator/budget/figures.js";
import { fixedKey } from "../../host-sim/mcu-emulator/budget/fixed-key.js";
import { ImageError, parseImage } from "../../host-sim/mcu-emulator/budget/image.js";
import { ramFigures } from "../../host-sim/mcu-emulator/budget/ram.js";
import { type Memory, RunError } from "../../host-sim/mcu-emulator/budget/run.js";
import { sampled } from "../../host-sim/mcu-emulator/budget/sample.js";
import { recipeText } from "../../host-sim/mcu-emulator/budget/scene.js";
import { phases, WORK } from "../../host-sim/mcu-emulator/budget/work.js";
import { parseConsoleLine } from "../../host-sim/station-process.js";
import { NodeCrypto } from "../../server/crypto.js";

const LIST = `@reset {"reason":"power-on"}
@image {"bytes":10128}
@base {"bytes":10000,"slotBytes":5000,"chunkBytes":2000,"nameBytes":600,"nameTableBytes":400}\r
@module {"name":"modules/station/runner","codeBytes":300}
@module {"name":"modules/station/library","codeBytes":500}
@module {"name":"host-sim/plant/rlc","codeBytes":50}
@module {"name":"main","codeBytes":40}
@module {"name":"embedded:io/socket/tcp","codeBytes":10}
`;

describe("what a base image holds", () => {
	it("is bytecode by folder and the parts of its machine, which add up to all of it", () => {
		const { figures } = parseImage(LIST);
		assert.equal(figures["image/bytecode modules/station"], 800);
		assert.equal(figures["image/bytecode host-sim"], 50);
		assert.equal(figures["image/bytecode main and the SDK's"], 50);
		assert.equal(figures["image/chunks"], 1400);
		assert.equal(sumOf(figures, "image"), 10_000);
	});

	it("is told by module, the largest first", () => {
		assert.deepEqual([...parseImage(LIST).modules].slice(0, 2), [
			["modules/station/library", 500],
			["modules/station/runner", 300],
		]);
	});

	it("is refused where the list is damaged, or its parts are more than the whole", () => {
		for (const text of [
			"",
			LIST.replace("@base", "@bass"),
			LIST.replace('"slotBytes":5000,', ""),
			LIST.replace('"codeBytes":300}', '"codeBytes":300'),
			LIST.replace('"codeBytes":300', '"codeBytes":"many"'),
			LIST.replace('"codeBytes":300', '"codeBytes":30000'),
			LIST.replace('"nameBytes":600', '"nameBytes":2001'),
		])
			assert.throws(() => parseImage(text), ImageError, text);
	});
});

const MEMORY = parseConsoleLine(
	`@memory {"slots":1900,"chunkBytes":15000,"baseSlots":25000,"baseChunkBytes":64000,"reservedBytes":80000,
"reservedChunkBytes":24000,"limitBytes":130000,"chip":{"ramBytes":409600,"neverTouchedBytes":200000,"stackBytes":32768,
"stackPeakBytes":7000,"staticBytes":40000,"heapBytes":140000,"heapPeakBytes":156000,"cryptoBytes":3000,
"cryptoPeakBytes":14000,"networkBytes":6000,"networkPeakBytes":12000}}`.replaceAll("\n", ""),
) as Memory;
const STATICS = new Map([
	["devices", 27_000],
	["lwIP", 5000],
	["mbedTLS", 2000],
	["chip", 3000],
	["natives", 1000],
]);
const RAM = { memory: MEMORY, statics: STATICS, engineStack: 16_384 };

describe("RAM by owner", () => {
	it("adds up to what the chip has, and each owner's static data is with it", () => {
		const figures = ramFigures(RAM);
		assert.equal(sumOf(figures, "ram"), RAM_SIZE);
		assert.equal(figures["ram/XS slots"], 80_000 - 24_000 - 16_384);
		assert.equal(figures["ram/XS, not taken"], 50_000);
		assert.equal(figures["ram/mbedTLS"], 16_000);
		assert.equal(figures["ram/device buffers"], 27_000);
		assert.equal(figures["ram/static data"], 4000);
		assert.equal(figures[UNTOUCHED], 200_000);
	});

	it("is refused where something is counted twice, or a Linux board's report is taken for a chip's", () => {
		const { chip, ...linux } = MEMORY;
		assert.ok(chip);
		assert.throws(() => ramFigures({ ...RAM, memory: linux }), RangeError);
		const twice = { ...MEMORY, chip: { ...chip, cryptoPeakBytes: 140_000 } };
		assert.throws(() => ramFigures({ ...RAM, memory: twice }), /heap, the rest/);
	});
});

/** A run with three attempts; each line with its count. */
const MARKS = [
	["state Resetting", 60],
	["mqtt: online", 64],
	["session established", 500],
	["state Idle", 505],
	["file complete", 930],
	["state Starting", 935],
	["state Execute", 1300],
	["state Suspended", 1450],
	["state Execute", 1460],
	["state Suspended", 1467],
	["state Execute", 1474],
	["state Suspended", 1480],
	["state Idle", 1490],
].map(([line, busy]) => ({ line: String(line), busy: Number(busy) }));

describe("phases of a station's work", () => {
	it("are told by what its console says", () => {
		assert.deepEqual(phases(MARKS, 3), {
			[WORK.ready]: 505,
			[WORK.handshake]: 436,
			[WORK.fetch]: 425,
			[WORK.first]: 525,
			[WORK.attempt]: 14,
		});
	});

	it("are refused where a mark or an attempt is missing", () => {
		for (const line of ["mqtt: online", "session established", "file complete", "state Starting"])
			assert.throws(
				() =>
					phases(
						MARKS.filter((mark) => mark.line !== line),
						3,
					),
				RunError,
				line,
			);
		assert.throws(() => phases(MARKS, 4), /3 attempts began, not 4/);
		assert.throws(() => phases([], 3), /nothing that is counted/);
	});

	it("of several runs are the middle ones, with how far they lie apart", () => {
		const { figures, spreads } = sampled([{ "work/a": 30 }, { "work/a": 10 }, { "work/a": 11 }]);
		assert.deepEqual(figures, { "work/a": 11 });
		assert.deepEqual(spreads, { "work/a": { low: 10, high: 30 } });
	});
});

describe("the scene of a budget", () => {
	it("has a key that is always the same and works", () => {
		const [one, again, other] = [fixedKey(2048, "a"), fixedKey(2048, "a"), fixedKey(2048, "b")];
		assert.ok(one.equals(again));
		assert.ok(!one.equals(other));
		const crypto = new NodeCrypto();
		const message = new Uint8Array([1, 2, 3]);
		const signature = crypto.sign(NodeCrypto.privateKey(one, "sign"), message);
		assert.equal(one.asymmetricKeyDetails?.modulusLength, 2048);
		assert.ok(signature.length === 256);
	});

	it("has a parameter file of exactly the size that is asked for", () => {
		for (const size of [1024, 65_536]) {
			const text = recipeText(size, 24);
			assert.equal(Buffer.byteLength(text), size);
			assert.match(text, /^# Resistors\nr0= 100\n/);
		}
	});
});
