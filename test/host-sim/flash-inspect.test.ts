import assert from "node:assert/strict";
import {
	closeSync,
	mkdtempSync,
	openSync,
	readFileSync,
	readSync,
	rmSync,
	truncateSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FlashImage, FlashImageError, provision } from "../../host-sim/flash-image.js";
import { inspectFlash } from "../../host-sim/flash-inspect.js";
import { concat } from "../../modules/bytes/bytes.js";
import { encodeConfig } from "../../modules/station/config.js";
import { Journal } from "../../modules/station/journal.js";
import { saveLibrary } from "../../modules/station/library-record.js";
import * as channel from "../channel/support.js";
import { seal } from "../station/shelf.js";

const PASSWORD = "do-not-show-7c1";
const SERIAL = "SER-0815";
const PROOF = new Uint8Array(16).fill(0xa7);
/** Offsets in the file. */
const KEYS_AT = 4096;
const RECORDS_AT = 20_480;
const SLOT0_AT = 151_552;

describe("flash inspect", () => {
	let folder = "";
	let file = "";

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "interlock-inspect-"));
		file = join(folder, "flash.bin");
		provision({
			file,
			keys: { kem: new Uint8Array(64).fill(0x5e) },
			config: encodeConfig({
				station: channel.STATION,
				host: "10.0.0.1",
				port: 1883,
				username: channel.STATION,
				password: PASSWORD,
				credential: channel.station.bytes,
				server: channel.server.bytes,
				roots: [channel.publicDer("root"), channel.publicDer("nextRoot")],
			}),
		});
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	/** Puts a complete file into slot0 and a unit onto the station. */
	async function fill(): Promise<void> {
		const { offer, head, segments } = await seal(4);
		const image = new FlashImage(file);
		image.partition("slot0").write(0, concat(head, ...segments));
		const state = image.keyValue("state");
		const recipe = { id: offer.id, version: offer.version, digest: offer.digest };
		saveLibrary(state, {
			slots: [{ ...recipe, state: "active" }, undefined, undefined, undefined],
			floors: new Map([[offer.id, 4]]),
		});
		const journal = new Journal(state);
		journal.note(77);
		const readings = [{ name: "resonance", value: 5.4321 }];
		const result = { attempt: 3, recipe, set: 2, readings, durationMs: 80 };
		journal.saveUnit({ serial: SERIAL, visit: 1, step: 2, proof: PROOF, result });
		image.close();
	}

	/** Flips every bit of one byte of the file. */
	function flip(offset: number): void {
		const descriptor = openSync(file, "r+");
		const byte = new Uint8Array(1);
		readSync(descriptor, byte, 0, 1, offset);
		writeSync(
			descriptor,
			byte.map((value) => ~value),
			0,
			1,
			offset,
		);
		closeSync(descriptor);
	}

	function refused(code: string, message: RegExp): void {
		assert.throws(
			() => inspectFlash(file),
			(error: unknown) => {
				assert.ok(error instanceof FlashImageError, String(error));
				assert.equal(error.code, code);
				assert.match(error.message, message);
				return true;
			},
		);
	}

	it("tells a new board's name and credentials, and that it holds nothing", () => {
		const contents = inspectFlash(file);
		assert.equal(contents.board?.station, channel.STATION);
		assert.deepEqual(
			contents.credentials.map(({ subject, epoch, from }) => [subject, epoch, from]),
			[
				[channel.STATION, 3, "config"],
				["server", 5, "config"],
			],
		);
		assert.deepEqual(contents.keys, [{ name: "kem", size: 64 }]);
		assert.equal(contents.boots, 0);
		assert.equal(contents.unit, undefined);
		assert.deepEqual(
			contents.slots.map(({ recipe }) => recipe),
			[undefined, undefined, undefined, undefined],
		);
	});

	it("tells which files it holds and how far its unit is", async () => {
		await fill();
		const { boots, journal, unit, slots, versionFloors } = inspectFlash(file);
		assert.equal(boots, 1);
		assert.equal(journal, 77);
		assert.deepEqual(unit, { mode: "judging", visit: 1, step: 2, attempt: 3 });
		assert.equal(slots[0]?.recipe?.state, "active");
		assert.equal(slots[0]?.recipe?.version, 4);
		assert.ok((slots[0]?.segments ?? 0) > 1);
		assert.deepEqual(versionFloors, { coil: 4 });
	});

	it("lets no secret out, and changes no byte", async () => {
		await fill();
		const before = readFileSync(file);
		const text = JSON.stringify(inspectFlash(file), (_, value: unknown) =>
			value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
		);
		for (const secret of [PASSWORD, SERIAL, "5.4321", "resonance", "a7a7a7a7", "5e5e5e5e"])
			assert.ok(!text.includes(secret), secret);
		assert.ok(readFileSync(file).equals(before));
	});

	it("takes a record that a power cut left unfinished as the board does: it does not count", async () => {
		await fill();
		const { log } = inspectFlash(file);
		assert.equal(log.cutOffAt, undefined);
		// The head of a record and nothing more; stored bytes are complements.
		const descriptor = openSync(file, "r+");
		writeSync(descriptor, Uint8Array.of(1, 2, 3, 4, ~1, ~10, ~20, ~0), 0, 8, RECORDS_AT + log.used);
		closeSync(descriptor);
		const contents = inspectFlash(file);
		assert.equal(contents.log.cutOffAt, log.used);
		assert.equal(contents.unit?.attempt, 3);
	});

	it("names a damaged record with whole ones after it", async () => {
		await fill();
		flip(RECORDS_AT + 16 + 20);
		refused("corrupt", /nvs at 16: a damaged record; .*records go on at \d+/);
	});

	it("names damage in the head and in the segments of a complete file", async () => {
		await fill();
		flip(SLOT0_AT + 30);
		refused("corrupt", /slot0 at 0: not the head of coil version 4/);
		flip(SLOT0_AT + 30);
		flip(SLOT0_AT + 2000);
		refused("corrupt", /slot0 from \d+ to \d+: the segments of coil version 4 are not those/);
	});

	it("names every fault there is", async () => {
		await fill();
		flip(KEYS_AT);
		flip(SLOT0_AT);
		refused("corrupt", /\n {2}keys at 0: .*\n(.*\n)* {2}slot0 at 0: /);
	});

	it("names a key that is missing, and a record that its own code cannot read", () => {
		const image = new FlashImage(file);
		image.partition("keys").erase(0, 1);
		image.keyValue("state").write("unit", Uint8Array.of(0x81, 9));
		image.keyValue("config").write("cred", channel.server.bytes.slice(0, 100));
		image.keyValue("config").write("root0", Uint8Array.of(1));
		image.close();
		refused("corrupt", /keys: no key "kem"/);
		refused("corrupt", /record state\/unit: it cannot be read/);
		refused("corrupt", /record config\/cred: /);
		refused("corrupt", /record config\/root0: not an RSA public key/);
	});

	it("refuses credentials that no root of its own signed", () => {
		const image = new FlashImage(file);
		image.keyValue("config").write("root0", channel.publicDer("otherRoot"));
		image.close();
		refused("corrupt", /record config\/cred: no root of this plant signed it/);
	});

	it("says why a file is no flash image", () => {
		flip(0);
		refused("corrupt", /does not begin with "interlock-flash1"/);
		flip(0);
		flip(25);
		refused("corrupt", /bytes 0 to 279, does not have the checksum/);
		flip(25);
		truncateSync(file, 2_000_000);
		refused("corrupt", /partition slot1 ends at 2248704, the file is cut off at 2000000/);
		truncateSync(file, 100);
		refused("corrupt", /table of partitions is cut off: 100 bytes of 4096/);
		writeFileSync(file, "");
		refused("corrupt", /does not begin/);
		rmSync(file);
		refused("missing", /is not there/);
		file = folder;
		refused("missing", /is not a file/);
	});

	it("gives one answer for every byte of the table and the records that is flipped", async function () {
		this.timeout(60_000);
		await fill();
		const { log } = inspectFlash(file);
		const offsets = Array.from({ length: 216 }, (_, i) => i);
		for (let at = 0; at < log.used; at += 97) offsets.push(RECORDS_AT + at);
		for (const offset of offsets) {
			flip(offset);
			try {
				inspectFlash(file);
			} catch (error) {
				assert.ok(error instanceof FlashImageError, `byte ${offset}: ${String(error)}`);
			}
			flip(offset);
		}
	});
});
