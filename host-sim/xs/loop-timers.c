/* The timers of loop.h. They are few: a plain table, searched for the earliest. */

#include "loop-timers.h"
#include "loop.h"

#include <stddef.h>

struct loop_timer {
	int used;
	uint64_t at_ms, order;
	uint32_t repeat_ms;
	void (*fired)(void *data);
	void *data;
};

static loop_timer timers[LOOP_TIMERS_MAX];
static uint64_t next_order;

static void schedule(loop_timer *timer, uint32_t delay_ms, uint32_t repeat_ms)
{
	timer->at_ms = loop_now_ms() + delay_ms;
	timer->order = next_order++;
	timer->repeat_ms = repeat_ms;
}

loop_timer *loop_set_timer(uint32_t delay_ms, uint32_t repeat_ms, void (*fired)(void *data), void *data)
{
	for (int i = 0; i < LOOP_TIMERS_MAX; i++) {
		loop_timer *timer = &timers[i];
		if (timer->used)
			continue;
		*timer = (loop_timer){ .used = 1, .fired = fired, .data = data };
		schedule(timer, delay_ms, repeat_ms);
		return timer;
	}
	return NULL;
}

void loop_move_timer(loop_timer *timer, uint32_t delay_ms, uint32_t repeat_ms)
{
	schedule(timer, delay_ms, repeat_ms);
}

void loop_clear_timer(loop_timer *timer)
{
	timer->used = 0;
}

static loop_timer *earliest(void)
{
	loop_timer *first = NULL;
	for (int i = 0; i < LOOP_TIMERS_MAX; i++) {
		loop_timer *timer = &timers[i];
		if (timer->used && (!first || timer->at_ms < first->at_ms
			|| (timer->at_ms == first->at_ms && timer->order < first->order)))
			first = timer;
	}
	return first;
}

uint64_t loop_timers_due_ms(void)
{
	const loop_timer *first = earliest();
	return first ? first->at_ms : UINT64_MAX;
}

void loop_timers_fire(void)
{
	uint64_t now = loop_now_ms(), before = next_order;
	for (loop_timer *timer; (timer = earliest()) && timer->at_ms <= now && timer->order < before;) {
		uint64_t order = timer->order;
		if (timer->repeat_ms)
			schedule(timer, timer->repeat_ms, timer->repeat_ms), order = timer->order;
		else
			timer->at_ms = UINT64_MAX;
		timer->fired(timer->data);
		if (timer->used && timer->order == order && timer->at_ms == UINT64_MAX)
			loop_clear_timer(timer);
	}
}
