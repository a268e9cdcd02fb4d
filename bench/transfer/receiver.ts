/**
 * Who receives a file in bench/transfer.ts, a process of its own that ends with it. Argument: {@link ReceiverOptions}
 * as JSON. Sends its parent a {@link Received}.
 *
 * - `sealed`: the firmware's StationRunner on Node, with the real crypto and TCP: from an open session to a file that is
 *   complete, every tag and the signed digest checked.
 * - `plain`: the same MQTT client, which writes what comes to the same kind of storage: from asking to the last byte.
 */
import { createHash } from "node:crypto";
import { loadBundle, provisioning, stationDirectory } from "../../keys/keys.js";
import { fromPrivateDer } from "../../keys/rsa.js";
import { SEGMENT_SIZE_MAX } from "../../modules/envelope/sizes.js";
import { readConfig } from "../../modules/station/config.js";
import { Journal } from "../../modules/station/journal.js";
import { StationRunner } from "../../modules/station/runner.js";
import { headIn, SealedFile, verifyFile } from "../../modules/station/sealed-file.js";
import { SlotFile } from "../../modules/station/slot-file.js";
import { Trust } from "../../modules/station/trust.js";
import { systemClock, systemRandom } from "../../server/clock.js";
import { NodeCrypto } from "../../server/crypto.js";
import { TcpTransport } from "../../server/transport.js";
import { check } from "../measure.js";
import { connectPlain, PLAIN_DOWN, PLAIN_UP } from "../plain-client.js";
import { peakBytes } from "../proc.js";
import { ask, CREDIT_SIZE, TAKEN } from "./credit.js";
import { MemoryKeyValue, MemoryPartition, slotSizeFor } from "./memory-storage.js";

export interface ReceiverOptions {
	readonly kind: "sealed" | "plain";
	/** `mqtt://host:port` */
	readonly url: string;
	/** The plant's, for `sealed`. */
	readonly keys: string;
	/** Full name. */
	readonly station: string;
	/** Bytes of the file. */
	readonly size: number;
	/** What one message carries: so many segments of 4 KiB, or, plain, as many bytes. 1 is what a board has room for. */
	readonly blockSegments: number;
}

export interface Received {
	readonly durationMs: number;
	/** Of this process, user and system, in that time. */
	readonly processorMs: number;
	/** The most memory this process had until the file was there. */
	readonly peakBytes: number;
	/** SHA-256 of the file's plaintext, in hexadecimal digits. */
	readonly digest: string;
}

const UNUSED_SLOT_SIZE = 4096;

class Stopwatch {
	readonly #atMs = performance.now();
	readonly #used = process.cpuUsage();

	stop(): Omit<Received, "digest"> {
		const durationMs = performance.now() - this.#atMs;
		const { user, system } = process.cpuUsage(this.#used);
		return { durationMs, processorMs: (user + system) / 1000, peakBytes: peakBytes("self") };
	}
}

async function receivePlain({ url, size, blockSegments }: ReceiverOptions): Promise<Received> {
	const partition = new MemoryPartition(slotSizeFor(size));
	let received = 0;
	let finish: () => void;
	const finished = new Promise<void>((resolve) => {
		finish = resolve;
	});
	const client = await connectPlain(url, "bench-receiver", PLAIN_DOWN, (piece) => {
		const { blockSize } = partition;
		const end = received + piece.length;
		partition.erase(Math.ceil(received / blockSize), Math.ceil(end / blockSize));
		partition.write(received, piece);
		received = end;
		if (received % CREDIT_SIZE === 0) client.publish(PLAIN_UP, TAKEN);
		if (received >= size) finish();
	});
	const stopwatch = new Stopwatch();
	client.publish(PLAIN_UP, ask({ size, pieceSize: blockSegments * SEGMENT_SIZE_MAX }));
	await finished;
	const times = stopwatch.stop();
	await new Promise<void>((resolve) => client.close(resolve));
	check(received === size, `${received} bytes came instead of ${size}`);
	const digest = createHash("sha256").update(partition.bytes.subarray(0, size)).digest("hex");
	return { ...times, digest };
}

async function receiveSealed(options: ReceiverOptions): Promise<Received> {
	const { url, keys, station, size, blockSegments } = options;
	const { hostname: host, port } = new URL(url);
	const crypto = new NodeCrypto();
	const bundle = loadBundle(stationDirectory(keys, station));
	const enrolment = provisioning(bundle, { host, port: Number(port) });
	const config = readConfig(new MemoryKeyValue(enrolment.config));
	const privateKey = NodeCrypto.privateKey(fromPrivateDer(bundle.kem, station), "unwrap");
	const state = new MemoryKeyValue();
	const slots = [slotSizeFor(size), UNUSED_SLOT_SIZE].map((each) => new MemoryPartition(each));
	let stopwatch = new Stopwatch();
	let finish: (times: Omit<Received, "digest">) => void;
	const finished = new Promise<Omit<Received, "digest">>((resolve) => {
		finish = resolve;
	});
	const runner = new StationRunner({
		crypto,
		config,
		privateKey,
		state,
		slots,
		blockSegments,
		transport: new TcpTransport(),
		clock: systemClock,
		random: systemRandom,
		resetReason: "power-on",
		fixture: { run: () => undefined, stop: () => undefined },
		log: (line) => {
			if (line === "session established") stopwatch = new Stopwatch();
			if (line === "file complete") finish(stopwatch.stop());
		},
	});
	runner.start();
	const times = await finished;
	await new Promise<void>((resolve) => runner.close(resolve));
	const trust = new Trust(crypto, config, new Journal(state));
	const verifier = { crypto, unwrap: privateKey, recipient: station, trust };
	const file = openFile(verifier, new SlotFile(slots[0] as MemoryPartition));
	const digest = digestOf(file);
	return { ...times, digest };
}

function openFile(verifier: Parameters<typeof verifyFile>[0], slot: SlotFile): SealedFile {
	const head = headIn(slot);
	const file = head && verifyFile(verifier, head, slot, 0);
	check(file instanceof SealedFile, "what was stored is not the file");
	return file;
}

/** Of the plaintext, opened segment by segment as the firmware does. */
function digestOf(file: SealedFile): string {
	const hash = createHash("sha256");
	const room = new Uint8Array(Math.min(file.head.size, file.head.segmentSize));
	for (let i = 0; i < file.segments; i++) {
		const opened = file.open(i, file.read(i), room);
		check(opened !== undefined, `segment ${i} does not open`);
		hash.update(opened);
	}
	file.close();
	return hash.digest("hex");
}

const options = JSON.parse(process.argv[2] ?? "{}") as ReceiverOptions;
const received = await (options.kind === "plain" ? receivePlain(options) : receiveSealed(options));
process.send?.(received, () => process.exit(0));
