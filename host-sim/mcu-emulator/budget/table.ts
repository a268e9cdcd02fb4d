/**
 * The committed budget (releases.json): for each release all its figures, and why they changed. The newest release's
 * figures are the budget. A figure that lies more than {@link TOLERANCE} away from it, on either side, or that comes or
 * goes, has to be explained; a limit may not be broken at all.
 *
 * Figures are named `<group>/<name>` (figures.ts). Left out: measuring them.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Figures, LIMITS } from "./figures.js";

/** Part of the budget by which a figure may differ. */
export const TOLERANCE = 0.02;
const RELEASES_MAX = 1000;

export interface Explanation {
	/** `2026-01-31`. */
	readonly date: string;
	readonly why: string;
	/** What was recorded with it and lay out of the budget; `null`: it was not there. */
	readonly changes: readonly {
		readonly figure: string;
		readonly from: number | null;
		readonly to: number | null;
	}[];
}

export interface Release {
	readonly version: string;
	/** Of the last record. */
	readonly date: string;
	/** What it was built and run with: another compiler makes other code. */
	readonly tools: Readonly<Record<string, string>>;
	readonly figures: Figures;
	readonly explanations: readonly Explanation[];
}

/** `none`: there is no such figure in the budget; `gone`: nothing was measured. */
export type Verdict = "within" | "above" | "below" | "new" | "gone";

export interface Row {
	readonly figure: string;
	readonly budget: number | undefined;
	readonly now: number | undefined;
	/** As a part of the budget; `undefined` where one of them is missing. */
	readonly change: number | undefined;
	readonly verdict: Verdict;
}

/** `table`: the file cannot be used; `explanation`: there is none. */
export class BudgetError extends Error {
	override readonly name = "BudgetError";
	readonly code: "table" | "explanation";

	constructor(code: BudgetError["code"], message: string) {
		super(message);
		this.code = code;
	}
}

/** As a part of the budget; `Infinity` where that is nothing. */
function changeOf(budget: number, now: number): number {
	return now === budget ? 0 : (now - budget) / budget;
}

function row(figure: string, budget: number | undefined, now: number | undefined): Row {
	if (budget === undefined) return { figure, budget, now, change: undefined, verdict: "new" };
	if (now === undefined) return { figure, budget, now, change: undefined, verdict: "gone" };
	const change = changeOf(budget, now);
	const isWithin = Math.abs(change) <= TOLERANCE;
	return {
		figure,
		budget,
		now,
		change,
		verdict: isWithin ? "within" : change > 0 ? "above" : "below",
	};
}

/** In the order of what was measured; then what is gone. */
export function compare(budget: Figures, now: Figures): readonly Row[] {
	const gone = Object.keys(budget).filter((figure) => !(figure in now));
	return [...Object.keys(now), ...gone].map((figure) => row(figure, budget[figure], now[figure]));
}

/** @returns a sentence for each limit that is broken. */
export function brokenLimits(figures: Figures): readonly string[] {
	return LIMITS.flatMap(({ what, of, least, most }) => {
		const value = of(figures);
		if (least !== undefined && value < least)
			return [`${what}: ${whole(value)} B, and the least allowed is ${whole(least)} B`];
		if (most !== undefined && value > most)
			return [`${what}: ${whole(value)} B, and the most allowed is ${whole(most)} B`];
		return [];
	});
}

export function whole(value: number): string {
	return Math.round(value).toLocaleString("en-US");
}

/** `+3.1 %`. */
export function changeText(from: number, to: number): string {
	const change = changeOf(from, to);
	if (change === Number.POSITIVE_INFINITY) return "from nothing";
	return `${change > 0 ? "+" : ""}${(change * 100).toFixed(1)} %`;
}

/** @returns a sentence for each row that is out of the budget. */
export function complaints(rows: readonly Row[]): readonly string[] {
	const percent = (part: number) => `${(Math.abs(part) * 100).toFixed(1)} %`;
	return rows.flatMap(({ figure, budget, now, change, verdict }) => {
		const [from, to] = [whole(budget ?? 0), whole(now ?? 0)];
		if (verdict === "within") return [];
		if (verdict === "new") return [`${figure}: ${to}, which the budget does not have`];
		if (verdict === "gone") return [`${figure}: not measured any more; the budget has ${from}`];
		const by = change === Number.POSITIVE_INFINITY ? "all of it" : percent(change ?? 0);
		return [`${figure}: ${to}, ${by} ${verdict} the budget of ${from}`];
	});
}

/** @returns nothing where no release was recorded yet. @throws {@link BudgetError} `table`. */
export function readReleases(file: string): readonly Release[] {
	if (!existsSync(file)) return [];
	try {
		const { releases } = JSON.parse(readFileSync(file, "utf8")) as { releases: unknown };
		if (!Array.isArray(releases) || releases.length > RELEASES_MAX)
			throw new Error(`"releases" must be a list of at most ${RELEASES_MAX}`);
		return releases.map(checked);
	} catch (error) {
		throw new BudgetError("table", `${file} is no table of budgets: ${(error as Error).message}`);
	}
}

function checked(release: Release, at: number): Release {
	const { version, date, tools, figures, explanations } = release ?? {};
	const isText = typeof version === "string" && typeof date === "string";
	const isWhole = isText && typeof tools === "object" && Array.isArray(explanations);
	if (!isWhole || typeof figures !== "object") throw new Error(`release ${at} lacks a field`);
	for (const [name, value] of Object.entries(figures))
		if (!Number.isFinite(value) || value < 0) throw new Error(`${version}: ${name} is no size`);
	return release;
}

export function writeReleases(file: string, releases: readonly Release[]): void {
	writeFileSync(file, `${JSON.stringify({ releases }, null, "\t")}\n`);
}

/**
 * Makes what was measured the budget of its version: a new release where the newest has another version, in its place
 * where it has the same.
 *
 * @param why - for people who will look at the table; not empty.
 * @throws {@link BudgetError} `explanation`.
 */
export function record(
	releases: readonly Release[],
	now: Omit<Release, "explanations">,
	why: string,
): readonly Release[] {
	if (why.trim() === "")
		throw new BudgetError("explanation", "a new budget needs an explanation: --record WHY");
	const newest = releases.at(-1);
	const changes = compare(newest?.figures ?? {}, now.figures)
		.filter(({ verdict }) => newest !== undefined && verdict !== "within")
		.map(({ figure, budget = null, now: to = null }) => ({ figure, from: budget, to }));
	const explanation = { date: now.date, why: why.trim(), changes };
	const isSame = newest?.version === now.version;
	const earlier = isSame ? newest.explanations : [];
	const kept = isSame ? releases.slice(0, -1) : releases;
	return [...kept, { ...now, explanations: [...earlier, explanation] }];
}
