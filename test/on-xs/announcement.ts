/** How a process under test says what a record holds that it is about to send; used on XS and in Node. */
import { hex } from "../../modules/bytes/bytes.js";
import type { Message } from "../../modules/messages/types.js";

/** A step's name: the message's type, and for a verdict which one it is. */
export function stepOf(message: Message): string {
	if (message.type === "verdict") return message.pass ? "verdict-pass" : "verdict-fail";
	return message.type;
}

/** @param header - the record's first 17 bytes. @returns a line without its end. */
export function announcement(header: Uint8Array, message: Message): string {
	const serial = "serial" in message ? message.serial : "-";
	const attempt = "attempt" in message ? message.attempt : 0;
	return `@sealed ${hex(header)} ${stepOf(message)} ${serial} ${attempt}`;
}
