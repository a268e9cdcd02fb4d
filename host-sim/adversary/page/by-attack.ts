/** A report's list put in order: one entry per attack, with what each suite made of it. */
import assert from "node:assert/strict";
import { isPlainName } from "../../../modules/bytes/names.js";
import type { AttackReport, Suite, Tried } from "../attack.js";

export const SUITES: readonly { readonly suite: Suite; readonly title: string }[] = [
	{ suite: 0, title: "the paper’s system" },
	{ suite: 1, title: "Interlock" },
];

export interface Entry {
	/** From 1, in the order of the report. */
	readonly number: number;
	/** What does not depend on the suite. */
	readonly attack: Pick<Tried, "name" | "title" | "goal" | "properties" | "defence">;
	/** A suite is missing where the attack was not tried on it. */
	readonly bySuite: ReadonlyMap<Suite, Tried>;
}

/** Names become addresses within the page, so they must be plain, and one per suite. */
export function byAttack({ attacks }: AttackReport): readonly Entry[] {
	const entries = new Map<string, Entry & { readonly bySuite: Map<Suite, Tried> }>();
	for (const tried of attacks) {
		const { name, suite } = tried;
		assert(isPlainName(name), `not an attack's name: ${JSON.stringify(name)}`);
		const entry = entries.get(name) ?? {
			number: entries.size + 1,
			attack: tried,
			bySuite: new Map(),
		};
		assert(!entry.bySuite.has(suite), `${name} was tried twice on suite ${suite}`);
		entry.bySuite.set(suite, tried);
		entries.set(name, entry);
	}
	return [...entries.values()];
}
