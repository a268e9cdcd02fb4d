/** Ports of the host's loopback. */
import { type AddressInfo, connect, createServer } from "node:net";

export const LOOPBACK = "127.0.0.1";

/** One that is free now. */
export async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject).listen(0, LOOPBACK, resolve);
	});
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

/** Whether somebody listens there. */
export function answers(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, LOOPBACK);
		const settle = (isOpen: boolean) => {
			socket.destroy();
			resolve(isOpen);
		};
		socket.once("connect", () => settle(true));
		socket.once("error", () => settle(false));
	});
}
