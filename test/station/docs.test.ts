/** docs/station.md shows the machine as it is. `UPDATE_DOCS=1` writes the generated parts anew. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { step, TABLE } from "../../modules/station/machine.js";
import { MODES, type Mode, type StationEvent } from "../../modules/station/state.js";
import { events, start, states, verdict } from "./samples.js";

const DOCUMENT = new URL("../../../docs/station.md", import.meta.url);
const NOTHING = new Set(["notNow", "oldTrial"]);

/** `passedAlready` → "passed already". */
function words(name: string): string {
	return NOTHING.has(name) ? "" : name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function table(): string {
	const rows = Object.keys(events).map((type) => {
		const cells = MODES.map((mode) => words(TABLE[mode][type as StationEvent["type"]].name));
		return `| ${type} | ${cells.join(" | ")} |`;
	});
	const header = `| event | ${MODES.join(" | ")} |`;
	return [header, `| --- |${" --- |".repeat(MODES.length)}`, ...rows].join("\n");
}

function diagram(): string {
	const told: [string, StationEvent][] = [
		...Object.entries(events).filter(([type]) => type !== "verdict"),
		["verdict: pass", verdict(true)],
		["verdict: fail", verdict(false)],
		["start, result not judged", start({ attempt: 1 })],
	];
	const lines = new Map<string, string[]>();
	for (const mode of MODES) {
		for (const [label, event] of told) {
			const isAgain = label === "start, result not judged";
			const from = isAgain && mode === "arrived" ? { ...states.judging, mode } : states[mode];
			const next: Mode = step(from, event).state.mode;
			const arrow = `    ${mode} --> ${next}`;
			if (next !== mode) lines.set(arrow, [...(lines.get(arrow) ?? []), label]);
		}
	}
	const arrows = [...lines].map(([arrow, labels]) => `${arrow} : ${labels.join(" / ")}`);
	return ["```mermaid", "stateDiagram-v2", "    [*] --> idle", ...arrows, "```"].join("\n");
}

function replaced(text: string, part: string, content: string): string {
	const pattern = new RegExp(`(<!-- ${part} -->\n)[^]*(<!-- /${part} -->)`);
	assert.match(text, pattern);
	return text.replace(pattern, (_, open: string, close: string) => `${open}${content}\n${close}`);
}

describe("docs/station.md", () => {
	it("shows the table and the diagram that the code has", () => {
		const text = readFileSync(DOCUMENT, "utf8");
		const wanted = replaced(replaced(text, "table", table()), "diagram", diagram());
		if (process.env.UPDATE_DOCS === "1") writeFileSync(DOCUMENT, wanted);
		else assert.equal(text, wanted, "run the tests with UPDATE_DOCS=1");
	});
});
