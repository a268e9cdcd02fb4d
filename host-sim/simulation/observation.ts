/** What can be seen of a simulated line: by checkers, which hold it against the protocol, and by the history. */
import type { Reading, Trial } from "../../modules/ports/fixture.js";
import type { ServerEvent } from "../../server/events.js";
import type { Message } from "./broker.js";
import type { KeyUse } from "./crypto.js";
import type { Change } from "./tables.js";

export type Observation =
	/** A message reached the broker. */
	| { readonly type: "published"; readonly message: Message }
	/** A party (a station's full name, or `server`) used a key. */
	| { readonly type: "key"; readonly by: string; readonly use: KeyUse }
	/** A transaction of the server's was committed. */
	| { readonly type: "committed"; readonly changes: readonly Change[] }
	/** A station begins an attempt, has measured, has given it up. */
	| {
			readonly type: "trial";
			readonly station: string;
			readonly trial: Trial;
			/** Bytes of the log that it writes, if there is room for them. */
			readonly logSize: number;
	  }
	| {
			readonly type: "measured";
			readonly station: string;
			readonly trial: Trial;
			readonly readings: readonly Reading[];
			/** What it has logged; `isWhole`: there was room for all of it. */
			readonly log: { readonly bytes: Uint8Array; readonly isWhole: boolean } | undefined;
	  }
	| { readonly type: "stopped"; readonly station: string }
	/** A station has written its unit record, or found it at its start. */
	| { readonly type: "recorded"; readonly station: string; readonly bytes: Uint8Array }
	/** A board, the server or the broker starts, or is dead. */
	| { readonly type: "power"; readonly party: string; readonly isOn: boolean }
	| { readonly type: "event"; readonly event: ServerEvent }
	| { readonly type: "console"; readonly station: string; readonly line: string }
	/** What the simulation did to the line. */
	| { readonly type: "fault"; readonly text: string };

export type Observe = (observation: Observation) => void;
