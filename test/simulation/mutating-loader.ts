/** Module hooks (node:module) that change one place of one compiled module while it is loaded; mutated-run.ts registers them. */
import type { InitializeHook, LoadHook } from "node:module";

export interface Change {
	/** Of a compiled module. */
	readonly url: string;
	readonly find: string;
	readonly replace: string;
}

let change: Change | undefined;

export const initialize: InitializeHook<Change> = (data) => {
	change = data;
};

export const load: LoadHook = async (url, context, nextLoad) => {
	const loaded = await nextLoad(url, context);
	if (!change || url !== change.url) return loaded;
	const [before, after, ...more] = String(loaded.source).split(change.find);
	if (after === undefined || more.length > 0)
		throw new Error(`"${change.find}" must be in ${url} exactly once`);
	return { ...loaded, source: before + change.replace + after };
};
