/** A station's topics (docs/protocol.md §3). `<line>` and `<station>` are the two parts of its name. */
import { isStationName } from "../bytes/names.js";

/** Everything of protocol version 1. */
export const PREFIX = "interlock/1";
/** The server's credential, retained. */
export const SERVER_TOPIC = `${PREFIX}/server`;
/** Small envelopes are retained on `recipe/0` to `recipe/7`. */
export const RECIPE_TOPICS_MAX = 8;

export interface StationTopics {
	readonly up: string;
	readonly down: string;
	readonly in: string;
	readonly file: string;
	/** Blocks of the station's logs. */
	readonly log: string;
	/** For a subscription: `recipe/+`. */
	readonly recipes: string;
	readonly state: string;
}

/** @param name - `<line>.<station>`. @throws Error where it is not a station's name. */
export function stationTopics(name: string): StationTopics {
	const base = baseOf(name);
	return {
		up: `${base}/up`,
		down: `${base}/down`,
		in: `${base}/in`,
		file: `${base}/file`,
		log: `${base}/log`,
		recipes: `${base}/recipe/+`,
		state: `${base}/state`,
	};
}

/** The topic of the `index`th retained envelope (0 to RECIPE_TOPICS_MAX - 1). */
export function recipeTopic(name: string, index: number): string {
	return `${baseOf(name)}/recipe/${index}`;
}

function baseOf(name: string): string {
	if (!isStationName(name)) throw new Error(`not a station's name: ${name}`);
	return `${PREFIX}/${name.replace(".", "/")}`;
}
