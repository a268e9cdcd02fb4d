/**
 * Everything that must hold before a change is kept: types, lint and formatting, import rules, then mocha
 * over the compiled tests (those in test/on-xs run inside the XS host, started by other tests).
 *
 * The last line is exactly `N passed, N failed`, and `, N skipped` where tests were skipped; the three
 * static checks count as one each. Exit status 0 only where nothing failed and something passed.
 * Arguments are paths of tests (`node bin/check.mjs test/cbor`) to run only those, without static checks.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { findViolations } from "./import-rules.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tool = (name) => join(root, "node_modules", ".bin", name);

function run(command, args, environment = {}) {
	const result = spawnSync(command, args, {
		cwd: root,
		stdio: ["ignore", "inherit", "inherit"],
		env: { ...process.env, ...environment },
	});
	if (result.error !== undefined) console.log(`${command}: ${result.error.message}`);
	return result.status === 0;
}

function importRules() {
	const violations = findViolations(root);
	for (const { path, line, why } of violations) console.log(`${path}:${line}: ${why}`);
	return violations.length === 0;
}

/** Compiled tests whose source is still there, so that a stale build output is never run. */
function testFiles(folder) {
	const path = join(root, folder);
	if (!existsSync(path)) return [];
	if (folder.endsWith(".test.ts")) return [join(root, "build", folder.replace(/\.ts$/, ".js"))];
	return readdirSync(path, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
		.map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
		.filter((file) => !file.startsWith(join("test", "on-xs")))
		.sort()
		.map((file) => join(root, "build", file.replace(/\.ts$/, ".js")));
}

function mocha(files) {
	const scratch = mkdtempSync(join(tmpdir(), "interlock-check-"));
	const counts = join(scratch, "counts.json");
	try {
		const ok = run(
			tool("mocha"),
			[
				"--exit",
				"--timeout",
				"60000",
				"--enable-source-maps",
				"--reporter",
				join(root, "bin", "count-reporter.cjs"),
				...files,
			],
			{ INTERLOCK_COUNTS: counts },
		);
		if (!existsSync(counts)) {
			console.log("mocha ended before it had counted its tests");
			return { passes: 0, failures: 1, pending: 0 };
		}
		const { passes, failures, pending } = JSON.parse(readFileSync(counts, "utf8"));
		return { passes, failures: failures === 0 && !ok ? 1 : failures, pending };
	} finally {
		rmSync(scratch, { recursive: true, force: true });
	}
}

const STATIC_CHECKS = [
	["types", () => run(tool("tsc"), ["-b", "tsconfig.node.json"])],
	["lint", () => run(tool("biome"), ["check", "--error-on-warnings", "."])],
	["import rules", importRules],
];

const chosen = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
for (const [name, check] of chosen.length === 0 ? STATIC_CHECKS : []) {
	const ok = check();
	console.log(`${ok ? "ok" : "FAILED"}: ${name}`);
	if (ok) passed++;
	else failed++;
}

const files = (chosen.length === 0 ? ["test"] : chosen).flatMap(testFiles);
if (files.length === 0) {
	console.log("no test file found");
	failed++;
} else {
	const { passes, failures, pending } = mocha(files);
	passed += passes;
	failed += failures;
	skipped += pending;
}

console.log(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
