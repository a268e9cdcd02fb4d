/** What a line is asked for (line.ts). */
import type { Clock } from "../../modules/ports/clock.js";
import type { LineEvent } from "./events.js";
import type { Fault } from "./faults.js";
import type { NetworkSwitch } from "./network-switch.js";
import type { Plan } from "./prepare.js";
import type { SupervisorOptions } from "./supervisor.js";
import type { LineView } from "./view.js";

export interface LineOptions {
	/** What is left out comes from the data directory, or from `fallback`. */
	readonly asked: Partial<Plan>;
	readonly fallback: Plan;
	/**
	 * An address that servers and stations can reach; `undefined`: a broker of the line's own, the embedded one; or
	 * "mosquitto": one of the line's own.
	 */
	readonly broker: { readonly url: string } | "mosquitto" | undefined;
	/** Directory of `station-<n>.params` and `.limits`. */
	readonly recipes: string;
	/** Kept between runs; `undefined`: a temporary one. */
	readonly data: string | undefined;
	/** How long the simulated fixture takes for a value set, 0 to 60,000. */
	readonly settleMs: number | undefined;
	/** Bytes of the log of each attempt, 1 to LOG_SIZE_MAX; none where `undefined`. */
	readonly logSize?: number | undefined;
	/** Bytes of a slot in the stations' flash; left out: as they are, or slotSizeOf each board. */
	readonly slotSize?: number | undefined;
	/** A directory for a profile of each Linux station, `<id>.json`; none where left out. */
	readonly profiles?: string | undefined;
	/** Exact instruction counts on the emulated chips; slower. */
	readonly countsInstructions?: boolean | undefined;
	/** Faults that stations have, once after power-on, by station. */
	readonly faults?: ReadonlyMap<string, Fault>;
	/** Cuts the chips' network while the line runs. */
	readonly network?: NetworkSwitch;
	/** Where the chips' part of the build has to be made first, that is told on standard error as it goes. */
	readonly showsSetUp?: boolean;
	/** How its processes are restarted, where the supervisor's own ways do not do. */
	readonly supervision?: Pick<SupervisorOptions, "delayMinMs" | "delayMaxMs" | "deathsMax">;
	readonly clock: Clock;
	/** Every event, after it was applied to `view`. */
	readonly onEvent: (event: LineEvent, view: LineView) => void;
	/** Ends the run early. */
	readonly signal: AbortSignal;
}
