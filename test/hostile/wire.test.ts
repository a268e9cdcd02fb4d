/**
 * A broker and a network that are hostile to a running line: real stations on XS and the real server, between
 * them somebody who changes, cuts off, repeats, withholds and invents. The line decides what an undisturbed
 * one decides, no process ends, and no station takes more memory than it has.
 */
import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Aedes } from "aedes";
import type { LineEvent } from "../../host-sim/line/events.js";
import { recipeTopic, SERVER_TOPIC, stationTopics } from "../../modules/station/topics.js";
import { decisions, runTestLine, temporaryDirectory } from "../e2e/support.js";
import { Dice, damaged, SEED } from "./support.js";

const PLAN = { stations: 2, units: 3, seed: 5 };
const NAMES = ["line.station-1", "line.station-2"];
/** How many of a hundred messages, or of a thousand pieces of a stream, are interfered with. */
const MESSAGES_PERCENT = 12;
const PIECES_PERMILLE = 4;
/** Messages between two of one's own, and how many in all: enough to go past every bound of a station. */
const INJECT_EVERY = 3;
const INJECT_MAX = 3000;
/** A station that takes more memory than its board has is ended by the host, too. */
const ENDINGS = new Set(["ended", "given-up"]);

interface Hostile {
	readonly url: string;
	/** What was done, by name. */
	readonly deeds: ReadonlyMap<string, number>;
	close(): Promise<void>;
}

/** Everything that a station or the server listens to. */
const TARGETS = NAMES.flatMap((name) => {
	const { up, down, in: tickets, file, state } = stationTopics(name);
	return [up, down, tickets, file, state, recipeTopic(name, 0), recipeTopic(name, 7)];
}).concat(SERVER_TOPIC);

/** A broker that reads everything and plays with it. */
async function hostileBroker(dice: Dice): Promise<Hostile> {
	const deeds = new Map<string, number>();
	const did = (deed: string) => deeds.set(deed, (deeds.get(deed) ?? 0) + 1);
	const seen: { topic: string; payload: Buffer }[] = [];
	let messages = 0;
	let injected = 0;
	const inject = (topic: string, payload: Uint8Array, retain: boolean) => {
		if (injected >= INJECT_MAX) return;
		injected++;
		aedes.publish(
			{ cmd: "publish", topic, payload: Buffer.from(payload), qos: 0, retain, dup: false },
			() => undefined,
		);
	};
	const aedes = await Aedes.createBroker({
		authorizePublish: (client, packet, done) => {
			if (client === null) return done(null);
			const payload = Buffer.from(packet.payload);
			messages++;
			if (seen.length < 500) seen.push({ topic: packet.topic, payload });
			else seen[dice.whole(500)] = { topic: packet.topic, payload };
			if (dice.whole(100) < MESSAGES_PERCENT) {
				switch (dice.whole(4)) {
					case 0:
						did("changed");
						packet.payload = Buffer.from(damaged(new Uint8Array(payload), dice));
						break;
					case 1:
						did("dropped");
						packet.topic = "nobody/listens/here";
						break;
					case 2:
						did("misdirected");
						packet.topic = TARGETS[dice.whole(TARGETS.length)] as string;
						break;
					default:
						did("held back");
						setTimeout(() => inject(packet.topic, payload, false), 50 + dice.whole(2000));
						packet.topic = "nobody/listens/here";
				}
			}
			done(null);
			if (messages % INJECT_EVERY !== 0) return;
			const topic = TARGETS[dice.whole(TARGETS.length)] as string;
			const old = seen[dice.whole(seen.length)] as { topic: string; payload: Buffer };
			switch (dice.whole(4)) {
				case 0:
					did("repeated");
					return inject(old.topic, old.payload, false);
				case 1:
					did("repeated, changed");
					return inject(old.topic, damaged(new Uint8Array(old.payload), dice), false);
				case 2:
					did("invented");
					return inject(topic, invented(dice), false);
				default:
					did("retained");
					return inject(topic, dice.whole(2) ? old.payload : invented(dice), true);
			}
		},
	});
	const server = createServer({ noDelay: true }, aedes.handle);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `mqtt://127.0.0.1:${port}`,
		deeds,
		close: async () => {
			await new Promise<void>((resolve) => aedes.close(() => resolve()));
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}

/** Garbage that begins as each kind of message does, of every size up to more than a station takes. */
function invented(dice: Dice): Uint8Array {
	const size = [0, 1, 17, 64, 300, 1024, 4033, 9000][dice.whole(8)] as number;
	const bytes = dice.bytes(size);
	const kinds = [0x88, 0x83, 0x10, 0x20, 0x30, 0x31, 0x49, 0xd2];
	if (size > 0) bytes[0] = kinds[dice.whole(kinds.length)] as number;
	return bytes;
}

/** A network in front of a broker that changes, cuts off and adds bytes of the streams themselves. */
async function hostileNetwork(target: number, dice: Dice): Promise<Hostile> {
	const deeds = new Map<string, number>();
	const sockets = new Set<Socket>();
	const server = createServer({ noDelay: true }, (near) => {
		const far = connect({ port: target, host: "127.0.0.1", noDelay: true });
		for (const [from, to] of [
			[near, far],
			[far, near],
		] as const) {
			sockets.add(from);
			from.on("error", () => undefined);
			from.on("close", () => {
				sockets.delete(from);
				to.destroy();
			});
			from.on("data", (piece: Buffer) => {
				if (dice.whole(1000) >= PIECES_PERMILLE * 5) return void to.write(piece);
				deeds.set("pieces", (deeds.get("pieces") ?? 0) + 1);
				if (dice.whole(4) === 0) to.destroy();
				else to.write(damaged(new Uint8Array(piece), dice));
			});
		}
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `mqtt://127.0.0.1:${port}`,
		deeds,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				for (const socket of sockets) socket.destroy();
			}),
	};
}

describe("hostile wire", function () {
	this.timeout(400_000);
	let calm: unknown;

	async function run(broker?: string) {
		const directory = temporaryDirectory();
		const ended: LineEvent[] = [];
		try {
			const report = await runTestLine({
				...PLAN,
				data: directory.path,
				...(broker === undefined ? {} : { broker }),
				onEvent: (event) => {
					if (event.event === "process" && ENDINGS.has(event.state)) ended.push(event);
					if (event.event === "log" && /error|exception|rejection/i.test(event.line))
						ended.push(event);
				},
			});
			return { report, ended };
		} finally {
			directory.remove();
		}
	}

	before(async () => {
		const { report } = await run();
		assert.equal(report.outcome, "complete");
		calm = decisions(report);
	});

	it("does not change what a line decides, nor end a process, by a broker that plays with messages", async () => {
		const broker = await hostileBroker(new Dice(SEED));
		const { report, ended } = await run(broker.url);
		await broker.close();
		const note = `seed ${SEED}: ${JSON.stringify([...broker.deeds])}`;
		assert.equal(report.outcome, "complete", note);
		assert.deepEqual(decisions(report), calm, note);
		assert.deepEqual(ended, [], note);
		for (const deed of ["changed", "dropped", "misdirected", "held back", "repeated", "invented"])
			assert.ok((broker.deeds.get(deed) ?? 0) > 0, `${deed}: ${note}`);
	});

	it("does not change what a line decides, nor end a process, by a network that garbles the streams", async () => {
		const aedes = await Aedes.createBroker();
		const inner = createServer({ noDelay: true }, aedes.handle);
		await new Promise<void>((resolve) => inner.listen(0, "127.0.0.1", resolve));
		const network = await hostileNetwork((inner.address() as AddressInfo).port, new Dice(SEED));
		const { report, ended } = await run(network.url);
		await network.close();
		await new Promise<void>((resolve) => aedes.close(() => resolve()));
		await new Promise<void>((resolve) => inner.close(() => resolve()));
		const note = `seed ${SEED}: ${JSON.stringify([...network.deeds])}`;
		assert.equal(report.outcome, "complete", note);
		assert.deepEqual(decisions(report), calm, note);
		assert.deepEqual(ended, [], note);
		assert.ok((network.deeds.get("pieces") ?? 0) > 0, note);
	});
});
