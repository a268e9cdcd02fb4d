/**
 * The Python that the paper's system runs on here: Debian's, with the two libraries that the paper names, from
 * Debian's packages. Where one is missing it is installed, as bin/setup does for what the project needs itself.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

export const PYTHON = "/usr/bin/python3";
const PACKAGES = [
	{ name: "python3", files: [PYTHON] },
	{
		name: "python3-pycryptodome",
		files: ["/usr/lib/python3/dist-packages/Cryptodome/__init__.py"],
	},
	{ name: "python3-paho-mqtt", files: ["/usr/lib/python3/dist-packages/paho/mqtt/client.py"] },
];
/** From this file's place among what was built. */
const SETUP = new URL("../../../bin/setup/packages.mjs", import.meta.url).href;

/** @throws SetupError with the line that installs them, where that may not be done here. */
export async function ensurePython(): Promise<void> {
	const { ensureDebian } = (await import(SETUP)) as {
		ensureDebian(more: typeof PACKAGES): Promise<void>;
	};
	await ensureDebian(PACKAGES);
}

const VERSIONS = `
import json, platform
from importlib.metadata import version
found = {"Python": platform.python_version()}
for name, label in (("pycryptodomex", "PyCryptodome"), ("paho-mqtt", "paho-mqtt")):
    try: found[label] = version(name)
    except Exception: found[label] = "absent"
print(json.dumps(found))
`;

export function pythonVersions(): Record<string, string> {
	if (!existsSync(PYTHON)) return { Python: "absent" };
	return JSON.parse(execFileSync(PYTHON, ["-c", VERSIONS]).toString());
}
