/**
 * What each user of the broker may do with the topics of docs/protocol.md §3. Security does not
 * rest on it: it keeps a station that is lost or broken from filling other stations' topics.
 *
 *   user               may publish to                         may subscribe to
 *   `server`           interlock/1/server; of every station   interlock/1/#, and all of it
 *                      down, in, file, recipe/<n>
 *   `<line>.<station>` its own up, log and state;             its own down, in, file, recipe/+;
 *                      the next station's in                  interlock/1/server
 *   any other          nothing                                nothing
 *
 * Pure. The same table as a file for Mosquitto: {@link mosquittoRules}.
 */

/** The server's user name and client id. A station's name always has a dot. */
export const SERVER_USER = "server";
export const TOPIC_PREFIX = "interlock/1";
export const SERVER_TOPIC = `${TOPIC_PREFIX}/server`;

const NAME = /^[a-z0-9-]{1,32}$/;
const RECIPE = /^recipe\/[0-9]{1,10}$/;

/**
 * The stations that come after each: full name (`<line>.<station>`) → full name; the last one is
 * not in it.
 */
export type NextStation = ReadonlyMap<string, string>;

/** @param stations - of one line, in the order of its route. */
export function nextStations(line: string, stations: readonly string[]): Map<string, string> {
	const next = new Map<string, string>();
	stations.forEach((station, i) => {
		const following = stations[i + 1];
		if (following !== undefined) next.set(`${line}.${station}`, `${line}.${following}`);
	});
	return next;
}

/**
 * @returns the topics' common start, `interlock/1/<line>/<station>`, or `undefined` for no
 * station's name.
 */
function topicOf(name: string): string | undefined {
	const [line, station, more] = name.split(".");
	if (line === undefined || station === undefined || more !== undefined) return undefined;
	return NAME.test(line) && NAME.test(station) ? `${TOPIC_PREFIX}/${line}/${station}` : undefined;
}

function serverMayPublish(topic: string): boolean {
	if (topic === SERVER_TOPIC) return true;
	const [product, version, line = "", station = "", ...rest] = topic.split("/");
	if (`${product}/${version}` !== TOPIC_PREFIX || !NAME.test(line) || !NAME.test(station))
		return false;
	const last = rest.join("/");
	return last === "down" || last === "in" || last === "file" || RECIPE.test(last);
}

function publishes(name: string, next: NextStation): string[] {
	const own = topicOf(name);
	if (own === undefined) return [];
	const following = topicOf(next.get(name) ?? "");
	const onwards = following === undefined ? [] : [`${following}/in`];
	return [`${own}/up`, `${own}/log`, `${own}/state`, ...onwards];
}

function subscribes(name: string): string[] {
	const own = topicOf(name);
	if (own === undefined) return [];
	return [`${own}/down`, `${own}/in`, `${own}/file`, `${own}/recipe/+`, SERVER_TOPIC];
}

/** @param topic - a topic name without wildcards. */
export function mayPublish(user: string, topic: string, next: NextStation): boolean {
	if (user === SERVER_USER) return serverMayPublish(topic);
	return publishes(user, next).includes(topic);
}

/** @param filter - a topic filter: as listed above, or with a number in place of its `+`. */
export function maySubscribe(user: string, filter: string): boolean {
	if (user === SERVER_USER) return filter === TOPIC_PREFIX || filter.startsWith(`${TOPIC_PREFIX}/`);
	const own = topicOf(user);
	if (own === undefined) return false;
	if (subscribes(user).includes(filter)) return true;
	return filter.startsWith(`${own}/`) && RECIPE.test(filter.slice(own.length + 1));
}

/** The table as Mosquitto's `acl_file`. @param stations - full names. */
export function mosquittoRules(stations: readonly string[], next: NextStation): string {
	const lines = [`user ${SERVER_USER}`, `topic write ${SERVER_TOPIC}`];
	for (const last of ["down", "in", "file", "recipe/+"])
		lines.push(`topic write ${TOPIC_PREFIX}/+/+/${last}`);
	lines.push(`topic read ${TOPIC_PREFIX}/#`);
	for (const station of stations) {
		lines.push("", `user ${station}`);
		for (const topic of publishes(station, next)) lines.push(`topic write ${topic}`);
		for (const filter of subscribes(station)) lines.push(`topic read ${filter}`);
	}
	return `${lines.join("\n")}\n`;
}
