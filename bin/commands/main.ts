/**
 * bin/interlock: reads the command line and runs one command. Each command's parts are loaded only when it
 * runs. Exit statuses are in failure.ts.
 */
import { Command, CommanderError } from "commander";
import { addAttackCommand } from "./attack.js";
import { addBenchCommand } from "./bench.js";
import { addBrokerCommand } from "./broker.js";
import { addBudgetCommand } from "./budget.js";
import { describeFailure, EXIT } from "./failure.js";
import { addFlashCommand } from "./flash.js";
import { addKeysCommand } from "./keys.js";
import { addLineCommand } from "./line.js";
import { ignoreClosedPipe, printFailure, printJson } from "./output.js";
import { addProfileCommand } from "./profile.js";
import { addRecipeCommand } from "./recipe.js";
import { addServerCommand } from "./server.js";
import { addSimulateCommand } from "./simulate.js";
import { addStationCommand } from "./station.js";
import { addUnitCommand } from "./unit.js";

const EPILOGUE = `
Exit status: 0 done; 1 the answer is no (a line that did not finish, an unknown unit); 2 the command line is
wrong; 3 what was given cannot be used (recipe, keys, data); 4 the surroundings fail (broker out of reach, port
in use, disk full); 70 a fault in this program; 130 interrupted.

Examples:
  interlock line                                    three stations, five units, live
  interlock line --stations 5 --units 20 --seed 7   a larger line, the same every time
  interlock line --help                             what else it can do
`;

function makeProgram(): Command {
	const program = new Command("interlock")
		.description("Manufacturing stations, their central server and a line of them, simulated.")
		.version("0.1.0")
		.showHelpAfterError("(add --help for what can be said here)")
		.addHelpText("after", EPILOGUE)
		.enablePositionalOptions();
	addLineCommand(program);
	addServerCommand(program);
	addStationCommand(program);
	addBrokerCommand(program);
	addKeysCommand(program);
	addRecipeCommand(program);
	addUnitCommand(program);
	addFlashCommand(program);
	addSimulateCommand(program);
	addAttackCommand(program);
	addBenchCommand(program);
	addProfileCommand(program);
	addBudgetCommand(program);
	return program;
}

/** Commander throws instead of exiting, in every subcommand. */
function throwing(command: Command): Command {
	command.exitOverride();
	for (const subcommand of command.commands) throwing(subcommand);
	return command;
}

/**
 * Runs one command; when it settles the process's exit status is set.
 *
 * @param args - without the interpreter and the script.
 */
export async function main(args: readonly string[]): Promise<void> {
	ignoreClosedPipe();
	const json = args.includes("--json");
	try {
		await throwing(makeProgram()).parseAsync(args, { from: "user" });
	} catch (error) {
		if (error instanceof CommanderError) {
			// Commander has printed the complaint, or the help that was asked for.
			process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
			if (error.exitCode !== 0 && json)
				printJson({ error: { code: "usage", message: error.message } });
			return;
		}
		const failure = describeFailure(error);
		printFailure(failure, json);
		process.exitCode = failure.exit;
	}
}
