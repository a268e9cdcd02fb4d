/** Text in columns, for the terminal. */

/**
 * Columns with a heading, each as wide as its widest cell.
 *
 * @param headings - a heading that starts with ">" sets its column to the right.
 */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
	const names = headings.map((heading) => heading.replace(/^>/, ""));
	const widths = names.map((name, column) =>
		Math.max(name.length, ...rows.map((row) => visibleLength(row[column] ?? ""))),
	);
	const line = (cells: readonly string[]) =>
		widths
			.map((width, column) => {
				const cell = cells[column] ?? "";
				const space = " ".repeat(width - visibleLength(cell));
				return headings[column]?.startsWith(">") ? space + cell : cell + space;
			})
			.join("  ")
			.trimEnd();
	return [line(names), ...rows.map(line)].join("\n");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
const COLOUR = /\u001b\[[0-9;]*m/g;

/** Characters without colour codes. */
export function visibleLength(text: string): number {
	return text.replace(COLOUR, "").length;
}

/** `1.2 kB`, `34 kB`: three digits at most, powers of 1,000. */
export function bytes(count: number): string {
	if (count < 1000) return `${count} B`;
	const unit = count < 999_500 ? "kB" : "MB";
	const value = count / (unit === "kB" ? 1e3 : 1e6);
	return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** `0:07`, `12:34`. */
export function minutes(durationMs: number): string {
	const seconds = Math.floor(durationMs / 1000);
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
