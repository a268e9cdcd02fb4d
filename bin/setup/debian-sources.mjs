/**
 * Source packages of Debian: fetched from where this system gets its packages, checked by apt against Debian's keyring,
 * unpacked with Debian's patches into a folder of the build.
 *
 * The system's configuration is not changed: list, index and cache are in that folder, so no privilege is needed. A
 * folder that already has a library's sources is taken as it is, wherever they came from, if the version is right.
 */

import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { progress, SetupError, say } from "./report.mjs";
import { capture } from "./run.mjs";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Debian's source package, the version that ours is written for, and where a library says which it is. */
export const SOURCES = [
	{
		name: "mbedtls",
		wanted: "2.28",
		header: "include/mbedtls/version.h",
		version: /MBEDTLS_VERSION_STRING\s+"([\d.]+)"/,
	},
	{
		name: "lwip",
		wanted: "2.1.3",
		header: "src/include/lwip/init.h",
		version: [/VERSION_MAJOR\s+(\d+)/, /VERSION_MINOR\s+(\d+)/, /VERSION_REVISION\s+(\d+)/],
	},
];

function byHand({ name, wanted }, folder) {
	return (
		`The emulated chip needs the sources of ${name} ${wanted}, which Debian 12 has. Elsewhere unpack them to\n\n` +
		`  ${join(folder, name)}\n`
	);
}

function versionOf({ header, version }, folder) {
	const file = join(folder, header);
	if (!existsSync(file)) return "unknown";
	const text = readFileSync(file, "utf8");
	return [version]
		.flat()
		.map((pattern) => pattern.exec(text)?.[1] ?? "?")
		.join(".");
}

function check(source, folder) {
	const found = versionOf(source, join(folder, source.name));
	if (found === source.wanted || found.startsWith(`${source.wanted}.`)) return;
	throw new SetupError(
		`${join(folder, source.name)} has version ${found}. Remove it.\n${byHand(source, folder)}`,
	);
}

/** Lines of an apt list: Debian's own sources for this release, from the sites that its packages come from. */
async function aptList() {
	const release = /^VERSION_CODENAME="?(\w+)"?$/m.exec(
		existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "",
	)?.[1];
	const format = "$(ORIGIN) $(COMPONENT) $(SITE) $(CODENAME)";
	const { status, output } = await capture("apt-get", ["indextargets", "--format", format]);
	const lines = status === 0 ? new Set(output.split("\n")) : new Set();
	return [...lines]
		.map((line) => line.split(" "))
		.filter(([origin, component]) => origin === "Debian" && component === "main")
		.filter(([, , , suite]) => suite === release || suite === `${release}-security`)
		.map(([, , site, suite]) => `deb-src [signed-by=${KEYRING}] ${site} ${suite} main\n`)
		.join("");
}

async function apt(folder, argv, source) {
	const list = join(folder, "sources.list");
	const state = join(folder, "apt");
	for (const part of ["lists/partial", "cache/archives/partial"])
		mkdirSync(join(state, part), { recursive: true });
	const own = [
		`Dir::Etc::sourcelist=${list}`,
		"Dir::Etc::sourceparts=-",
		`Dir::State::lists=${join(state, "lists")}`,
		`Dir::Cache=${join(state, "cache")}`,
		"APT::Sandbox::User=",
	].flatMap((option) => ["-o", option]);
	const { status, output } = await capture("apt-get", [...own, "-q", ...argv], { cwd: folder });
	if (status !== 0)
		throw new SetupError(`apt-get ${argv[0]} failed:\n${output}\n${byHand(source, folder)}`);
}

async function fetch(source, folder) {
	const scratch = join(folder, `${source.name}.new`);
	rmSync(scratch, { recursive: true, force: true });
	mkdirSync(scratch);
	progress(`fetching the sources of ${source.name}`);
	await apt(folder, ["source", "--download-only", source.name], source);
	const found = readdirSync(folder).find(
		(file) => file.startsWith(`${source.name}_`) && file.endsWith(".dsc"),
	);
	const unpack = ["-x", join(folder, found ?? ""), join(scratch, source.name)];
	const { status, output } = await capture("dpkg-source", unpack);
	if (status !== 0)
		throw new SetupError(`dpkg-source failed:\n${output}\n${byHand(source, folder)}`);
	renameSync(join(scratch, source.name), join(folder, source.name));
	rmSync(scratch, { recursive: true });
	say(`${source.name} ${versionOf(source, join(folder, source.name))}: sources fetched`);
}

/** Makes sure that `folder` has the sources of SOURCES, each under its name. @throws {@link SetupError} */
export async function ensureSources(folder) {
	const missing = SOURCES.filter(({ name }) => !existsSync(join(folder, name)));
	if (missing.length > 0) {
		mkdirSync(folder, { recursive: true });
		const list = await aptList();
		if (list === "")
			throw new SetupError(
				`apt knows no packages of Debian. Run \`sudo apt-get update\` and try again.\n${byHand(missing[0], folder)}`,
			);
		writeFileSync(join(folder, "sources.list"), list);
		progress("fetching Debian's index of source packages");
		await apt(folder, ["update"], missing[0]);
		for (const source of missing) await fetch(source, folder);
	}
	for (const source of SOURCES) check(source, folder);
}
