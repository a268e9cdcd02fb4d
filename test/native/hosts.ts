/**
 * The builds of the simulator that prove modules/crypto (bin/setup/variants.mjs), made when they are first asked for,
 * and a board's flash for them.
 */

import { spawnSync } from "node:child_process";
import { constants, type KeyObject, publicEncrypt, randomBytes, sign } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { provision } from "../../host-sim/flash-image.js";
import { newPair, pkcs1, privateDer, publicDer, vectors } from "../crypto/subjects.js";
import type { Host } from "../support/xs.js";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

const built = new Set<string>();

/** Its first build takes a quarter of a minute. @returns its program. */
export function build(variant: "sanitized" | "memcheck"): string {
	const program = join(root, `build/xs-${variant}/interlock-xs`);
	if (built.has(variant)) return program;
	const { status, stderr } = spawnSync(process.execPath, [join(root, "bin/setup.mjs"), variant], {
		encoding: "utf8",
	});
	if (status !== 0) throw new Error(stderr);
	built.add(variant);
	return program;
}

export function sanitizedHost(): Host & { env: Readonly<Record<string, string>> } {
	const suppressions = join(root, "test/native/sanitized/xs.supp");
	return {
		command: [build("sanitized")],
		env: {
			ASAN_OPTIONS: "detect_leaks=1:allocator_may_return_null=1",
			LSAN_OPTIONS: `suppressions=${suppressions}:print_suppressions=0`,
			UBSAN_OPTIONS: "print_stacktrace=1",
		},
	};
}

/** A board's flash whose key store holds a pair, a pair that is too small, and garbage. */
export interface Board {
	readonly flash: string;
	/** That of the published vectors, so that a damaged key is the same for the same seed. */
	readonly pair: KeyObject;
	/** 1,024 bits. */
	readonly small: KeyObject;
	/** Public key, wrapped secrets of 32, 31 and 33 bytes and a signature, hexadecimal. */
	readonly options: Readonly<Record<string, string>>;
	remove(): void;
}

/** A secret under `pair`, with an empty label. */
export function wrapped(pair: KeyObject, secret: Uint8Array): string {
	const padding = constants.RSA_PKCS1_OAEP_PADDING;
	return publicEncrypt({ key: pair, padding, oaepHash: "sha256" }, secret).toString("hex");
}

export function newBoard(): Board {
	const folder = mkdtempSync(join(tmpdir(), "interlock-native-"));
	const flash = join(folder, "flash.bin");
	const pair = pkcs1(vectors<{ privateKey: string }>("rsa-oaep-2048").privateKey);
	const small = newPair(1024);
	const der = privateDer(pair);
	const junk = der.map((byte, i) => (i % 50 === 49 ? byte ^ 1 : byte));
	provision({ file: flash, keys: { pair: der, small: privateDer(small), junk }, config: {} });
	const pss = { key: pair, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
	const options = {
		public: Buffer.from(publicDer(pair)).toString("hex"),
		wrapped: wrapped(pair, randomBytes(32)),
		short: wrapped(pair, randomBytes(31)),
		long: wrapped(pair, randomBytes(33)),
		signature: sign("sha256", Buffer.alloc(7, 1), pss).toString("hex"),
	};
	return { flash, pair, small, options, remove: () => rmSync(folder, { recursive: true }) };
}
