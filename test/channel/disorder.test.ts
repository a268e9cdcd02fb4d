/**
 * A network that loses, repeats, reorders and invents, and ends that reboot: whatever is opened was sealed by the
 * other end, and is opened once; and once the network behaves again, a session comes about.
 *
 * fast-check prints the seed and the path of a failing run.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Initiator } from "../../modules/channel/initiator.js";
import { Responder } from "../../modules/channel/responder.js";
import type { ServerSession, StationSession } from "../../modules/channel/session.js";
import {
	crypto,
	flipped,
	ready,
	STATION,
	server,
	serverKey,
	station,
	stationKey,
} from "./support.js";

const RUNS = 40;
const STEPS = 120;

class World {
	nowMs = 0;
	up: Uint8Array[] = [];
	down: Uint8Array[] = [];
	session: StationSession | undefined;
	initiator = this.#newInitiator();
	responder = this.#newResponder();
	/** What was sealed and not yet opened, per direction. */
	readonly sealed = { up: new Set<string>(), down: new Set<string>() };
	#count = 0;

	#newInitiator(): Initiator {
		return new Initiator({
			crypto,
			name: STATION,
			credential: station,
			server,
			unwrap: stationKey,
		});
	}
	#newResponder(): Responder {
		return new Responder({
			crypto,
			credential: server,
			unwrap: (wrapped, label) => crypto.unwrapAsync(serverKey, wrapped, label),
			stationCredential: (name) => (name === STATION ? station : undefined),
			clock: { nowMs: () => this.nowMs },
		});
	}

	rebootStation(): void {
		this.session?.close();
		this.session = undefined;
		this.initiator.close();
		this.initiator = this.#newInitiator();
	}
	rebootServer(): void {
		this.responder.close();
		this.responder = this.#newResponder();
	}
	hello(): void {
		this.session?.close();
		this.session = undefined;
		this.up.push(this.initiator.hello());
	}
	/** The station says ready, told apart by its boot count. */
	say(): void {
		if (!this.session) return;
		const boot = ++this.#count;
		this.sealed.up.add(`${boot}`);
		this.up.push(this.session.seal({ ...ready, boot }).bytes);
	}
	/** The server says something, told apart by its journal number. */
	answer(): void {
		const session: ServerSession | undefined = this.responder.session(STATION);
		if (!session) return;
		const journal = ++this.#count;
		this.sealed.down.add(`${journal}`);
		const message = { type: "welcome-back", journal, timeS: 0, recipes: [] } as const;
		this.down.push(session.seal(message).bytes);
	}
	async deliverUp(bytes: Uint8Array): Promise<void> {
		if (bytes[0] === 0x10) {
			const opened = this.responder.open(STATION, bytes);
			if (opened?.message.type === "ready")
				assert.ok(this.sealed.up.delete(`${opened.message.boot}`), "opened once");
			else assert.equal(opened, undefined);
			return;
		}
		const welcome = await this.responder.hello(STATION, bytes);
		if (welcome) this.down.push(welcome);
	}
	deliverDown(bytes: Uint8Array): void {
		if (bytes[0] === 0x10) {
			const opened = this.session?.open(bytes);
			if (opened?.message.type === "welcome-back")
				assert.ok(this.sealed.down.delete(`${opened.message.journal}`), "opened once");
			else assert.equal(opened, undefined);
			return;
		}
		this.session = this.initiator.welcome(bytes, this.nowMs) ?? this.session;
	}

	async step(kind: number, pick: number): Promise<void> {
		const queue = pick % 2 === 0 ? this.up : this.down;
		const at = Math.floor(pick / 2) % Math.max(1, queue.length);
		const bytes = queue[at];
		const deliver = async (what: Uint8Array) =>
			queue === this.up ? this.deliverUp(what) : this.deliverDown(what);
		this.nowMs += pick % 5000;
		if (kind === 0) this.hello();
		else if (kind === 1 || kind === 2) this.say();
		else if (kind === 3) this.answer();
		else if (kind === 4 && pick % 7 === 0) this.rebootStation();
		else if (kind === 5 && pick % 7 === 0) this.rebootServer();
		else if (kind === 6) queue.splice(at, 1);
		else if (kind === 7 && bytes) await deliver(flipped(bytes, pick % bytes.length));
		else if (kind === 8 && bytes) await deliver(bytes);
		else if (bytes) {
			queue.splice(at, 1);
			await deliver(bytes);
		}
	}

	/** A network that behaves: in order, all of it. */
	async settle(): Promise<void> {
		this.nowMs += 61_000;
		this.up = [];
		this.down = [];
		this.hello();
		await this.deliverUp(this.up.pop() as Uint8Array);
		this.deliverDown(this.down.pop() as Uint8Array);
		assert.ok(this.session, "a session");
		this.say();
		await this.deliverUp(this.up.pop() as Uint8Array);
		this.answer();
		const { size } = this.sealed.down;
		this.deliverDown(this.down.pop() as Uint8Array);
		assert.equal(this.sealed.down.size, size - 1, "an answer opened");
	}
}

describe("channel in disorder", function () {
	this.timeout(60_000);

	it("opens only what was sealed, once, and always comes back", async () => {
		const steps = fc.array(fc.tuple(fc.nat(12), fc.nat(9999)), {
			minLength: STEPS,
			maxLength: STEPS,
		});
		await fc.assert(
			fc.asyncProperty(steps, async (steps) => {
				const world = new World();
				for (const [kind, pick] of steps) await world.step(kind, pick);
				await world.settle();
			}),
			{ numRuns: RUNS },
		);
	});

	it("takes any bytes without throwing", async () => {
		await fc.assert(
			fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(4), async (bytes, start) => {
				const world = new World();
				await world.settle();
				world.initiator.hello();
				const first = [0x10, 0x20, 0x83, 0x88, bytes[0] ?? 0][start] as number;
				const message = Uint8Array.of(first, ...bytes);
				assert.equal(await world.responder.hello(STATION, message), undefined);
				assert.equal(world.responder.open(STATION, message), undefined);
				assert.equal(world.initiator.welcome(message, 0), undefined);
				assert.equal(world.session?.open(message), undefined);
				assert.equal(world.session?.openTicket(message), undefined);
			}),
			{ numRuns: RUNS },
		);
	});
});
