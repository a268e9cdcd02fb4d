/** Commands to a running QEMU over its control protocol: JSON, an object a line; each is answered under its number. */
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";

interface Answer {
	readonly id?: number;
	readonly error?: { readonly desc?: string };
}

export class Monitor {
	readonly #stream: Duplex;
	readonly #waiting = new Map<number, (error: Error | undefined) => void>();
	#last = 0;

	/** @param stream - to QEMU, which greets first and wants to be answered. */
	constructor(stream: Duplex) {
		this.#stream = stream;
		// A chip that dies takes its end with it; commands under way hear of it below.
		stream.on("error", () => undefined);
		stream.on("close", () => {
			for (const settle of this.#waiting.values()) settle(new Error("the chip is gone"));
			this.#waiting.clear();
		});
		createInterface({ input: stream })
			.on("line", (line) => this.#answered(JSON.parse(line)))
			.on("error", () => undefined);
		this.#send("qmp_capabilities", {}).catch(() => undefined);
	}

	/** Pulls a network card's cable, or puts it back. Resolves when it is done; rejects where the chip is gone. */
	setLink(name: string, isUp: boolean): Promise<void> {
		return this.#send("set_link", { name, up: isUp });
	}

	#send(execute: string, args: object): Promise<void> {
		const id = ++this.#last;
		return new Promise((resolve, reject) => {
			if (this.#stream.destroyed) return reject(new Error("the chip is gone"));
			this.#waiting.set(id, (error) => (error ? reject(error) : resolve()));
			this.#stream.write(`${JSON.stringify({ execute, arguments: args, id })}\n`);
		});
	}

	/** Events have no number and are left alone. */
	#answered({ id, error }: Answer): void {
		const settle = id === undefined ? undefined : this.#waiting.get(id);
		if (id === undefined || settle === undefined) return;
		this.#waiting.delete(id);
		settle(error && new Error(`QEMU refused: ${error.desc ?? "no reason"}`));
	}
}
