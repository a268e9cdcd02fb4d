/** What firmware cannot change: built-ins, and what a built-in prototype already names. */

function outcome(action: () => void): string {
	try {
		action();
		return "allowed";
	} catch (error) {
		return error instanceof TypeError ? "refused" : `${error}`;
	}
}

class Own {}

trace(`prototype ${outcome(() => Object.assign(Array.prototype, { extra: 1 }))}\n`);
trace(`method ${outcome(() => Object.assign(Array.prototype, { push: null }))}\n`);
trace(`function ${outcome(() => Object.assign(JSON, { parse: null }))}\n`);
trace(`inherited ${outcome(() => Object.assign(new Own(), { toString: () => "" }))}\n`);
trace(`global ${outcome(() => Object.assign(globalThis, { extra: 1 }))}\n`);
trace(`own ${outcome(() => Object.assign(Own.prototype, { extra: 1 }))}\n`);
