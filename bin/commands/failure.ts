/**
 * How commands fail. Exit statuses, the same for every command:
 *
 *   0    done; for `line`, every unit is accounted for; for `server`, `station` and `broker`, stopped cleanly
 *   1    the work was done and its answer is no: a line that did not finish, a unit that is not known
 *   2    the command line is wrong
 *   3    what was given cannot be used: a recipe, keys, a flash image, a data directory of another run
 *   4    the surroundings fail: broker out of reach, port in use, disk full, database locked
 *   70   a fault in this program
 *   130  `line`, interrupted before its end
 */

export const EXIT = {
	ok: 0,
	failed: 1,
	usage: 2,
	input: 3,
	environment: 4,
	internal: 70,
	interrupted: 130,
} as const;

/** A failure that a command itself found. `message` says what was wrong, where, and what to do. */
export class CommandFailure extends Error {
	readonly code: string;
	readonly exit: number;
	constructor(exit: number, code: string, message: string) {
		super(message);
		this.name = "CommandFailure";
		this.code = code;
		this.exit = exit;
	}
}

/** Typed errors of other parts, by class name, and what they mean to the person at the terminal. */
const EXIT_OF: Readonly<Record<string, number>> = {
	RecipeError: EXIT.input,
	LimitsError: EXIT.input,
	KeysError: EXIT.input,
	CredentialError: EXIT.input,
	EnvelopeError: EXIT.input,
	OperationError: EXIT.input,
	FlashImageError: EXIT.input,
	LineError: EXIT.input,
	ConfigError: EXIT.input,
	ServerError: EXIT.input,
	StoreError: EXIT.environment,
	BrokerError: EXIT.environment,
	MqttError: EXIT.environment,
	StorageError: EXIT.environment,
};

export interface Failure {
	readonly exit: number;
	readonly code: string;
	readonly message: string;
	/** Only for faults of this program. */
	readonly stack?: string;
}

function isSystemError(error: Error): error is NodeJS.ErrnoException {
	return "syscall" in error && "code" in error;
}

/** What to print and how to exit for anything that was thrown. */
export function describeFailure(thrown: unknown): Failure {
	if (!(thrown instanceof Error))
		return { exit: EXIT.internal, code: "internal", message: String(thrown) };
	const code = "code" in thrown && typeof thrown.code === "string" ? thrown.code : "internal";
	if (thrown instanceof CommandFailure) return { exit: thrown.exit, code, message: thrown.message };
	const exit = EXIT_OF[thrown.name];
	if (exit !== undefined) return { exit, code, message: thrown.message };
	if (isSystemError(thrown)) return { exit: EXIT.environment, code, message: thrown.message };
	return {
		exit: EXIT.internal,
		code: "internal",
		message: thrown.message,
		...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
	};
}
