/**
 * Stands between a broker and its clients, cuts both directions into MQTT packets and holds each PUBLISH until the test
 * has decided about it. So a test can stop the world at a message: nobody behind it has seen it yet.
 *
 * A record can be opened by its receiver alone; what it is the sender has announced under its first 17 bytes.
 * MQTT 3.1.1 only.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { hex } from "../../modules/bytes/bytes.js";
import { RECORD_HEADER_SIZE, RECORD_KIND } from "../../modules/channel/session.js";
import { Framer } from "../../modules/mqtt/framer.js";

const PACKET_SIZE_MAX = 65_536;
/** For an announcement, which leaves its process before the record does. */
const ANNOUNCEMENT_TIMEOUT_MS = 10_000;

/** What an announcement says of a record. */
export interface Announced {
	readonly step: string;
	readonly serial: string;
	readonly attempt: number;
}

/** A message at the tap. */
export interface Passing extends Announced {
	/** `station-1` and so on, or `server`: whose connection it is on. */
	readonly client: string;
	/** To the broker, or from it. */
	readonly leg: "in" | "out";
}

/** `lost`: it goes no further, and its connection is cut. */
export type Fate = "pass" | "lost";

export class Tap {
	readonly #server: Server;
	readonly #brokerPort: () => number;
	readonly #decide: (passing: Passing) => Promise<Fate>;
	readonly #sockets = new Set<Socket>();
	readonly #announced = new Map<string, Announced>();
	readonly #waiting = new Map<string, ((announced: Announced) => void)[]>();
	/** The first thing that went wrong here. */
	fault: Error | undefined;

	private constructor(brokerPort: () => number, decide: (passing: Passing) => Promise<Fate>) {
		this.#brokerPort = brokerPort;
		this.#decide = decide;
		this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
	}

	static async start(
		brokerPort: () => number,
		decide: (passing: Passing) => Promise<Fate>,
	): Promise<Tap> {
		const tap = new Tap(brokerPort, decide);
		await new Promise<void>((resolve) => tap.#server.listen(0, "127.0.0.1", resolve));
		return tap;
	}

	get url(): string {
		return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	/** @param line - a process's line of output. @returns whether it was an announcement. */
	announce(line: string): boolean {
		const [, header, step, serial, attempt] =
			/^@sealed (\w+) ([\w-]+) (\S+) (\d+)$/.exec(line) ?? [];
		if (header === undefined || step === undefined || serial === undefined) return false;
		const announced = { step, serial, attempt: Number(attempt) };
		this.#announced.set(header, announced);
		for (const resolve of this.#waiting.get(header) ?? []) resolve(announced);
		this.#waiting.delete(header);
		return true;
	}

	async close(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	#accept(near: Socket): void {
		const far = connect({ port: this.#brokerPort(), host: "127.0.0.1", noDelay: true });
		const connection = { client: "", cut: false };
		this.#carry(near, far, "in", connection);
		this.#carry(far, near, "out", connection);
	}

	#carry(
		from: Socket,
		to: Socket,
		leg: "in" | "out",
		connection: { client: string; cut: boolean },
	): void {
		const framer = new Framer(PACKET_SIZE_MAX);
		let work: Promise<void> = Promise.resolve();
		this.#sockets.add(from);
		from.on("error", () => undefined);
		from.on("data", (bytes) => {
			work = work.then(() => drain(bytes));
		});
		// What was sent before the end still arrives.
		from.on("close", () => {
			this.#sockets.delete(from);
			work = work.then(() => void to.end(() => to.destroy()));
		});
		const drain = async (bytes: Buffer): Promise<void> => {
			if (connection.cut) return;
			try {
				framer.push(bytes);
				for (let packet = framer.next(); packet; packet = framer.next()) {
					if (connection.cut) return;
					const fate = await this.#fate(packet, leg, connection);
					if (fate === "pass" && !to.destroyed) to.write(packet);
					if (fate === "pass") continue;
					connection.cut = true;
					from.destroy();
					to.destroy();
				}
			} catch (error) {
				this.fault ??= error as Error;
			}
		};
	}

	async #fate(
		packet: Uint8Array,
		leg: "in" | "out",
		connection: { client: string },
	): Promise<Fate> {
		const body = Buffer.from(packet.buffer, packet.byteOffset, packet.length);
		const start = 1 + lengthSize(body);
		const kind = (body[0] as number) >> 4;
		if (kind === 1) {
			// CONNECT: "MQTT", level, flags and keep-alive before the client id.
			const name = text(body, start + 10);
			connection.client = name.slice(name.lastIndexOf(".") + 1);
		}
		if (kind !== 3) return "pass";
		const topic = text(body, start);
		const hasId = ((body[0] as number) & 6) !== 0;
		const payload = body.subarray(start + 2 + topic.length + (hasId ? 2 : 0));
		const announced = await this.#name(topic, payload);
		return await this.#decide({ ...announced, leg, client: connection.client });
	}

	async #name(topic: string, payload: Buffer): Promise<Announced> {
		const isRecord = /\/(up|down)$/.test(topic) && payload[0] === RECORD_KIND;
		if (isRecord) return await this.#told(hex(payload.subarray(0, RECORD_HEADER_SIZE)));
		return { step: plainStep(topic, payload[0]), serial: "-", attempt: 0 };
	}

	#told(header: string): Promise<Announced> {
		const known = this.#announced.get(header);
		if (known) return Promise.resolve(known);
		return new Promise((resolve, reject) => {
			const timer = setTimeout(
				() => reject(new Error(`a record was not announced: ${header}`)),
				ANNOUNCEMENT_TIMEOUT_MS,
			);
			const waiting = this.#waiting.get(header) ?? [];
			waiting.push((announced) => {
				clearTimeout(timer);
				resolve(announced);
			});
			this.#waiting.set(header, waiting);
		});
	}
}

/** What can be told by topic and first byte (docs/protocol.md §3). */
function plainStep(topic: string, first: number | undefined): string {
	if (topic.endsWith("/up")) return "hello";
	if (topic.endsWith("/down")) return "welcome";
	if (topic.endsWith("/in")) return "ticket";
	if (topic.endsWith("/file")) return first === 0x30 ? "file-head" : "file-segment";
	if (topic.includes("/recipe/")) return "envelope";
	return topic.endsWith("/state") ? "state" : "credential";
}

function lengthSize(packet: Buffer): number {
	let size = 1;
	while ((packet[size] as number) & 0x80) size++;
	return size;
}

/** A string with its length before it. */
function text(bytes: Buffer, at: number): string {
	return bytes.toString("utf8", at + 2, at + 2 + bytes.readUInt16BE(at));
}
