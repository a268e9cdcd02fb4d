import assert from "node:assert/strict";
import {
	AGAIN_MAX_MS,
	FRESH_MS,
	HALTED_POLL_MS,
	HINT_MS,
	HINT_SPREAD_MS,
	HINTED_ANSWER_MS,
	JITTER,
	Link,
	POLL_MS,
	REQUESTS_MAX,
	SILENCE_MS,
	UNANSWERED_MAX,
	WELCOME_MAX_MS,
	WELCOME_MS,
} from "../../modules/station/link.js";

const even = { fraction: () => 0.5 };
const idle = { asking: false, halted: false };
const asking = { asking: true, halted: false };

/** The link's next action, whenever it comes, and when that is. */
function next(link: Link, fromMs: number): { action: string | undefined; atMs: number } {
	const atMs = Math.max(fromMs, link.nextMs);
	return { action: link.take(atMs), atMs };
}

function open(): Link {
	const link = new Link(even, 0);
	link.connected(0);
	assert.equal(link.take(0), "hello");
	link.welcomed(0);
	assert.equal(link.take(0), "send");
	link.heard(0, idle, false);
	return link;
}

describe("link", () => {
	it("says nothing while the broker is out of reach", () => {
		const link = new Link(even, 0);
		assert.equal(link.take(1000), undefined);
		assert.equal(link.nextMs, SILENCE_MS);
	});

	it("starts with a HELLO and repeats it later and later, up to a bound", () => {
		const link = new Link(even, 0);
		link.connected(0);
		let atMs = 0;
		let lastWaitMs = 0;
		for (let i = 0; i < 12; i++) {
			let found = next(link, atMs);
			while (found.action === "silence") found = next(link, found.atMs);
			assert.equal(found.action, "hello");
			const waitMs = found.atMs - atMs;
			assert.ok(waitMs >= lastWaitMs && waitMs <= WELCOME_MAX_MS);
			lastWaitMs = waitMs;
			atMs = found.atMs;
		}
		assert.equal(lastWaitMs, WELCOME_MAX_MS);
	});

	it("gives the session up after three unanswered sends", () => {
		const link = open();
		link.changed(0);
		let atMs = 0;
		for (let i = 0; i < UNANSWERED_MAX; i++) {
			const found = next(link, atMs);
			assert.equal(found.action, "send");
			atMs = found.atMs;
		}
		assert.equal(next(link, atMs).action, "hello");
	});

	it("keeps the session over a lost connection", () => {
		const link = open();
		link.changed(0);
		for (let i = 0; i < 10; i++) {
			link.disconnected();
			assert.equal(link.take(i * 100 + 50), undefined);
			link.connected(i * 100 + 60);
			assert.equal(link.take(i * 100 + 60), "send");
		}
	});

	it("repeats an answered question later and later, up to a bound", () => {
		const link = open();
		link.changed(0);
		let atMs = 0;
		let waitMs = 0;
		for (let i = 0; i < 12; i++) {
			const found = next(link, atMs);
			assert.equal(found.action, "send");
			waitMs = found.atMs - atMs;
			atMs = found.atMs;
			link.heard(atMs, asking, false);
		}
		assert.equal(waitMs, AGAIN_MAX_MS);
		link.changed(atMs);
		assert.equal(next(link, atMs).atMs, atMs);
	});

	it("polls when it has nothing to ask, sooner when halted", () => {
		const link = open();
		assert.equal(link.nextMs, POLL_MS);
		link.heard(100, { asking: false, halted: true }, false);
		assert.equal(link.nextMs, 100 + HALTED_POLL_MS);
	});

	it("asks at once when the session has opened", () => {
		const link = new Link(even, 0);
		link.connected(0);
		link.take(0);
		link.welcomed(10);
		link.take(10);
		link.heard(20, asking, false);
		assert.equal(link.nextMs, 20);
	});

	it("makes a new session at once when the server's word ended the old one", () => {
		const link = open();
		link.ended(100);
		link.heard(100, idle, false);
		assert.equal(link.take(100), "hello");
	});

	it("tells of silence once, connected or not", () => {
		for (const connected of [true, false]) {
			const link = open();
			if (!connected) link.disconnected();
			const seen: (string | undefined)[] = [];
			for (let atMs = 0; atMs < 4 * SILENCE_MS; atMs += 100) seen.push(link.take(atMs));
			assert.equal(seen.filter((action) => action === "silence").length, 1);
			link.heard(4 * SILENCE_MS, idle, false);
			link.disconnected();
			assert.equal(link.take(5 * SILENCE_MS), "silence");
		}
	});

	it("knows how old a request is, and forgets all but the last ones", () => {
		const link = open();
		link.sent(5, 1000);
		assert.ok(link.isFresh(5, 1000 + FRESH_MS - 1));
		assert.ok(!link.isFresh(5, 1000 + FRESH_MS));
		assert.ok(!link.isFresh(6, 1000));
		for (let seq = 6; seq < 6 + REQUESTS_MAX; seq++) link.sent(seq, 1000);
		assert.ok(!link.isFresh(5, 1001));
		assert.ok(link.isFresh(6, 1001));
		link.welcomed(1002);
		assert.ok(!link.isFresh(6, 1003));
	});

	it("asks at once, and notices silence sooner, where the server is said to have come online", () => {
		const link = open();
		link.serverOnline(100);
		let found = next(link, 100);
		assert.ok(found.atMs <= 100 + HINT_SPREAD_MS);
		const fromMs = found.atMs;
		for (let i = 0; i < UNANSWERED_MAX; i++) {
			assert.equal(found.action, "send");
			found = next(link, found.atMs);
		}
		assert.equal(found.action, "hello");
		assert.equal(found.atMs - fromMs, HINTED_ANSWER_MS * (2 ** UNANSWERED_MAX - 1));
	});

	it("keeps its session where a hint is followed by an answer", () => {
		const link = open();
		link.changed(0);
		for (let i = 0; i < UNANSWERED_MAX; i++) assert.equal(next(link, 0).action, "send");
		link.serverOnline(4000);
		const found = next(link, 4000);
		assert.equal(found.action, "send");
		link.heard(found.atMs + 10, idle, false);
		assert.equal(link.phase, "open");
		assert.equal(link.nextMs, found.atMs + 10 + POLL_MS);
	});

	it("repeats its HELLO at a hint, and puts the next new one off by none", () => {
		const link = new Link(even, 0);
		link.connected(0);
		let atMs = 0;
		for (let i = 0; i < 6; i++) {
			const found = next(link, atMs);
			if (found.action === "hello") atMs = found.atMs;
		}
		link.serverOnline(atMs + 1);
		const again = next(link, atMs + 1);
		assert.equal(again.action, "hello-again");
		const anew = next(link, again.atMs);
		assert.equal(anew.action, "hello");
		assert.ok(anew.atMs <= again.atMs + WELCOME_MS * (1 + JITTER));
	});

	it("lets a flood of hints neither hurry it beyond a bound nor keep it from a new session", () => {
		for (const answered of [true, false]) {
			const link = open();
			const counts = { send: 0, hello: 0, "hello-again": 0, silence: 0 };
			const endMs = 60_000;
			for (let atMs = 0; atMs < endMs; atMs += 10) {
				link.serverOnline(atMs);
				const action = link.take(atMs);
				if (action) counts[action]++;
				if (answered && action === "send") link.heard(atMs, idle, false);
			}
			const hints = endMs / HINT_MS + 1;
			assert.ok(counts["hello-again"] <= hints);
			if (answered) assert.ok(counts.hello === 0 && counts.send <= hints + endMs / POLL_MS + 1);
			else assert.ok(counts.hello >= 5 && counts.hello <= endMs / WELCOME_MS / (1 - JITTER) + 2);
		}
	});

	it("forgets a hint when the connection is lost, and takes none while there is none", () => {
		const link = open();
		link.serverOnline(0);
		link.disconnected();
		link.serverOnline(10);
		assert.equal(link.take(5000), undefined);
		assert.equal(link.nextMs, SILENCE_MS);
	});

	it("jitters by no more than it says", () => {
		for (const fraction of [0, 0.999999]) {
			const link = new Link({ fraction: () => fraction }, 0);
			link.connected(0);
			link.take(0);
			link.welcomed(0);
			link.take(0);
			link.heard(0, idle, false);
			assert.ok(Math.abs(link.nextMs - POLL_MS) <= POLL_MS * JITTER);
		}
	});
});
