/** `interlock flash`: looks into a station's flash image. */
import type { Command } from "commander";
import type { FlashContents, SlotSummary } from "../../host-sim/flash-contents.js";
import { hex } from "../../modules/bytes/bytes.js";
import { printJson, printLine } from "./output.js";

const EPILOGUE = `
It tells whose image it is, how often it started, which sealed files it holds and whether a unit is on it; no key,
password, proof, reading or serial number. Nothing is changed, so it may be used while the station runs: then it
shows one moment, and says which process it is. All that can be checked without the station's key is checked; a
broken image is refused (exit status 3), with what is broken and where.

Example:
  interlock flash inspect data/station-1.flash
`;

async function inspect(file: string, options: { readonly json?: true }): Promise<void> {
	const { inspectFlash } = await import("../../host-sim/flash-inspect.js");
	const { table } = await import("../../host-sim/line/table.js");
	const contents = inspectFlash(file);
	if (options.json) return printJson(contents);
	const { slots, partitions, domains, versionFloors } = contents;
	printLine(identity(contents).join("\n"));
	printLine("");
	printLine(
		table(
			["slot", "recipe", ">version", "state", ">bytes", ">segments", "digest"],
			slots.map(slotRow),
		),
	);
	const floors = Object.entries(versionFloors).map(([id, version]) => `${id} ${version}`);
	if (floors.length > 0) printLine(`lowest version that may run: ${floors.join(", ")}`);
	printLine("");
	const rows = Object.entries(domains).flatMap(([domain, records]) =>
		records.map(({ key, size }) => [domain, key, String(size)]),
	);
	printLine(table(["domain", "record", ">bytes"], rows));
	printLine("");
	printLine(
		table(
			["partition", ">offset", ">bytes", "holds"],
			partitions.map(({ name, offset, size }) => [
				name,
				String(offset),
				String(size),
				holds(name, contents),
			]),
		),
	);
}

function day(atS: number): string {
	return new Date(atS * 1000).toISOString().slice(0, 10);
}

function identity(contents: FlashContents): string[] {
	const { file, size, inUseBy, board, credentials, boots, journal, floors, unit } = contents;
	const lines = [
		`${file}: ${size} bytes${inUseBy === undefined ? "" : `, in use by process ${inUseBy}`}`,
	];
	if (board === undefined) lines.push("not enrolled");
	else
		lines.push(
			`station     ${board.station}, broker ${board.host}:${board.port}, user ${board.username}`,
		);
	for (const { subject, epoch, notBeforeS, expiresS, from } of credentials) {
		const source = from === "state" ? ", sent by the server" : "";
		lines.push(
			`credential  ${subject}, epoch ${epoch}, from ${day(notBeforeS)} until ${day(expiresS)}${source}`,
		);
	}
	lines.push(`starts      ${boots}`);
	lines.push(
		`journal     ${journal}${floors.timeS === 0 ? "" : `, time known up to ${day(floors.timeS)}`}`,
	);
	if (unit === undefined) lines.push("unit        none");
	else {
		const attempt = unit.attempt === undefined ? "no attempt measured" : `attempt ${unit.attempt}`;
		lines.push(`unit        ${unit.mode}, ${attempt}, step ${unit.step + 1}, visit ${unit.visit}`);
	}
	return lines;
}

/** Characters of a digest that are shown. */
const DIGEST_SHOWN = 16;

function slotRow({ slot, recipe, size, segments }: SlotSummary): string[] {
	if (recipe === undefined) return [slot, "-"];
	const { id, version, state, digest } = recipe;
	const numbers = [size, segments].map((number) => (number === undefined ? "?" : String(number)));
	return [slot, id, String(version), state, ...numbers, hex(digest).slice(0, DIGEST_SHOWN)];
}

function holds(name: string, { keys, log, slots }: FlashContents): string {
	if (name === "keys")
		return keys.length === 0 ? "no key" : keys.map((key) => `key "${key.name}"`).join(", ");
	if (name === "nvs") {
		const cut = log.cutOffAt === undefined ? "" : `, one cut off at ${log.cutOffAt} by a power cut`;
		return `records, ${log.used} of ${log.size} bytes${cut}`;
	}
	const slot = slots.find((each) => each.slot === name);
	if (slot === undefined) return "unknown";
	return slot.recipe === undefined ? "free" : "a sealed file";
}

export function addFlashCommand(program: Command): void {
	const flash = program
		.command("flash")
		.description("look into a station's flash image")
		.addHelpText("after", EPILOGUE);
	flash
		.command("inspect")
		.description("what a station has stored, without secrets")
		.argument("<file>", "a flash image")
		.option("--json", "print JSON")
		.addHelpText("after", EPILOGUE)
		.action(inspect);
}
