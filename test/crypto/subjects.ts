/** The implementations of the Crypto port as things that answer a list of operations: Node's, and PSA's on both boards. */

import {
	createPrivateKey,
	createPublicKey,
	generateKeyPairSync,
	hkdfSync,
	type KeyObject,
} from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoardKind } from "../../host-sim/board-kind.js";
import { provision } from "../../host-sim/flash-image.js";
import { NodeCrypto } from "../../server/crypto.js";
import { type Answer, type Operation, perform } from "../on-xs/crypto-operations.js";
import { BOARDS, ensureBoard, type TestBoard } from "../support/boards.js";
import { runOnXs } from "../support/xs.js";

/** Characters of options that a board takes in one run, with room to spare. */
const OPTIONS_SIZE: Readonly<Record<BoardKind, number>> = { linux: 6000, mcu: 200_000 };
const TIMEOUT_MS = 120_000;

/** RSA private keys by their names in the key store. */
export type Keys = Readonly<Record<string, KeyObject>>;

export interface Subject {
	readonly name: string;
	/** So many times longer than on a Linux process something may take here. */
	readonly patience: number;
	run(operations: readonly Operation[], keys?: Keys): Promise<Answer[]>;
}

export const onNode: Subject = {
	name: "Node",
	patience: 1,
	run: async (operations, keys = {}) =>
		operations.map((operation) =>
			perform(
				new NodeCrypto(),
				(name, kind) => NodeCrypto.privateKey(keys[name] as KeyObject, kind),
				operation,
			),
		),
};

export function privateDer(key: KeyObject): Uint8Array {
	return new Uint8Array(key.export({ type: "pkcs1", format: "der" }));
}

export function publicDer(key: KeyObject): Uint8Array {
	return privateDer(createPublic(key));
}

function createPublic(key: KeyObject): KeyObject {
	return key.type === "public" ? key : createPublicKey(key);
}

/** Runs the agent once on a board whose key store holds `keys`. */
export async function runAgent(
	board: TestBoard,
	keys: Keys,
	options: Record<string, string>,
): Promise<Answer[]> {
	await ensureBoard(board.kind);
	const folder = mkdtempSync(join(tmpdir(), "interlock-crypto-"));
	const flash = join(folder, "flash.bin");
	try {
		const named = Object.entries(keys).map(([name, key]) => [name, privateDer(key)]);
		provision({ file: flash, keys: Object.fromEntries(named), config: {} });
		const { code, lines, errors } = await runOnXs("crypto-agent", {
			board: board.kind,
			flash,
			options,
			timeoutMs: TIMEOUT_MS * board.patience,
		});
		if (code !== 0) throw new Error(`crypto-agent ended with ${code}: ${errors}`);
		const answers = lines.filter((line) => line.startsWith("@answer "));
		return answers.map((line) => JSON.parse(line.slice("@answer ".length)) as Answer);
	} finally {
		rmSync(folder, { recursive: true });
	}
}

/** Cuts the list so that each part fits into the options of one run. */
function batches(operations: readonly Operation[], optionsSize: number): string[] {
	const parts: string[] = [];
	let part: string[] = [];
	let size = 0;
	for (const text of operations.map((operation) => JSON.stringify(operation))) {
		if (size + text.length > optionsSize && part.length > 0) {
			parts.push(`[${part.join()}]`);
			part = [];
			size = 0;
		}
		part.push(text);
		size += text.length + 1;
	}
	return [...parts, `[${part.join()}]`];
}

function onXs(board: TestBoard): Subject {
	return {
		name: `XS ${board.on}`,
		patience: board.patience,
		run: async (operations, keys = {}) => {
			const answers: Answer[] = [];
			for (const part of batches(operations, OPTIONS_SIZE[board.kind]))
				answers.push(...(await runAgent(board, keys, { operations: part.replaceAll('"', "'") })));
			if (answers.length !== operations.length)
				throw new Error(`${answers.length} answers to ${operations.length} operations`);
			return answers;
		},
	};
}

export const onBoards: readonly Subject[] = BOARDS.map(onXs);
export const subjects: readonly Subject[] = [onNode, ...onBoards];

/** What fingerprint() in crypto-operations.ts gives for a secret of these bytes. */
export function fingerprintOf(secret: Uint8Array): string {
	return Buffer.from(hkdfSync("sha256", secret, "", "fingerprint", 24)).toString("hex");
}

/** One file of test/vectors/crypto. */
export function vectors<T>(name: string): T {
	const url = new URL(`../../../test/vectors/crypto/${name}.json`, import.meta.url);
	return JSON.parse(readFileSync(url, "utf8")) as T;
}

export function pkcs1(der: string): KeyObject {
	return createPrivateKey({ key: Buffer.from(der, "hex"), format: "der", type: "pkcs1" });
}

export function newPair(bits: number): KeyObject {
	return generateKeyPairSync("rsa", { modulusLength: bits }).privateKey;
}
