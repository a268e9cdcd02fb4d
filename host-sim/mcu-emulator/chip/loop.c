/* The chip's event loop: timers, the network, sleep. See loop.h; there is no stop but by the power. */

#include "loop.h"
#include "chip.h"
#include "devices.h"
#include "loop-timers.h"

volatile sig_atomic_t loop_waiting;

uint64_t loop_now_ms(void)
{
	return chip_now_us() / 1000;
}

void loop_open(void)
{
}

/* Till then, or till the network needs something, or something happens. */
static void sleep_until(uint64_t at_ms)
{
	uint32_t due_ms = network_due_ms();
	uint64_t network_at_ms = due_ms == UINT32_MAX ? UINT64_MAX : loop_now_ms() + due_ms;
	if (network_at_ms < at_ms)
		at_ms = network_at_ms;
	if (network_pending())
		at_ms = 0;
	loop_waiting = 1;
	chip_sleep(at_ms * 1000);
	loop_waiting = 0;
}

void loop_run(void (*idle)(void), uint32_t period_ms)
{
	uint64_t idle_at = loop_now_ms() + period_ms;
	for (uint64_t due; (due = loop_timers_due_ms()) != UINT64_MAX || network_streams();) {
		sleep_until(due < idle_at ? due : idle_at);
		network_poll();
		loop_timers_fire();
		if (loop_now_ms() >= idle_at) {
			idle();
			idle_at = loop_now_ms() + period_ms;
		}
	}
}
