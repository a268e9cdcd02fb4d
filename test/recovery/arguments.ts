/** The command line of the two long runs. */
import { parseArgs } from "node:util";

/**
 * @param defaults - the numbers that may be given, each as `--name N`.
 * @returns them; ends the process with status 2 where the command line is wrong.
 */
export function numbers<const Name extends string>(
	defaults: Readonly<Record<Name, number>>,
): Record<Name, number> {
	const names = Object.keys(defaults) as Name[];
	try {
		const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
		const { values } = parseArgs({ options });
		const found: Record<Name, number> = { ...defaults };
		for (const name of names) {
			const text = values[name];
			if (text === undefined) continue;
			const value = Number(text);
			if (text === "" || !Number.isFinite(value) || value < 0)
				throw new Error(`--${name} takes a number, not "${String(text)}"`);
			found[name] = value;
		}
		return found;
	} catch (error) {
		const usage = names.map((name) => `[--${name} ${defaults[name]}]`).join(" ");
		console.error(`${(error as Error).message}\nArguments: ${usage}`);
		process.exit(2);
	}
}
