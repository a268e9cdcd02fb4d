/* The runtime's `timer` module of the simulator; its C is host-sim/xs/timer.c. As in the Moddable SDK. */

class Timer {
	static set(callback, delay, repeat) @ "xs_sim_timer_set";
	static repeat(callback, interval) @ "xs_sim_timer_repeat";
	static schedule(timer, delay, repeat) @ "xs_sim_timer_schedule";
	static clear(timer) @ "xs_sim_timer_clear";
}

export default Timer;
