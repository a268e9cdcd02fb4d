/**
 * What has to be on the machine: Debian's compiler (with what node-gyp needs), mbedTLS and Mosquitto, and the packages
 * of package-lock.json.
 */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { SetupError, say } from "./report.mjs";
import { capture, show } from "./run.mjs";

/** Debian's package, and files of which one shows that it (or its like from elsewhere) is there. */
const DEBIAN = [
	{ name: "build-essential", files: ["/usr/bin/cc"] },
	{
		name: "libmbedtls-dev",
		files: ["/usr/include/psa/crypto.h", "/usr/local/include/psa/crypto.h"],
	},
	{ name: "mosquitto", files: ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"] },
];

async function privileged() {
	if (process.getuid?.() === 0) return [];
	const { status } = await capture("sudo", ["-n", "true"]).catch(() => ({ status: 1 }));
	return status === 0 ? ["sudo", "-n"] : undefined;
}

/** @param more - further packages, in the form of DEBIAN. */
export async function ensureDebian(more = []) {
	const missing = [...DEBIAN, ...more].filter(
		({ files }) => !files.some((file) => existsSync(file)),
	);
	if (missing.length === 0) return;
	const names = missing.map(({ name }) => name);
	const line = `sudo apt-get update && sudo apt-get install -y ${names.join(" ")}`;
	const prefix = existsSync("/usr/bin/apt-get") ? await privileged() : undefined;
	if (prefix === undefined)
		throw new SetupError(`some packages are missing. Run this, then try again:\n\n  ${line}\n`);
	say(`Debian packages: installing ${names.join(", ")}`);
	const environment = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
	const install = [
		...prefix,
		"apt-get",
		"install",
		"-y",
		"-q",
		"--no-install-recommends",
		...names,
	];
	for (const argv of [[...prefix, "apt-get", "update", "-q"], install])
		if ((await show(argv[0], argv.slice(1), environment)) !== 0)
			throw new SetupError(`apt-get failed. Run this, then try again:\n\n  ${line}\n`);
}

/** Installs what package-lock.json lists where that is newer than what is installed. */
export async function ensureNodePackages(root) {
	const installed = statSync(join(root, "node_modules/.package-lock.json"), {
		throwIfNoEntry: false,
	});
	const wanted = statSync(join(root, "package-lock.json"));
	if (installed && installed.mtimeMs >= wanted.mtimeMs) return;
	say("npm packages: installing (a minute or two the first time)");
	if ((await show("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root })) !== 0)
		throw new SetupError("npm ci failed; see above");
}
