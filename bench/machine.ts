/** The machine that a bench ran on: figures mean nothing without it. */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { MOSQUITTO } from "../host-sim/line/mosquitto.js";
import { engineName } from "../host-sim/station-process.js";
import { summary } from "./measure.js";
import { pythonVersions } from "./paper/python.js";
import { temporaryDirectory } from "./temporary.js";

const FLUSHES = 50;
const PAGE_SIZE = 4096;

export interface Machine {
	readonly processor: string;
	readonly cores: number;
	/** In bytes. */
	readonly memory: number;
	readonly kernel: string;
	/** Median of writing 4 KiB to a file in the temporary directory and flushing it. */
	readonly diskFlushMs: number;
	/** `unknown` or `absent` where it is. */
	readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(): Machine {
	return {
		processor: cpus()[0]?.model ?? "unknown",
		cores: cpus().length,
		memory: totalmem(),
		kernel: release(),
		diskFlushMs: diskFlushMs(),
		versions: {
			Node: process.versions.node,
			XS: engineName().replace(/^XS /, ""),
			mbedTLS: mbedTlsVersion(),
			OpenSSL: process.versions.openssl,
			Mosquitto: mosquittoVersion(),
			...pythonVersions(),
		},
	};
}

function diskFlushMs(): number {
	const { path: folder, remove } = temporaryDirectory();
	const file = openSync(join(folder, "page"), "w");
	try {
		const timesMs = Array.from({ length: FLUSHES }, (_, i) => {
			const atMs = performance.now();
			writeSync(file, new Uint8Array(PAGE_SIZE).fill(i), 0, PAGE_SIZE, i * PAGE_SIZE);
			fdatasyncSync(file);
			return performance.now() - atMs;
		});
		return summary(timesMs).median;
	} finally {
		closeSync(file);
		remove();
	}
}

/** Of the headers that the engine's crypto module was compiled against. */
function mbedTlsVersion(): string {
	for (const prefix of ["/usr/include", "/usr/local/include"])
		for (const name of ["build_info.h", "version.h"]) {
			const file = join(prefix, "mbedtls", name);
			if (!existsSync(file)) continue;
			const text = readFileSync(file, "utf8");
			const version = /MBEDTLS_VERSION_STRING\s+"([^"]+)"/.exec(text)?.[1];
			if (version) return version;
		}
	return "unknown";
}

function mosquittoVersion(): string {
	if (MOSQUITTO === undefined) return "absent";
	const { stdout } = spawnSync(MOSQUITTO, ["-h"], { encoding: "utf8" });
	return /version ([\d.]+)/.exec(stdout)?.[1] ?? "unknown";
}

/** One line for people. */
export function showMachine(machine: Machine): string {
	const { processor, cores, memory, kernel, diskFlushMs, versions } = machine;
	const gibibytes = (memory / 2 ** 30).toFixed(1);
	const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
	return (
		`${processor}, ${cores} cores, ${gibibytes} GiB, Linux ${kernel}, ` +
		`a flushed write of 4 KiB takes ${diskFlushMs.toFixed(2)} ms\n${named.join(", ")}`
	);
}
