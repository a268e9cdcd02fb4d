/** Runs on XS: reads and changes what base-kept.ts keeps, again and again, while garbage is collected. */

import * as base from "./base-kept.js";
import { turns } from "./base-kept.js";

const TURNS = 200;

function outcome(action: () => unknown): string {
	try {
		action();
		return "allowed";
	} catch (error) {
		return error instanceof TypeError ? "refused" : `${error}`;
	}
}

/** Garbage of slots and of chunks. */
function litter(): void {
	const all: unknown[] = [];
	for (let i = 0; i < 50; i++) all.push({ i, text: `${i}`.repeat(20), bytes: new Uint8Array(20) });
}

function changeAll(): void {
	const { settings } = base;
	settings.count += 1;
	settings.list.push(settings.count);
	settings.nested.name = `${base.text} ${settings.count}`;
	base.turn();
	base.kept.add();
	base.kept.name = settings.nested.name;
	base.Counter.make();
	litter();
}

const { kept } = base;
const { list, nested } = base.settings;
trace(`before ${list.join()} ${nested.name} ${turns} ${base.Counter.made}\n`);
for (let i = 0; i < TURNS; i++) changeAll();
const { settings } = base;
trace(`after ${settings.count} ${list.length} ${settings.when.getTime()} ${nested.name}\n`);
trace(`own ${turns} ${base.kept.add()} ${base.kept.name} ${base.Counter.made}\n`);
trace(`same ${list === settings.list} ${nested === settings.nested} ${kept === base.kept}\n`);
trace(`read ${base.table.get("a")} ${base.names.has("a")} ${base.bytes.join()} ${base.big + 1n}\n`);
trace(
	`match ${base.pattern.exec("abbc")?.index} ${base.pattern.test("x")} ${"abcb".split("b").length}\n`,
);
trace(`symbol ${Symbol.for("kept") === base.symbol} ${typeof Symbol.for("fresh")}\n`);
trace(`global ${Object.hasOwn(globalThis, "Map")} ${"Map" in globalThis} ${typeof JSON}\n`);

for (const [name, action] of Object.entries({
	frozen: () => Object.assign(base.frozen, { name: "x" }),
	map: () => base.table.set("b", 2),
	set: () => base.names.add("b"),
	bytes: () => base.bytes.fill(0),
	index: () => Object.assign(base.bytes, { 0: 9 }),
	date: () => base.settings.when.setUTCSeconds(1),
	"last index": () => base.global.exec("abab"),
	stringify: () => JSON.stringify(base.settings),
	"weak key": () => new WeakMap().set(base.settings, 1),
	class: () => Object.assign(base.Counter.prototype, { add: null }),
	function: () => Object.assign(base.turn, { extra: 1 }),
	"new property": () => Object.assign(base.settings, { extra: 1 }),
	"new global": () => Object.assign(globalThis, { extra: 1 }),
	"old global": () => Object.assign(globalThis, { Map: 1 }),
}))
	trace(`${name}: ${outcome(action)}\n`);
trace(`generator ${[...base.count()].length}\n`);
base.later().then((text) => trace(`later ${text}\n`));
