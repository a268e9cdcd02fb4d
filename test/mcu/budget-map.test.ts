import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	MapError,
	parseMap,
	sizes,
	sourceOf,
} from "../../host-sim/mcu-emulator/budget/map-file.js";
import { Owners, ownerOfSource } from "../../host-sim/mcu-emulator/budget/owners.js";

/** As GNU ld writes it: a long name on a line of its own, merged strings, a gap, the script's own bytes, debug at 0. */
const MAP = `Archive member included to satisfy reference by file (symbol)

Discarded input sections

 .text          0x00000000        0x40 objects/unused-1.o

Memory Configuration

Linker script and memory map

LOAD objects/xsAPI-1.o

.text           0x80000000      0x110
 *(.text .text.*)
 .text.fxNewHostFunction
                0x80000000       0x48 objects/xsAPI-1.o
 *fill*         0x80000048        0x8 
 .text          0x80000050       0x40 /usr/lib/libc.a(strlen.o)
                0x80000050                strlen
 .text          0x80000090        0x0 objects/empty-1.o
 .text.fxToString
                0x80000090       0x80 objects/xsAPI-1.o

.rodata         0x80000110       0x60
 .rodata.fxToString.str1.4
                0x80000110       0x38 objects/xsAPI-1.o
                                 0x50 (size before relaxing)
 .rodata.other  0x80000130       0x30 objects/loop-2.o

.stack          0x80400000     0x8000
                0x80400000                stack_bottom = .

.debug_info     0x00000000     0x4000
 .debug_info    0x00000000     0x4000 objects/xsAPI-1.o
OUTPUT(chip.elf elf32-littleriscv)
`;

function bySection(section: string): [string, number][] {
	return [...sizes(parseMap(MAP), (piece) => (piece.section === section ? piece.file : undefined))];
}

describe("linker map", () => {
	it("has the sections that take memory, and neither what was discarded nor debug information", () => {
		assert.deepEqual(
			[...parseMap(MAP).sections],
			[
				[".text", 0x110],
				[".rodata", 0x60],
				[".stack", 0x8000],
			],
		);
	});

	it("gives each piece to its file, long names and archives' members too, gaps to none", () => {
		assert.deepEqual(bySection(".text"), [
			["objects/xsAPI-1.o", 0xc8],
			["/usr/lib/libc.a(strlen.o)", 0x40],
			["", 8],
		]);
	});

	it("ends merged strings where the next piece begins", () => {
		assert.deepEqual(bySection(".rodata"), [
			["objects/loop-2.o", 0x30],
			["objects/xsAPI-1.o", 0x20],
			["", 0x10],
		]);
	});

	it("gives what the linker script sets aside to the script, so that pieces add up to their sections", () => {
		const { pieces, sections } = parseMap(MAP);
		for (const [section, size] of sections) {
			const of = pieces.filter((piece) => piece.section === section);
			assert.equal(
				of.reduce((sum, piece) => sum + piece.size, 0),
				size,
			);
		}
		assert.deepEqual(
			pieces.filter(({ section }) => section === ".stack").map(({ name }) => name),
			["(script)"],
		);
	});

	it("refuses what is no map, and pieces that do not fit their section", () => {
		assert.throws(() => parseMap("hello\n"), MapError);
		assert.throws(() => parseMap("x\nLinker script and memory map\n\nOUTPUT(a)\n"), MapError);
		assert.throws(
			() => parseMap(MAP.replace("0x80000000       0x48", "0x7fffff00       0x48")),
			/\.text/,
		);
	});
});

describe("owners of the chip's program", () => {
	it("are told by the folder of a source", () => {
		const owners = {
			"node_modules/@agoric/xsnap/moddable/xs/sources/xsAPI.c": "XS",
			"build/mcu/sources/mbedtls/library/rsa.c": "mbedTLS",
			"build/mcu/sources/lwip/src/core/tcp.c": "lwIP",
			"host-sim/mcu-emulator/devices/virtio.c": "devices",
			"host-sim/mcu-emulator/chip/sleep.c": "chip",
			"modules/crypto/rsa.c": "natives",
			"host-sim/xs/tcp.c": "natives",
		};
		for (const [source, owner] of Object.entries(owners))
			assert.equal(ownerOfSource(source), owner, source);
		assert.throws(() => ownerOfSource("elsewhere/a.c"), MapError);
	});

	it("are found by the compiler's list beside an object, whatever the project's folder is called", () => {
		const folder = mkdtempSync(join(tmpdir(), "interlock-map-"));
		try {
			const object = join(folder, "build/rsa-1.o").replace("/build/", "/");
			const source = join(folder, "modules/crypto/rsa.c");
			writeFileSync(
				object.replace(/o$/, "d"),
				`${object}.new: \\\n ${source} \\\n ${folder}/rsa.h\n`,
			);
			assert.equal(sourceOf(object), source);
			const owners = new Owners(folder);
			const piece = { section: ".text", name: ".text", size: 4 };
			assert.equal(owners.owner({ ...piece, file: object }), "natives");
			assert.equal(owners.source({ ...piece, file: object }), "modules/crypto/rsa.c");
			assert.equal(owners.owner({ ...piece, file: "/usr/lib/libc.a(a.o)" }), "C library");
			assert.equal(owners.owner({ ...piece, name: "*fill*", file: "" }), "chip");
			assert.throws(() => sourceOf(join(folder, "other.o")), MapError);
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});
