/**
 * What a station has stored, for people to look at: who it is, what it counts, which sealed files it holds and how
 * far its unit is. No key, no password, no proof, no reading and no serial number comes out.
 *
 * Everything is checked as far as that goes without the station's private key; an image in which something is broken
 * is refused, with each fault and where it is. A record that a power cut left unfinished is no fault.
 */
import { sameBytes } from "../modules/bytes/bytes.js";
import {
	CredentialError,
	parseCredential,
	verifyCredential,
} from "../modules/channel/credential.js";
import { HEAD_SIZE_MAX, type Head } from "../modules/envelope/head.js";
import { SegmentsDigest } from "../modules/envelope/open.js";
import { sealedSize, segmentCount } from "../modules/envelope/sizes.js";
import type { PublicKey } from "../modules/ports/crypto.js";
import { ConfigError, readConfig } from "../modules/station/config.js";
import { Journal, JournalError } from "../modules/station/journal.js";
import { loadLibrary, SLOTS_MAX, type Slot } from "../modules/station/library-record.js";
import { parseStart } from "../modules/station/sealed-file.js";
import { initialState } from "../modules/station/state.js";
import { NodeCrypto } from "../server/crypto.js";
import { KeyValueLogError } from "./device/key-value-log.js";
import type {
	CredentialSummary,
	FlashContents,
	SlotSummary,
	UnitSummary,
} from "./flash-contents.js";
import { FlashSnapshot, RecordsCopy } from "./flash-snapshot.js";
import { type Entry, FlashImageError, KEY_VALUE_PARTITION, KEYS_PARTITION } from "./flash-table.js";
import { flashUser } from "./flash-user.js";

/** How often an image that its board changes meanwhile is read again. */
const READS_MAX = 8;
/** Bytes of a slot that are hashed at a time. */
const PIECE_SIZE = 64 * 1024;

/** Collects what is broken, and where. */
type Report = (where: string, what: string) => void;

/**
 * @throws {@link FlashImageError} `missing`, `io`, or `corrupt` with one line for each fault.
 */
export function inspectFlash(file: string): FlashContents {
	const image = new FlashSnapshot(file);
	try {
		for (let reads = 0; reads < READS_MAX; reads++) {
			const faults: string[] = [];
			const before = readRecords(image);
			const contents = inspect(file, image, before, (where, what) => {
				faults.push(`${where}: ${what}`);
			});
			const after = readRecords(image);
			if (before && after && !sameBytes(before, after)) continue;
			if (faults.length === 0) return contents;
			const list = faults.map((fault) => `\n  ${fault}`).join("");
			throw new FlashImageError("corrupt", `${file} is broken:${list}`);
		}
	} finally {
		image.close();
	}
	throw new FlashImageError("io", `${file} changes faster than it can be read: stop its station`);
}

function readRecords(image: FlashSnapshot): Uint8Array | undefined {
	const entry = image.entry(KEY_VALUE_PARTITION);
	return entry && image.read(entry, 0, entry.size);
}

function inspect(
	file: string,
	image: FlashSnapshot,
	bytes: Uint8Array | undefined,
	report: Report,
): FlashContents {
	const crypto = new NodeCrypto();
	const keys = inspectKeys(image, report);
	const records = openRecords(bytes, report);
	// Before the journal is opened, which counts a start in the copy.
	const extent = records?.extent ?? { start: 0, end: 0, limit: 0, isTorn: false };
	const domains = byDomain(records?.records ?? []);
	const state = records?.domain("state");
	const board = records && inspectBoard(records, keys, report);
	const journal = state && attempt(report, () => new Journal(state));
	const names = slotNames(image);
	const library = state && attempt(report, () => loadLibrary(state, names.length));
	return {
		file,
		size: image.size,
		inUseBy: flashUser(file),
		partitions: image.entries,
		keys,
		log: {
			used: extent.end - extent.start,
			size: extent.limit - extent.start,
			cutOffAt: extent.isTorn ? extent.end : undefined,
		},
		domains,
		board,
		credentials: records ? inspectCredentials(crypto, records, report) : [],
		boots: journal ? journal.boots - 1 : 0,
		journal: journal?.number ?? 0,
		floors: journal?.floors ?? { timeS: 0, stationEpoch: 0, serverEpoch: 0 },
		unit: journal && unitSummary(journal),
		slots: names.map((name, i) => inspectSlot(crypto, image, name, library?.slots[i], report)),
		versionFloors: Object.fromEntries(library?.floors ?? []),
	};
}

/** Names and sizes in the `keys` partition; its form is in host-sim/xs/keystore.c. */
function inspectKeys(image: FlashSnapshot, report: Report): { name: string; size: number }[] {
	const entry = image.entry(KEYS_PARTITION);
	const keys: { name: string; size: number }[] = [];
	if (entry === undefined) {
		report("table", `there is no partition ${KEYS_PARTITION}`);
		return keys;
	}
	for (let at = 0; at < entry.size; ) {
		const head = Buffer.from(image.read(entry, at, Math.min(18, entry.size - at)));
		const nameSize = head[0] as number;
		if (nameSize === 0xff) return keys;
		const size =
			nameSize <= 15 && head.length >= nameSize + 3 ? head.readUInt16LE(nameSize + 1) : 0;
		const end = at + 1 + nameSize + 2 + size;
		const name = head.toString("latin1", 1, 1 + nameSize);
		if (size === 0 || end > entry.size || !/^[a-z0-9._-]+$/.test(name)) {
			report(`${KEYS_PARTITION} at ${at}`, "not a key's name and size: enrol this board again");
			return keys;
		}
		keys.push({ name, size });
		at = end;
	}
	return keys;
}

function openRecords(bytes: Uint8Array | undefined, report: Report): RecordsCopy | undefined {
	if (bytes === undefined) {
		report("table", `there is no partition ${KEY_VALUE_PARTITION}`);
		return undefined;
	}
	try {
		const records = new RecordsCopy(bytes);
		const next = records.recordAfterTear();
		if (next !== undefined)
			report(
				`${KEY_VALUE_PARTITION} at ${records.extent.end}`,
				`a damaged record; the board reads nothing after it, and records go on at ${next}`,
			);
		return records;
	} catch (error) {
		if (!(error instanceof KeyValueLogError)) throw error;
		report(`${KEY_VALUE_PARTITION} at 0`, error.message);
		return undefined;
	}
}

function byDomain(records: readonly { key: string; size: number }[]): FlashContents["domains"] {
	const domains: Record<string, { key: string; size: number }[]> = {};
	for (const { key, size } of records) {
		const [domain = "", ...rest] = key.split("/");
		domains[domain] ??= [];
		domains[domain].push({ key: rest.join("/"), size });
	}
	return domains;
}

function inspectBoard(
	records: RecordsCopy,
	keys: readonly { name: string }[],
	report: Report,
): FlashContents["board"] {
	const config = records.domain("config");
	if (!records.records.some(({ key }) => key.startsWith("config/"))) return undefined;
	if (!keys.some(({ name }) => name === "kem"))
		report(KEYS_PARTITION, 'no key "kem": enrol this board again');
	const found = attempt(report, () => readConfig(config));
	if (found === undefined) return undefined;
	const { station, host, port, username } = found;
	return { station, host, port, username };
}

const CREDENTIALS = ["cred", "server"] as const;

function inspectCredentials(
	crypto: NodeCrypto,
	records: RecordsCopy,
	report: Report,
): CredentialSummary[] {
	const roots = inspectRoots(crypto, records, report);
	const summaries: CredentialSummary[] = [];
	for (const key of CREDENTIALS) {
		const found = (["config", "state"] as const).flatMap((from) => {
			const bytes = records.domain(from).read(key);
			if (bytes === undefined) return [];
			try {
				// A board that has lost a root is refused for that; its credentials are then read unchecked.
				const credential =
					roots.length < ROOTS.length
						? parseCredential(crypto, bytes)
						: verifyCredential({ crypto, bytes, roots, epochFloor: 0, timeFloorS: 0 });
				const { subject, epoch, notBeforeS, expiresS } = credential;
				return [{ subject, epoch, notBeforeS, expiresS, from }];
			} catch (error) {
				if (!(error instanceof CredentialError)) throw error;
				report(`record ${from}/${key}`, error.message);
				return [];
			}
		});
		found.sort((a, b) => b.epoch - a.epoch);
		if (found[0] !== undefined) summaries.push(found[0]);
	}
	return summaries;
}

const ROOTS = ["root0", "root1"] as const;

function inspectRoots(crypto: NodeCrypto, records: RecordsCopy, report: Report): PublicKey[] {
	const config = records.domain("config");
	return ROOTS.flatMap((name) => {
		const bytes = config.read(name);
		if (bytes === undefined) return [];
		try {
			return [crypto.publicKey(bytes, "verify")];
		} catch {
			report(`record config/${name}`, "not an RSA public key: enrol this board again");
			return [];
		}
	});
}

function unitSummary({ unit }: Journal): UnitSummary | undefined {
	if (unit === undefined) return undefined;
	const { visit, step, result } = unit;
	return { mode: initialState(unit).mode, visit, step, attempt: result?.attempt };
}

/** As main.ts numbers them. */
function slotNames(image: FlashSnapshot): string[] {
	const names: string[] = [];
	while (names.length < SLOTS_MAX && image.entry(`slot${names.length}`) !== undefined)
		names.push(`slot${names.length}`);
	return names;
}

function inspectSlot(
	crypto: NodeCrypto,
	image: FlashSnapshot,
	name: string,
	recipe: Slot | undefined,
	report: Report,
): SlotSummary {
	const entry = image.entry(name) as Entry;
	if (recipe === undefined) return { slot: name, recipe, size: undefined, segments: undefined };
	const head = parseStart(image.read(entry, 0, Math.min(HEAD_SIZE_MAX, entry.size)));
	if (head === undefined || !sameBytes(crypto.sha256(head.bytes), recipe.digest)) {
		// Of a file that is being fetched the head may not be there yet.
		if (recipe.state !== "fetching")
			report(`${name} at 0`, `not the head of ${recipe.id} version ${recipe.version}`);
		return { slot: name, recipe, size: undefined, segments: undefined };
	}
	const size = head.bytes.length + sealedSize(head.size, head.segmentSize);
	if (size > entry.size) report(name, `its file of ${size} bytes is larger than the slot`);
	else if (recipe.state !== "fetching" && !isWhole(crypto, image, entry, head, size))
		report(
			`${name} from ${head.bytes.length} to ${size}`,
			`the segments of ${recipe.id} version ${recipe.version} are not those that were signed`,
		);
	return { slot: name, recipe, size, segments: segmentCount(head.size, head.segmentSize) };
}

function isWhole(
	crypto: NodeCrypto,
	image: FlashSnapshot,
	entry: Entry,
	head: Head,
	size: number,
): boolean {
	const digest = new SegmentsDigest(crypto, head);
	for (let at = head.bytes.length; at < size; at += PIECE_SIZE)
		digest.add(image.read(entry, at, Math.min(PIECE_SIZE, size - at)));
	return digest.matches();
}

/** Reads records that their own code checks. */
function attempt<T>(report: Report, work: () => T): T | undefined {
	try {
		return work();
	} catch (error) {
		if (error instanceof JournalError) report(`record state/${error.key}`, "it cannot be read");
		else if (error instanceof ConfigError) report(`record config/${error.key}`, error.message);
		else throw error;
		return undefined;
	}
}
