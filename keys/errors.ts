/** What can be wrong with a plant directory, a bundle or a request about one. */

/**
 * - `exists`: keys are already there, and are never overwritten
 * - `missing`: a file or directory is not there
 * - `io`: it could not be read or written
 * - `invalid`: a file is not what it should be
 * - `passphrase`: the root key needs one, or another one
 * - `name`: not a name of a line or station
 * - `bits`: an RSA size out of range
 * - `full`: the line has as many stations as it may have
 * - `mismatch`: files that belong together do not fit
 * - `unknown`: the plant has no such station
 * - `revoked`: not with a station whose credential was revoked
 * - `busy`: another process is changing the plant
 */
export type KeysErrorCode =
	| "exists"
	| "missing"
	| "io"
	| "invalid"
	| "passphrase"
	| "name"
	| "bits"
	| "full"
	| "mismatch"
	| "unknown"
	| "revoked"
	| "busy";

export class KeysError extends Error {
	readonly code: KeysErrorCode;
	constructor(code: KeysErrorCode, message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = "KeysError";
		this.code = code;
	}
}
