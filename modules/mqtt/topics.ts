/**
 * What a topic name and a topic filter may look like (MQTT 3.1.1 and 5, §4.7).
 */
import { utf8Size } from "./buffer.js";

/** Bytes of a topic or filter that this client sends; MQTT allows 65,535. */
export const TOPIC_SIZE_MAX = 512;

/** @returns what is wrong with a topic to publish to, or `undefined`. */
export function topicFault(topic: string): string | undefined {
	if (topic === "") return "empty topic";
	if (topic.indexOf("+") >= 0 || topic.indexOf("#") >= 0) return "topic with a wildcard";
	if (topic.indexOf("\0") >= 0) return "topic with a NUL character";
	return undefined;
}

/** @returns what is wrong with a filter to subscribe to, or `undefined`. */
export function filterFault(filter: string): string | undefined {
	if (filter === "") return "empty topic filter";
	if (filter.indexOf("\0") >= 0) return "topic filter with a NUL character";
	if (utf8Size(filter) > TOPIC_SIZE_MAX) return `topic filter above ${TOPIC_SIZE_MAX} bytes`;
	const levels = filter.split("/");
	for (let i = 0; i < levels.length; i++) {
		const level = levels[i] as string;
		if (level.indexOf("#") >= 0 && (level !== "#" || i !== levels.length - 1))
			return "# that is not the whole last level of a topic filter";
		if (level.indexOf("+") >= 0 && level !== "+")
			return "+ that is not a whole level of a topic filter";
	}
	return undefined;
}
