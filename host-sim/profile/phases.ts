/** The phases of a station's work, by what its console says; as arguments of the simulator (host-sim/xs/linux/profiler.h). */

/** The first is entered at power-on; the others as `[FROM>]TO=LINE`. */
export const STATION_MARKS: readonly string[] = [
	"start",
	"start>handshake=mqtt: online",
	"handshake>fetch=session established",
	"fetch>waiting=file complete",
	"fetch>unit=state Starting",
	"waiting>unit=state Starting",
	"unit>waiting=state Idle",
];
