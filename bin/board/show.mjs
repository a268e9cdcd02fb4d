/** The report of check:board for people. */

import { sum } from "./measure.mjs";

const LISTED_MAX = 40;

const inFlash = (modules) => modules.filter(({ preloaded }) => preloaded).length;

function byFolder(modules) {
	const folders = [...new Set(modules.map(({ folder }) => folder))].sort();
	return folders.map((folder) => {
		const own = modules.filter((module) => module.folder === folder);
		return [folder, own.length, inFlash(own), sum(own)];
	});
}

const bytes = (count) => `${count.toLocaleString("en")} bytes`;

function table(head, rows) {
	const text = [head, ...rows].map((row) => row.map((cell) => cell.toLocaleString("en")));
	const widths = head.map((_, column) => Math.max(...text.map((row) => row[column].length)));
	return text.map((row) =>
		row
			.map((cell, column) =>
				column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
			)
			.join("  "),
	);
}

function listed(title, items) {
	if (items.length === 0) return [`${title}: none`];
	const more = items.length > LISTED_MAX ? [`  and ${items.length - LISTED_MAX} more`] : [];
	return [
		`${title}: ${items.length}`,
		...items.slice(0, LISTED_MAX).map((item) => `  ${item}`),
		...more,
	];
}

/** @param each - a line a module rather than one a folder. */
export function show(report, each) {
	const { modules, image, aliases } = report;
	const rows = each
		? modules.map((module) => [module.name, 1, module.preloaded ? 1 : 0, module.bytes])
		: byFolder(modules);
	const total = ["total", modules.length, inFlash(modules), sum(modules)];
	const compiled =
		image.compiledBytes === null
			? "compiled size unknown: no riscv64-unknown-elf-gcc with picolibc"
			: `${bytes(image.compiledBytes)} compiled for rv32imc`;
	return [
		`Moddable SDK ${report.sdk}`,
		"",
		...table([each ? "module" : "folder", "modules", "preloaded", "bytecode"], [...rows, total]),
		"",
		`image of what is preloaded: ${image.instances.toLocaleString("en")} objects, ${bytes(image.slotBytes)} of slots; ${compiled}`,
		`RAM for objects that could be written: ${aliases.count}, ${bytes(aliases.bytes)}`,
		...listed("imports of modules that are not there", report.unanswered),
		...listed("modules that a board would load into RAM", report.notPreloaded),
		...listed(
			"not constant",
			report.notFrozen.map(({ where, why }) => `${where}: ${why}`),
		),
	].join("\n");
}
