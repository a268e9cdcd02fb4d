/** How far a long file has come, for whoever watches: one line of standard error, rewritten. */
import type { RecipeSource } from "../../server/recipe-source.js";
import type { ByteSource } from "../../server/store/pieces.js";

/** Bytes of a file that takes long enough to be watched. */
const LONG = 4 * 1024 * 1024;
const CLEAR = "\r\x1b[K";

export interface Screen {
	readonly isTTY?: boolean;
	write(text: string): unknown;
}

/**
 * The same source, which tells how far it was read. Says nothing of a short file, nor where nobody watches.
 *
 * @param doing - what is done at each reading: "checking", then "storing".
 */
export function shown(
	source: RecipeSource,
	doing: readonly string[],
	isJson: boolean,
	screen: Screen = process.stderr,
): RecipeSource {
	if (isJson || !screen.isTTY || source.size < LONG) return source;
	let readings = 0;
	return {
		size: source.size,
		read: () => told(source.read(), source.size, doing[readings++] ?? "reading", screen),
	};
}

async function* told(
	parts: ByteSource,
	size: number,
	doing: string,
	screen: Screen,
): AsyncGenerator<Uint8Array, void, void> {
	let done = 0;
	let percent = -1;
	try {
		for await (const part of parts) {
			yield part;
			done += part.length;
			const reached = Math.floor((100 * done) / size);
			if (reached === percent) continue;
			percent = reached;
			screen.write(`${CLEAR}${doing} ${percent} %`);
		}
	} finally {
		screen.write(CLEAR);
	}
}
