/** What is wrong with a message. */

/**
 * - `size`: more than {@link CONTENT_SIZE_MAX} bytes
 * - `padding`: not one of the four sizes, or not padded as it should be
 * - `cbor`: not deterministic CBOR, or not a map
 * - `type`: no such message
 * - `direction`: a message that its sender may not send
 * - `field`: missing, unknown, or outside its range; the text says which and why
 */
export type MessageErrorCode = "size" | "padding" | "cbor" | "type" | "direction" | "field";

/** A message that breaks docs/protocol.md §6. */
export class MessageError extends Error {
	override readonly name = "MessageError";
	readonly code: MessageErrorCode;
	constructor(code: MessageErrorCode, detail: string) {
		super(`message refused (docs/protocol.md §6): ${code}: ${detail}`);
		this.code = code;
	}
}
