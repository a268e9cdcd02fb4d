/* The runtime's `time` module of the simulator, as far as firmware needs it; its C is host-sim/xs/timer.c. */

class Time {
	static get ticks() @ "xs_sim_time_ticks";
	static delta(start, end) @ "xs_sim_time_delta";
}

export default Time;
