/**
 * Suite 0: who says what to whom, on which topic. Every message is sealed for its receiver.
 *
 * | topic, after `suite-0/<station>/` | from → to | retained | text |
 * | --- | --- | --- | --- |
 * | `request` | station → server | no | `request` |
 * | `file` | server → station | yes | the parameter file |
 * | `result` | station → server | no | the values tried and what was measured (result.ts) |
 * | `verdict` | server → station | no | `pass` or `fail` |
 * | `done` | station → server | no | `done` |
 * | `ack` | server → station | no | `ack` |
 * | `arrival` | the station before → station | no | `done` |
 *
 * What the paper leaves open, and what was taken, in its favour each time:
 *
 * - Topics: one for each station and kind of message, so that no message passes for one of another
 *   kind.
 * - Quality of service: 2, exactly once.
 * - Whether the file comes on request or from the broker: both. The server publishes all files when
 *   it starts and each on request, retained, so that a station gets it while the server is away. A
 *   station asks once, when it starts, and takes the newest file for its next part.
 * - What a result holds, and what the server checks of it: the values tried and the readings, and
 *   these against limits that stations never see. Nothing ties a result to a file.
 * - Messages out of turn: dropped. A station takes a verdict or an acknowledgement only while it
 *   waits for one; the server takes `done` only after its own `pass`. A station leaves only when
 *   `done` is acknowledged.
 * - Messages that cannot be read: dropped, as an exception in a callback of Python's MQTT client
 *   would.
 * - Parts: without serial numbers; each station counts. The first station's come by hand, not over
 *   the network. A part that comes while a station is busy waits.
 * - A part for which every value set fails: taken off the line, and nobody is told.
 *
 * Left out, as there: any repetition of a message that was lost, timers, state that outlives a
 * process. The paper names nonces, changing keys and access rules as ideas; it did none of them.
 */

/** What a party of the paper's system needs of MQTT. */
export interface Bus {
	publish(
		topic: string,
		payload: Uint8Array,
		options: { readonly qos: 0 | 1 | 2; readonly retain: boolean },
	): void;
	/**
	 * Once for a topic. Calls `receive` for each message on `topic`; never before `subscribe` has
	 * returned. The payload is the receiver's to keep.
	 */
	subscribe(topic: string, qos: 0 | 1 | 2, receive: (payload: Uint8Array) => void): void;
}

export const QOS = 2;

export type Kind = "request" | "file" | "result" | "verdict" | "done" | "ack" | "arrival";

/** @param station - 1 to 32 characters of `[a-z0-9-]`. */
export function topicOf(station: string, kind: Kind): string {
	return `suite-0/${station}/${kind}`;
}
