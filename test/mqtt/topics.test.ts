import assert from "node:assert/strict";
import { filterFault, TOPIC_SIZE_MAX, topicFault } from "../../modules/mqtt/topics.js";

describe("topics", () => {
	for (const topic of ["a", "/", "a//b", "$SYS/x", "ä b"])
		it(`publishes to ${JSON.stringify(topic)}`, () => {
			assert.equal(topicFault(topic), undefined);
		});
	for (const topic of ["", "a/#", "+", "a\0"])
		it(`does not publish to ${JSON.stringify(topic)}`, () => {
			assert.ok(topicFault(topic));
		});
	for (const filter of ["a", "#", "+", "a/#", "+/+", "+/a/#", "/", "$share/g/a"])
		it(`subscribes to ${JSON.stringify(filter)}`, () => {
			assert.equal(filterFault(filter), undefined);
		});
	for (const filter of ["", "a#", "#/a", "a/#/b", "a+", "+a/b", "a\0"])
		it(`does not subscribe to ${JSON.stringify(filter)}`, () => {
			assert.ok(filterFault(filter));
		});
	it("bounds a filter", () => {
		assert.equal(filterFault("ä".repeat(TOPIC_SIZE_MAX / 2)), undefined);
		assert.ok(filterFault("ä".repeat(TOPIC_SIZE_MAX / 2 + 1)));
	});
});
