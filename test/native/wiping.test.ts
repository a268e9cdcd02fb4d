/**
 * Secrets are gone from memory, by looking: after refusals, after close() and after garbage collection without it. Each
 * run shows in between that what is looked for is found while it is in use. What a native makes by itself is learned
 * another way: a secret by wrapping it for a key of ours, a private key by trying what lies in the heap.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import {
	constants,
	createCipheriv,
	createHmac,
	createPrivateKey,
	createPublicKey,
	diffieHellman,
	hkdfSync,
	type KeyObject,
	privateDecrypt,
	randomBytes,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { found, memoryOf } from "../support/memory.js";
import { tableForTests } from "../support/xs.js";
import { type Board, build, newBoard, wrapped } from "./hosts.js";

const POLL_MS = 5;
const ALIGNMENT = 16;
/** How often native-wiping.ts pauses at the end of a native. */
const STACK_LOOKS = 6;
/** Different bytes that a random key of 32 has at least, but for one in millions. */
const VARIETY_MIN = 16;
const PKCS8_X25519 = Buffer.from("302e020100300506032b656e04220420", "hex");
const SPKI_X25519 = Buffer.from("302a300506032b656e032100", "hex");

function x25519Private(bytes: Uint8Array): KeyObject {
	const key = Buffer.concat([PKCS8_X25519, bytes]);
	return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

function x25519Public(bytes: Uint8Array): KeyObject {
	const key = Buffer.concat([SPKI_X25519, bytes]);
	return createPublicKey({ key, format: "der", type: "spki" });
}

function publicBytes(key: KeyObject): Buffer {
	return createPublicKey(key).export({ format: "der", type: "spki" }).subarray(SPKI_X25519.length);
}

/** The private key of `publicKey` in the heap of `pid`, or undefined: tries whatever has its form. */
function generatedPrivate(pid: number, publicKey: Buffer): Buffer | undefined {
	for (const { name, bytes } of memoryOf(pid)) {
		if (name !== "[heap]") continue;
		for (let at = 0; at + 32 <= bytes.length; at += ALIGNMENT) {
			const key = bytes.subarray(at, at + 32);
			const isClamped = (key[0] as number) % 8 === 0 && (key[31] as number) >> 6 === 1;
			if (!isClamped || new Set(key).size < VARIETY_MIN) continue;
			if (publicBytes(x25519Private(key)).equals(publicKey)) return Buffer.from(key);
		}
	}
	return undefined;
}

/** One board that pauses by itself. */
class Pausing {
	readonly #process: ChildProcess;
	readonly #ended: Promise<unknown>;
	#output = "";
	#pauses = 0;

	constructor(argv: readonly string[]) {
		this.#process = spawn(build("memcheck"), argv, { stdio: ["ignore", "pipe", "inherit"] });
		this.#process.stdout?.setEncoding("utf8").on("data", (text: string) => {
			this.#output += text;
		});
		this.#ended = new Promise((resolve) => this.#process.on("close", resolve));
	}

	get pid(): number {
		return this.#process.pid as number;
	}

	/** Bytes that it told. */
	told(name: string): Buffer {
		const text = new RegExp(`^@${name} (\\w+)$`, "m").exec(this.#output)?.[1];
		return Buffer.from(text ?? assert.fail(`no ${name} in ${this.#output}`), "hex");
	}

	/** Lets it go on until it pauses again, or from its start. */
	async onward(): Promise<void> {
		this.#pauses++;
		if (this.#pauses > 1) process.kill(this.pid, "SIGCONT");
		const isPaused = () =>
			this.#output.split("@paused\n").length > this.#pauses &&
			/\) T/.test(readFileSync(`/proc/${this.pid}/stat`, "utf8"));
		while (!isPaused()) {
			assert.equal(this.#process.exitCode, null, "the board ended");
			await sleep(POLL_MS);
		}
	}

	async kill(): Promise<void> {
		this.#process.kill("SIGKILL");
		await this.#ended;
	}
}

/** Raw secrets that the test chooses. */
function choose() {
	const make = () => randomBytes(32);
	return { unwrapped: make(), short: randomBytes(31), long: randomBytes(33), private: make() };
}

interface Known {
	readonly unwrapped: Buffer;
	readonly private: Buffer;
	readonly aead: Buffer;
	readonly plaintext: Buffer;
	/** The other side of each agreement. */
	readonly peer: KeyObject;
}

/** What follows from what the test chose. */
function knownSecrets(known: Known): Record<string, Uint8Array> {
	const derived = Buffer.from(hkdfSync("sha256", known.unwrapped, "", "one", 64));
	const ours = createPublicKey(x25519Private(known.private));
	return {
		"unwrapped secret": known.unwrapped,
		"X25519 private key": known.private,
		"shared secret": diffieHellman({ privateKey: known.peer, publicKey: ours }),
		"AES key": known.aead,
		plaintext: known.plaintext,
		"derived AES key": derived.subarray(0, 32),
		"derived HMAC key": derived.subarray(32),
		"HKDF's pseudorandom key": createHmac("sha256", Buffer.alloc(32))
			.update(known.private)
			.digest(),
	};
}

describe("wiping by the native crypto on Linux", function () {
	this.timeout(120_000);
	let board: Board;

	before(() => {
		build("memcheck");
		board = newBoard();
	});
	after(() => board.remove());

	async function watch(end: "close" | "drop"): Promise<void> {
		const chosen = choose();
		const [held, aead, plaintext] = [randomBytes(32), randomBytes(32), randomBytes(64)];
		const cipher = createCipheriv("aes-256-gcm", aead, Buffer.alloc(12));
		const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
		const peer = x25519Private(randomBytes(32));
		const options: Record<string, string> = {
			...{ end, held: held.toString("hex"), aead: aead.toString("hex") },
			...{ sealed: sealed.toString("hex"), private: chosen.private.toString("hex") },
			...{ wrapped: wrapped(board.pair, chosen.unwrapped) },
			...{ short: wrapped(board.pair, chosen.short), long: wrapped(board.pair, chosen.long) },
			...{ peer: publicBytes(peer).toString("hex"), public: board.options.public ?? "" },
		};
		const { argv, remove } = tableForTests("native-wiping");
		argv.push("--flash", board.flash);
		for (const [name, value] of Object.entries(options)) argv.push("--option", `${name}=${value}`);
		const process = new Pausing(argv);
		try {
			await process.onward();
			const onStack = { held: held.map((byte) => byte + 1) };
			assert.deepEqual(found(process.pid, onStack, /^\[stack\]$/), ["held"]);

			await process.onward();
			const { p = "" } = board.small.export({ format: "jwk" });
			const refused = {
				...{ plaintext, unwrapped: chosen.unwrapped },
				...{ short: chosen.short.subarray(0, 16), long: chosen.long },
				...{ "AES key": aead, "prime of a key that is too small": Buffer.from(p, "base64url") },
			};
			assert.deepEqual(found(process.pid, { ...refused, ...onStack }), [], "after refusals");

			const known = { ...chosen, aead, plaintext, peer };
			for (let look = 0; look < STACK_LOOKS; look++) {
				await process.onward();
				const stack = found(process.pid, knownSecrets(known), /^\[stack\]$/);
				assert.deepEqual(stack, [], `on the stack, at look ${look}`);
			}

			await process.onward();
			const used = inUse(process, known);
			assert.deepEqual(found(process.pid, used), Object.keys(used).sort(), "in use");

			await process.onward();
			assert.deepEqual(found(process.pid, { ...used, ...refused }), [], `after ${end}`);
		} finally {
			await process.kill();
			remove();
		}
	}

	/** What the board must hold now, and afterwards no more: also what it made by itself. */
	function inUse(process: Pausing, known: Known): Record<string, Uint8Array> {
		const padding = constants.RSA_PKCS1_OAEP_PADDING;
		const oaep = { key: board.pair, padding, oaepHash: "sha256" };
		const generated = process.told("public");
		const privateKey = generatedPrivate(process.pid, generated);
		return {
			...knownSecrets(known),
			"generated secret": privateDecrypt(oaep, process.told("wrapped")),
			"generated X25519 private key": privateKey ?? assert.fail("no private key in the heap"),
			"shared secret of the generated pair": diffieHellman({
				privateKey: known.peer,
				publicKey: x25519Public(generated),
			}),
		};
	}

	it("leaves nothing on the stack, in the heap or in a target, of what is closed or refused", () =>
		watch("close"));

	it("leaves nothing of what is dropped and collected as garbage", () => watch("drop"));
});
