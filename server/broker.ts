/**
 * The embedded MQTT broker: aedes (MQTT 3.1.1) with what it lacks: a limit on packet size, users
 * bound to their own client id, and rules for topics. For a line on one machine; a plant uses a
 * broker of its own.
 *
 * Bounds: `packetSizeMax`, CONNECTIONS_MAX, DRAIN_TIMEOUT_MS for a client that does not read, those of
 * broker-bounds.ts, aedes's own for QoS 2. Leaves out TLS, MQTT 5, `$share` (refused: aedes would grant
 * it and deliver nothing), exactly-once over a lost connection (aedes repeats QoS 2 under a new id), and
 * storage: sessions and retained messages live as long as the process. What waits for a client that is
 * away has no bound: refuse such sessions (`sessions: false`) where clients are not trusted.
 */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Aedes, type AedesOptions, type AuthenticateError, type Client } from "aedes";
import { RETAINED_MAX, RetainedBound } from "./broker-bounds.js";
import { LimitedStream } from "./limited-stream.js";

export const CONNECTIONS_MAX = 4096;
export const PACKET_SIZE_DEFAULT = 64 * 1024;
/**
 * A client that has not read for so long is dropped: it would hold up the messages of all others.
 */
export const DRAIN_TIMEOUT_MS = 10_000;

/** `port-in-use`: another program listens there; `listen`: the address cannot be used. */
export class BrokerError extends Error {
	readonly code: "port-in-use" | "listen";
	constructor(code: BrokerError["code"], message: string) {
		super(message);
		this.name = "BrokerError";
		this.code = code;
	}
}

export interface BrokerClient {
	readonly id: string;
	/** `undefined` for a client without a user name. */
	readonly user: string | undefined;
}

export interface BrokerOptions {
	/** 0, the default: any free port. */
	readonly port?: number;
	/** An address of this machine; 127.0.0.1. */
	readonly host?: string;
	/** Who may connect; without it, everyone. A user's client id must be the user name. */
	users?(name: string, password: Uint8Array): boolean;
	/** Without it, everything. A client that publishes where it may not is disconnected. */
	mayPublish?(client: BrokerClient, topic: string): boolean;
	/** Without it, everything. */
	maySubscribe?(client: BrokerClient, filter: string): boolean;
	/** Bytes of a packet from a client; 64 KiB. */
	readonly packetSizeMax?: number;
	/** Connections at once; {@link CONNECTIONS_MAX}. A further one is closed at once. */
	readonly connectionsMax?: number;
	/** {@link DRAIN_TIMEOUT_MS} */
	readonly drainTimeoutMs?: number;
	/** Retained messages; {@link RETAINED_MAX}. A client that brings more is disconnected. */
	readonly retainedMax?: number;
	/** Whether messages are kept for clients that are away (clean session 0); true. */
	readonly sessions?: boolean;
	/** Lines about clients that were refused or broke off. */
	log?(line: string): void;
}

export interface Broker {
	/** `mqtt://<host>:<port>` */
	readonly url: string;
	readonly port: number;
	/** Disconnects everyone; may be called twice. */
	close(): Promise<void>;
}

const NOT_AUTHORISED: AuthenticateError["returnCode"] = 5;

function asClient(client: Client, users: WeakMap<Client, string>): BrokerClient {
	return { id: client.id, user: users.get(client) };
}

/** aedes's hooks, from our options. */
function hooks(options: BrokerOptions, names: WeakMap<Client, string>): AedesOptions {
	const retained = new RetainedBound(options.retainedMax ?? RETAINED_MAX);
	return {
		drainTimeout: options.drainTimeoutMs ?? DRAIN_TIMEOUT_MS,
		preConnect(_client, packet, done) {
			const refused = options.sessions === false && packet.clean === false;
			if (refused) options.log?.(`broker: ${JSON.stringify(packet.clientId)} wants a kept session`);
			done(refused ? new Error("only clean sessions are served") : null, !refused);
		},
		authenticate(client, name, password, done) {
			const allowed =
				options.users === undefined ||
				(name !== undefined &&
					password !== undefined &&
					client.id === name &&
					options.users(name, password));
			if (allowed && name !== undefined) names.set(client, name);
			if (!allowed) options.log?.(`broker: refused client ${JSON.stringify(client.id)}`);
			const refusal = Object.assign(new Error("not authorised"), {
				returnCode: NOT_AUTHORISED,
			});
			done(allowed ? null : refusal, allowed);
		},
		authorizePublish(client, packet, done) {
			if (client === null || packet.topic.startsWith("$SYS/"))
				return done(client === null ? null : new Error("$SYS is the broker's own"));
			const allowed = options.mayPublish?.(asClient(client, names), packet.topic) ?? true;
			if (!allowed) return done(new Error(`may not publish to ${packet.topic}`));
			const isKept = !packet.retain || retained.take(packet.topic, packet.payload.length);
			done(isKept ? null : new Error(`no room to retain ${packet.topic}`));
		},
		authorizeSubscribe(client, subscription, done) {
			const allowed =
				!subscription.topic.startsWith("$share") &&
				(options.maySubscribe?.(asClient(client, names), subscription.topic) ?? true);
			done(null, allowed ? subscription : null);
		},
	};
}

function listen(server: Server, host: string, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		const failed = (error: NodeJS.ErrnoException) => {
			reject(
				error.code === "EADDRINUSE"
					? new BrokerError(
							"port-in-use",
							`port ${port} of ${host} is in use: stop what uses it or choose another`,
						)
					: new BrokerError("listen", `cannot listen on ${host}:${port}: ${error.message}`),
			);
		};
		server.once("error", failed);
		server.listen(port, host, () => {
			server.off("error", failed);
			resolve();
		});
	});
}

/** @throws {@link BrokerError}. */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
	const { host = "127.0.0.1", port = 0, packetSizeMax = PACKET_SIZE_DEFAULT, log } = options;
	const names = new WeakMap<Client, string>();
	const aedes = await Aedes.createBroker(hooks(options, names));
	for (const event of ["clientError", "connectionError"] as const)
		aedes.on(event, (client, error) => {
			log?.(`broker: client ${JSON.stringify(client.id ?? "?")}: ${error.message}`);
		});

	const sockets = new Set<Socket>();
	const server = createServer({ noDelay: true }, (socket) => {
		sockets.add(socket);
		socket.once("close", () => sockets.delete(socket));
		aedes.handle(new LimitedStream(socket, packetSizeMax));
	});
	server.maxConnections = options.connectionsMax ?? CONNECTIONS_MAX;
	server.on("drop", () => log?.(`broker: more than ${server.maxConnections} connections`));
	let closing: Promise<void> | undefined;
	const close = async (): Promise<void> => {
		const stopped = server.listening
			? new Promise<void>((resolve) => server.close(() => resolve()))
			: Promise.resolve();
		for (const socket of sockets) socket.destroy();
		await new Promise<void>((resolve) => aedes.close(() => resolve()));
		await stopped;
	};
	try {
		await listen(server, host, port);
	} catch (error) {
		await close();
		throw error;
	}
	// A connection that cannot be taken, for want of file descriptors, is that client's loss alone.
	server.on("error", (error) => log?.(`broker: a connection was lost: ${error.message}`));
	const actual = (server.address() as AddressInfo).port;
	return {
		url: `mqtt://${host.includes(":") ? `[${host}]` : host}:${actual}`,
		port: actual,
		close: () => {
			closing ??= close();
			return closing;
		},
	};
}
