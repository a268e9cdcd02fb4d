/**
 * A real broker in place of the modelled one: each connection of a party is carried on to it over TCP, in real time
 * (RealPace). What is published passes through here on its way to the broker, and can be swallowed.
 */
import { connect, type Socket } from "node:net";
import { generate, type IConnectPacket, type Packet, parser } from "mqtt-packet";
import type { BrokerAddress } from "../../server/address.js";
import type { BridgeEnd } from "./line.js";
import type { Accepted, Listener, Peer } from "./network.js";
import { Process, type VirtualTime } from "./time.js";

/** `username`, where it is not empty, is with which every party logs in. */
export type BridgeOptions = BridgeEnd & BrokerAddress;

export class Bridge implements Listener {
	readonly process = new Process({
		name: "bridge",
		isAsync: false,
		onDeath: () => undefined,
		onFailure: (error) => {
			throw error;
		},
	});
	readonly #options: BridgeOptions;
	readonly #sockets = new Map<Socket, string>();

	constructor(options: BridgeOptions) {
		this.#options = options;
	}

	accept(peer: Peer): Accepted {
		const { host, port, time } = this.#options;
		const socket = connect({ host, port, noDelay: true });
		this.#sockets.set(socket, peer.party);
		const inTime = (work: () => void): void => enter(time, this.process, work);
		let isOver = false;
		const close = (): void => {
			if (isOver) return;
			isOver = true;
			this.#sockets.delete(socket);
			inTime(() => peer.close(true));
		};
		socket.on("data", (bytes) => inTime(() => peer.send(new Uint8Array(bytes))));
		socket.on("error", close);
		socket.on("close", close);
		const stream = parser();
		stream.on("packet", (packet) => {
			const passed = this.#pass(peer, packet);
			if (passed && !socket.destroyed) socket.write(generate(passed));
		});
		return {
			received: (bytes) => {
				stream.parse(Buffer.from(bytes));
			},
			ended: () => {
				isOver = true;
				this.#sockets.delete(socket);
				socket.end();
			},
		};
	}

	/** Cuts one party's connection to the broker. */
	drop(party: string): void {
		for (const [socket, owner] of this.#sockets) if (owner === party) socket.destroy();
	}

	/** Cuts every connection to the broker. */
	close(): void {
		for (const socket of this.#sockets.keys()) socket.destroy();
		this.#sockets.clear();
	}

	/** @returns what goes on to the broker. */
	#pass(peer: Peer, packet: Packet): Packet | undefined {
		if (packet.cmd === "connect") return this.#loggedIn(packet);
		if (packet.cmd !== "publish") return packet;
		const { topic, payload, qos, retain, messageId } = packet;
		const isPassed = this.#options.onPublish({
			topic,
			payload: new Uint8Array(Buffer.from(payload)),
			qos: qos === 0 ? 0 : 1,
			retain,
			from: peer.party,
		});
		if (isPassed) return packet;
		// The party thinks that the broker has it.
		if (qos === 1) peer.send(generate({ cmd: "puback", messageId: messageId as number }));
		return undefined;
	}

	#loggedIn(packet: IConnectPacket): IConnectPacket {
		const { username, password } = this.#options;
		if (username !== "") return { ...packet, username, password: Buffer.from(password) };
		const { username: _name, password: _word, ...anonymous } = packet;
		return anonymous;
	}
}

/** Something real happened: it takes its place in simulated time. */
function enter(time: VirtualTime, process: Process, work: () => void): void {
	time.after(0, process, work);
}
