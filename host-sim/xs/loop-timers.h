/* What a board's loop asks of its timers (loop-timers.c); everybody else uses loop.h. */

#ifndef INTERLOCK_LOOP_TIMERS_H
#define INTERLOCK_LOOP_TIMERS_H

#include <stdint.h>

/* When the earliest is due, on the clock of loop_now_ms(); UINT64_MAX where none is set. */
uint64_t loop_timers_due_ms(void);

/* Fires what is due now; timers set meanwhile wait for the next turn. */
void loop_timers_fire(void);

#endif
