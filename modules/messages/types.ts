/**
 * The control messages of docs/protocol.md §6 as values. How they are encoded is in `codec.ts`; both
 * directions are listed in one table there.
 *
 * A unit is named by (serial, visit): `visit` counts from 1 and grows when the unit is reworked. `step` is
 * the 0-based place on the route. An attempt number never repeats in a unit's life; `set` is the 0-based
 * index of the value set in the recipe's order.
 */
import type { Reading } from "../ports/fixture.js";

/** A unit's serial number: 1 to 32 characters of `[A-Za-z0-9._-]`. */
export type Serial = string;

/** Names one sealed file. `digest` is SHA-256 of the envelope's head (docs/protocol.md §8), 32 bytes. */
export interface RecipeName {
	/** 1 to 32 characters of `[a-z0-9-]`. */
	readonly id: string;
	/** From 1. */
	readonly version: number;
	readonly digest: Uint8Array;
}

export interface UnitName {
	readonly serial: Serial;
	readonly visit: number;
	readonly step: number;
}

// station → server

/** First record of a session, and the poll of an idle, waiting or held station. */
export interface Ready {
	readonly type: "ready";
	/** Times this board has started, from 1. */
	readonly boot: number;
	/** The highest journal number the station has stored. */
	readonly journal: number;
	/** Complete files in the station's slots (0 to 16). */
	readonly recipes: readonly (RecipeName & { readonly active: boolean })[];
	/** The unit whose ticket the station holds, if any; `attempt` is its last stored result's, 0 for none. */
	readonly unit?: UnitName & { readonly attempt: number };
	/** PackML state (ISA-TR88.00.02), for people. */
	readonly state: string;
	/** Why the board last started: a word of docs/protocol.md §6, 1 to 32 of `[a-z0-9-]`. Older stations say nothing. */
	readonly reset?: string;
}
/** Asks for `count` segments of the file `digest` from `first`; `head` asks for the envelope's head. */
export interface Blocks {
	readonly type: "blocks";
	readonly digest: Uint8Array;
	readonly head: boolean;
	readonly first: number;
	/** 0 (with `head`) to {@link BLOCKS_MAX} blocks full. */
	readonly count: number;
	/** Segments that the station has room for in one block, 2 to {@link BLOCK_SEGMENTS_MAX}; left out: one. */
	readonly each?: number;
}
export interface Arrived extends UnitName {
	readonly type: "arrived";
	/** 16 bytes, from the ticket. */
	readonly proof: Uint8Array;
}
export interface Result extends UnitName {
	readonly type: "result";
	readonly attempt: number;
	/** Digest of the recipe it was tried with. */
	readonly digest: Uint8Array;
	readonly set: number;
	/** 1 to READINGS_MAX. */
	readonly readings: readonly Reading[];
	readonly durationMs: number;
}
/** Every value set failed. `attempt` is the last one. */
export interface Exhausted extends UnitName {
	readonly type: "exhausted";
	readonly attempt: number;
	readonly digest: Uint8Array;
}
export interface Done extends UnitName {
	readonly type: "done";
}
export interface Alarm {
	readonly type: "alarm";
	/** 1 to 32 characters of `[a-z0-9-]`. */
	readonly code: string;
	/** For people; up to 200 bytes. */
	readonly text: string;
}
/**
 * The log of an attempt is complete in flash; repeated until it is `kept`. What is in it is pulled. @see docs/protocol.md §8
 */
export interface LogOffer extends UnitName {
	readonly type: "log";
	readonly attempt: number;
	/** SHA-256 of its opening: names it. 32 bytes. */
	readonly digest: Uint8Array;
	/** Bytes of plaintext, 1 to {@link LOG_SIZE_MAX}. */
	readonly size: number;
	readonly segments: number;
	/** There was more, and no room for it. */
	readonly cut: boolean;
}

// server → station

/** What a station should hold: the file and where its parts end. Sizes in bytes. */
export interface RecipeOffer extends RecipeName {
	readonly headSize: number;
	/** Number of segments. */
	readonly segments: number;
}
export interface WelcomeBack {
	readonly type: "welcome-back";
	readonly journal: number;
	/** Seconds since 1970-01-01, for the station's time floor. */
	readonly timeS: number;
	/** 0 to 8. */
	readonly recipes: readonly RecipeOffer[];
}
/** Permission to run. `set` is where to go on (0 at first). */
export interface Start extends UnitName, Replying {
	readonly type: "start";
	readonly attempt: number;
	readonly set: number;
	readonly recipe: RecipeName;
	readonly journal: number;
}
export interface Verdict extends UnitName {
	readonly type: "verdict";
	readonly attempt: number;
	readonly pass: boolean;
	readonly journal: number;
}
/** Take the unit off the line. */
export interface Reject extends UnitName {
	readonly type: "reject";
	readonly journal: number;
}
/** `ticket` is for the station named `to` (`<line>.<station>`), which alone can open it. */
export interface Handover extends UnitName {
	readonly type: "handover";
	readonly to: string;
	readonly ticket: Uint8Array;
}
/** The next station has no session yet: ask again later. */
export interface Wait extends UnitName {
	readonly type: "wait";
}
/** The unit is no longer this station's business. */
export interface Closed extends UnitName {
	readonly type: "closed";
	readonly journal: number;
}
export interface Noted {
	readonly type: "noted";
}
export interface Hold {
	readonly type: "hold";
}
export interface Resume extends Replying {
	readonly type: "resume";
}
export interface Abort extends UnitName {
	readonly type: "abort";
}
/** Make a new session. */
export interface Rekey {
	readonly type: "rekey";
}
/** A newer credential of the server's or the station's own (COSE_Sign1, up to 3,000 bytes). */
export interface CredentialUpdate {
	readonly type: "credential";
	readonly bytes: Uint8Array;
}
/**
 * Asks for `count` segments of the log `digest` from `first`; `head` asks for its opening. Nothing at all: it is
 * waited for, and will be asked for later.
 */
export interface Pull {
	readonly type: "pull";
	readonly digest: Uint8Array;
	readonly head: boolean;
	readonly first: number;
	/** 0 to {@link BLOCKS_MAX}. */
	readonly count: number;
}
/** The log is stored, or will never be wanted: the station may forget it. */
export interface Kept {
	readonly type: "kept";
	readonly digest: Uint8Array;
}

/** Carries the `seq` of the station's request it answers, so that the station can judge its age. */
export interface Replying {
	readonly replyTo: number;
}

export type StationMessage =
	| Ready
	| Blocks
	| Arrived
	| Result
	| Exhausted
	| Done
	| Alarm
	| LogOffer;
export type ServerMessage =
	| WelcomeBack
	| Start
	| Verdict
	| Reject
	| Handover
	| Wait
	| Closed
	| Noted
	| Hold
	| Resume
	| Abort
	| Rekey
	| CredentialUpdate
	| Pull
	| Kept;
export type Message = StationMessage | ServerMessage;

/** The content of a ticket (docs/protocol.md §7). */
export interface Ticket extends UnitName {
	/** Full names, `<line>.<station>`; `from` is empty at the first station. */
	readonly from: string;
	readonly to: string;
	/** 16 random bytes, the same for every sealing of one handover. */
	readonly proof: Uint8Array;
}

/** Blocks asked for in one `blocks` or `pull`: as many as a mask of 32 bits keeps account of. */
export const BLOCKS_MAX = 32;
/** Segments of the fullest block. */
export const BLOCK_SEGMENTS_MAX = 16;
/** Bytes of a log's plaintext. */
export const LOG_SIZE_MAX = 256 * 1024 * 1024;
export const PROOF_SIZE = 16;
