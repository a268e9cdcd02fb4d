/** The project's own set-up (bin/setup.mjs), for what one command or test needs and the others do without. */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export class SetUpError extends Error {
	override readonly name = "SetUpError";
	readonly code = "build";
}

/**
 * Makes a part of the build that is not there or old; takes a moment where nothing is to be done.
 *
 * @param part - bin/setup.mjs's argument. @param isShown - what it does is told on standard error as it goes.
 * @throws {@link SetUpError} with what it said.
 */
export async function setUp(part: string, isShown = false): Promise<void> {
	const child = spawn(process.execPath, [join(root, "bin/setup.mjs"), part], {
		stdio: ["ignore", "ignore", isShown ? "inherit" : "pipe"],
	});
	let said = "";
	child.stderr?.setEncoding("utf8").on("data", (text: string) => {
		said += text;
	});
	const status = await new Promise((resolve) => child.once("close", resolve));
	if (status !== 0)
		throw new SetUpError(
			`\`node bin/setup.mjs ${part}\` failed${isShown ? "; see above" : `: ${said.trim()}`}`,
		);
}
