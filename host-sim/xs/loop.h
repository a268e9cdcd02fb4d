/*
 * The event loop of the simulator's board: file descriptors (on Linux), timers and a clean stop.
 *
 * Timers of one instant fire in the order they were set. A callback may set and clear any timer and watch or unwatch
 * any descriptor, its own too.
 */

#ifndef INTERLOCK_LOOP_H
#define INTERLOCK_LOOP_H

#include <signal.h>
#include <stdint.h>

/* Timers and descriptors that may be in use at once. */
#ifndef LOOP_TIMERS_MAX
	#define LOOP_TIMERS_MAX 256
#endif
#define LOOP_WATCHES_MAX 64

typedef struct loop_timer loop_timer;

void loop_open(void);

/* Runs until a signal to stop comes or nothing is left to wait for. `idle` is called every `period_ms` at most. */
void loop_run(void (*idle)(void), uint32_t period_ms);

/* Not 0 while the loop waits for something to do; for a signal's handler. */
extern volatile sig_atomic_t loop_waiting;

/* Milliseconds of a clock that never goes back. */
uint64_t loop_now_ms(void);

/* NULL where LOOP_TIMERS_MAX are in use. `repeat_ms` 0: once. A timer that fired once is freed after its callback. */
loop_timer *loop_set_timer(uint32_t delay_ms, uint32_t repeat_ms, void (*fired)(void *data), void *data);
void loop_move_timer(loop_timer *timer, uint32_t delay_ms, uint32_t repeat_ms);
void loop_clear_timer(loop_timer *timer);

/* `events` are EPOLLIN and EPOLLOUT, 0 for errors only; returns 0, or -1 where there are too many. */
int loop_watch(int descriptor, uint32_t events, void (*ready)(void *data, uint32_t events), void *data);
void loop_rewatch(int descriptor, uint32_t events);
void loop_unwatch(int descriptor);

#endif
