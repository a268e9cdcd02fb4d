/** A TCP proxy that the test can cut, or that cuts itself after a number of bytes. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class CuttingProxy {
	readonly port: number;
	readonly #server: Server;
	readonly #sockets: Set<Socket>;
	/** Connections cut so far. */
	cuts = 0;
	/** Gives the number of bytes, both ways together, after which the next connection is cut. */
	limit: () => number = () => Number.POSITIVE_INFINITY;
	/** Swallows everything, closes included, as a network does that is not there any more. */
	silent = false;
	/** Gets what the far end sends, let through or not, connection by connection. */
	watch: ((connection: number, bytes: Buffer) => void) | undefined;

	private constructor(server: Server, sockets: Set<Socket>) {
		this.port = (server.address() as AddressInfo).port;
		this.#server = server;
		this.#sockets = sockets;
	}

	static async start(target: number): Promise<CuttingProxy> {
		const sockets = new Set<Socket>();
		let connections = 0;
		const server = createServer({ noDelay: true }, (near) => {
			const connection = connections++;
			const far = connect({ port: target, host: "127.0.0.1", noDelay: true });
			let left = proxy.limit();
			for (const [from, to] of [
				[near, far],
				[far, near],
			] as const) {
				sockets.add(from);
				from.on("error", () => undefined);
				from.on("close", () => {
					sockets.delete(from);
					if (!proxy.silent) to.destroy();
				});
				from.on("data", (bytes: Buffer) => {
					if (proxy.silent) return;
					if (from === far) proxy.watch?.(connection, bytes);
					to.write(bytes.subarray(0, left));
					left -= bytes.length;
					if (left > 0) return;
					if (!near.destroyed) proxy.cuts++;
					// What was let through arrives; the rest does not.
					to.end(() => {
						near.destroy();
						far.destroy();
					});
				});
			}
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const proxy = new CuttingProxy(server, sockets);
		return proxy;
	}

	cut(): void {
		this.cuts++;
		for (const socket of this.#sockets) socket.destroy();
	}

	async stop(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise((resolve) => this.#server.close(resolve));
	}
}
