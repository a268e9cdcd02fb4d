/**
 * The contenders of bench/aead.ts on Node: the server's Aead, node:crypto called as its manual shows it, and the same
 * over a whole file at once. All with the key, nonces and pieces of bench/aead.c, in this process.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { hex } from "../modules/bytes/bytes.js";
import { NONCE_SIZE, SECRET_SIZE } from "../modules/ports/crypto.js";
import { NodeCrypto } from "../server/crypto.js";
import { check } from "./measure.js";

const AAD = new Uint8Array(17);
const KEY = new Uint8Array(SECRET_SIZE).map((_, i) => i);
const CIPHER = "aes-256-gcm";
/** Before the clock starts, as the other contenders do. */
const WARM_UP_PIECES = 1000;

/** Megabytes a second. */
export interface Speeds {
	readonly seal: number;
	readonly open: number;
	/** Into an array of its own each time, on XS. */
	readonly sealNew?: number;
	readonly openNew?: number;
	/** Of the first piece, in hexadecimal digits. */
	readonly tag?: string;
}

/** What all contenders do: a file, cut into pieces, as often as makes `bytes` together. */
export class Job {
	readonly file: Uint8Array;
	readonly piece: number;
	readonly bytes: number;

	/** @param size - of the file, a multiple of `piece`. @param piece - bytes. */
	constructor(size: number, piece: number, bytes: number) {
		this.file = new Uint8Array(size);
		for (let i = 0; i < size; i++) this.file[i] = i % piece;
		this.piece = piece;
		this.bytes = bytes;
	}

	get pieces(): number {
		return this.file.length / this.piece;
	}

	get repeats(): number {
		return Math.max(1, Math.round(this.bytes / this.file.length));
	}

	plaintext(index: number): Uint8Array {
		return this.file.subarray(index * this.piece, (index + 1) * this.piece);
	}
}

function nonce(index: number): Uint8Array {
	const bytes = new Uint8Array(NONCE_SIZE);
	new DataView(bytes.buffer).setUint32(NONCE_SIZE - 4, index);
	return bytes;
}

/** Seals, opens and times. The last piece opened must be the plaintext. */
function time<Sealed>(
	job: Job,
	pieces: number,
	seal: (index: number) => Sealed,
	open: (index: number, sealed: Sealed) => Uint8Array | undefined,
	plaintext: (index: number) => Uint8Array,
): { speeds: Speeds; first: Sealed } {
	const sealed: Sealed[] = new Array(pieces);
	let opened: Uint8Array | undefined;
	const speed = (atMs: number) =>
		(job.file.length * job.repeats) / ((performance.now() - atMs) * 1e3);
	for (let i = 0; i < Math.min(WARM_UP_PIECES, pieces * job.repeats); i++)
		open(i % pieces, seal(i % pieces));
	let atMs = performance.now();
	for (let repeat = 0; repeat < job.repeats; repeat++)
		for (let i = 0; i < pieces; i++) sealed[i] = seal(i);
	const sealSpeed = speed(atMs);
	atMs = performance.now();
	for (let repeat = 0; repeat < job.repeats; repeat++)
		for (let i = 0; i < pieces; i++) opened = open(i, sealed[i] as Sealed);
	const openSpeed = speed(atMs);
	check(
		opened !== undefined && Buffer.compare(opened, plaintext(pieces - 1)) === 0,
		"what Node opened is not what it sealed",
	);
	return { speeds: { seal: sealSpeed, open: openSpeed }, first: sealed[0] as Sealed };
}

export function onNode(job: Job): Speeds {
	const aead = new NodeCrypto().importAead(KEY);
	const { speeds, first } = time(
		job,
		job.pieces,
		(i) => aead.seal(nonce(i), AAD, job.plaintext(i)),
		(i, sealed) => aead.open(nonce(i), AAD, sealed),
		(i) => job.plaintext(i),
	);
	aead.close();
	return { ...speeds, tag: hex(first.subarray(job.piece)) };
}

interface Plainly {
	readonly ciphertext: Buffer;
	readonly tag: Buffer;
}

function sealPlainly(index: number, plaintext: Uint8Array): Plainly {
	const cipher = createCipheriv(CIPHER, KEY, nonce(index)).setAAD(AAD);
	const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
	return { ciphertext, tag: cipher.getAuthTag() };
}

function openPlainly(index: number, { ciphertext, tag }: Plainly): Uint8Array {
	const decipher = createDecipheriv(CIPHER, KEY, nonce(index)).setAAD(AAD).setAuthTag(tag);
	return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

export function openssl(job: Job): Speeds {
	const { speeds, first } = time(
		job,
		job.pieces,
		(i) => sealPlainly(i, job.plaintext(i)),
		openPlainly,
		(i) => job.plaintext(i),
	);
	return { ...speeds, tag: hex(first.tag) };
}

export function opensslWhole(job: Job): Speeds {
	return time(
		job,
		1,
		() => sealPlainly(0, job.file),
		openPlainly,
		() => job.file,
	).speeds;
}
