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
	SourceError: EXIT.input,
	FlashImageError: EXIT.input,
	LineError: EXIT.input,
	ConfigError: EXIT.input,
	ProfileError: EXIT.input,
	BudgetError: EXIT.input,
	RunError: EXIT.environment,
	MapError: EXIT.environment,
	ImageError: EXIT.environment,
	ServerError: EXIT.input,
	SetUpError: EXIT.environment,
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

/** Codes that mean something else than the others of their error. */
const EXIT_OF_CODE: Readonly<Record<string, number>> = {
	"StoreError/corrupt": EXIT.input,
	"StoreError/version": EXIT.input,
	"LineError/broker": EXIT.environment,
	"LineError/in-use": EXIT.environment,
};

/** What the system's words mean to the person at the terminal; others are left as they are. */
const SYSTEM: Readonly<Record<string, { exit: number; says: string }>> = {
	ENOENT: { exit: EXIT.input, says: "is not there, or a directory above it is not" },
	ENOTDIR: { exit: EXIT.input, says: "goes through a file as if that were a directory" },
	EEXIST: { exit: EXIT.input, says: "is there already, and is not a directory" },
	EISDIR: { exit: EXIT.input, says: "is a directory where a file is needed" },
	ELOOP: { exit: EXIT.input, says: "is a symbolic link that leads back to itself" },
	ENAMETOOLONG: { exit: EXIT.input, says: "is too long for a file's name" },
	EACCES: {
		exit: EXIT.environment,
		says: "may not be used by this user: its permissions forbid it",
	},
	EPERM: {
		exit: EXIT.environment,
		says: "may not be used by this user: its permissions forbid it",
	},
	EROFS: { exit: EXIT.environment, says: "is on a file system that cannot be written to" },
	ENOSPC: { exit: EXIT.environment, says: "cannot be written: no space is left" },
	EDQUOT: { exit: EXIT.environment, says: "cannot be written: this user's space is used up" },
};

function describeSystemError(error: NodeJS.ErrnoException): Failure {
	const code = error.code ?? "internal";
	const known = SYSTEM[code];
	if (known === undefined || error.path === undefined)
		return { exit: EXIT.environment, code, message: error.message };
	return { exit: known.exit, code, message: `${error.path} ${known.says}` };
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
	const exit = EXIT_OF_CODE[`${thrown.name}/${code}`] ?? EXIT_OF[thrown.name];
	if (exit !== undefined) return { exit, code, message: thrown.message };
	if (isSystemError(thrown)) return describeSystemError(thrown);
	return {
		exit: EXIT.internal,
		code: "internal",
		message: thrown.message,
		...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
	};
}
