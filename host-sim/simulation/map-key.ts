/** Bytes as the key of a Map or a Set: a character for each. */
export function mapKey(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
