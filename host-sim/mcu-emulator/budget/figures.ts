/**
 * The figures of the budget: groups, what each is counted in, and the limits that none may break. What each figure means
 * is said in docs/chip-budgets.md.
 *
 * | group | adds up to |
 * | --- | --- |
 * | ram | all of the chip's RAM |
 * | firmware | the program in flash |
 * | image | the base image in flash |
 * | work | nothing: instructions |
 */
/** Bytes or instructions by the figure's name, `<group>/<name>`. */
export type Figures = Readonly<Record<string, number>>;

export type GroupName = "ram" | "firmware" | "image" | "work";

export interface Group {
	readonly name: GroupName;
	readonly title: string;
	readonly unit: "B" | "instructions";
	/** The figures are parts of one whole. */
	readonly isWhole: boolean;
}

export const GROUPS: readonly Group[] = [
	{ name: "ram", title: "RAM by owner", unit: "B", isWhole: true },
	{ name: "firmware", title: "Flash: the firmware's code by library", unit: "B", isWhole: true },
	{ name: "image", title: "Flash: what the base image holds", unit: "B", isWhole: true },
	{ name: "work", title: "Work", unit: "instructions", isWhole: false },
];

/** Bytes of RAM that a chip has (chip/memory-map.h). */
export const RAM_SIZE = 409_600;
/** Of these nothing has touched so many. */
export const UNTOUCHED_MIN = 65_536;
/** Bytes of flash that a board has, and of these what is for its data (board/partitions.csv). */
export const FLASH_SIZE = 4 * 1024 * 1024;
export const DATA_SIZE = 2 * 1024 * 1024;

export const UNTOUCHED = "ram/never touched";

/** A group's figures, without their group's name. */
export function membersOf(
	figures: Figures,
	group: GroupName,
): readonly (readonly [string, number])[] {
	const prefix = `${group}/`;
	return Object.entries(figures)
		.filter(([figure]) => figure.startsWith(prefix))
		.map(([figure, value]) => [figure.slice(prefix.length), value]);
}

export function sumOf(figures: Figures, group: GroupName): number {
	return membersOf(figures, group).reduce((sum, [, value]) => sum + value, 0);
}

export interface Limit {
	readonly what: string;
	readonly of: (figures: Figures) => number;
	readonly least?: number;
	readonly most?: number;
}

export const LIMITS: readonly Limit[] = [
	{ what: "RAM", of: (figures) => sumOf(figures, "ram"), most: RAM_SIZE },
	{
		what: "RAM never touched",
		of: (figures) => figures[UNTOUCHED] ?? 0,
		least: UNTOUCHED_MIN,
	},
	{
		what: "flash, with the board's data",
		of: (figures) => sumOf(figures, "firmware") + sumOf(figures, "image") + DATA_SIZE,
		most: FLASH_SIZE,
	},
];
