/*
 * The natives of host-sim/device/timer.js and time.js.
 *
 * A timer and its callback stay alive while the timer runs, whether or not firmware keeps the handle; a timer that
 * fired once or was cleared is gone, and its handle means nothing any more.
 */

#include "host.h"
#include "loop.h"

#include "xsmc.h"

#include <stdlib.h>

typedef struct {
	loop_timer *timer;
	int once, firing, cleared, rescheduled;
	xsSlot handle, callback;
} script_timer;

/* Handles hold a pointer only while their timer runs, and then they are remembered: nothing to free here. */
static void destroy(void *data)
{
	(void)data;
}

static void release(xsMachine *the, script_timer *timer)
{
	loop_clear_timer(timer->timer);
	xsmcSetHostData(timer->handle, NULL);
	xsForget(timer->callback);
	xsForget(timer->handle);
	free(timer);
}

static void call(void *machine, void *data)
{
	xsMachine *the = machine;
	script_timer *timer = data;
	timer->firing = 1;
	timer->rescheduled = 0;
	xsCallFunction1(timer->callback, xsGlobal, timer->handle);
	timer->firing = 0;
	if (timer->cleared || (timer->once && !timer->rescheduled))
		release(the, timer);
}

static void fired(void *data)
{
	interlock_engine_enter(host_engine, call, data);
}

static uint32_t delay_argument(xsMachine *the, int index)
{
	xsNumberValue value = index < xsmcArgc ? xsmcToNumber(xsArg(index)) : 0;
	if (!(value > 0))
		return 0;
	return value > INT32_MAX ? INT32_MAX : (uint32_t)value;
}

static void start(xsMachine *the, uint32_t delay_ms, uint32_t repeat_ms)
{
	if (xsmcArgc < 1 || !xsmcIsCallable(xsArg(0)))
		xsTypeError("callback: not a function");
	script_timer *timer = calloc(1, sizeof *timer);
	if (!timer || !(timer->timer = loop_set_timer(delay_ms, repeat_ms, fired, timer))) {
		free(timer);
		xsUnknownError("no timer is free");
	}
	timer->once = !repeat_ms;
	xsResult = xsNewHostObject(destroy);
	xsmcSetHostData(xsResult, timer);
	timer->handle = xsResult;
	timer->callback = xsArg(0);
	xsRemember(timer->handle);
	xsRemember(timer->callback);
}

void xs_sim_timer_set(xsMachine *the)
{
	start(the, delay_argument(the, 1), delay_argument(the, 2));
}

void xs_sim_timer_repeat(xsMachine *the)
{
	uint32_t interval = delay_argument(the, 1);
	start(the, interval, interval ? interval : 1);
}

/* The running timer that argument 0 stands for, or NULL. */
static script_timer *running(xsMachine *the)
{
	if (xsmcArgc < 1 || xsmcTypeOf(xsArg(0)) != xsReferenceType)
		return NULL;
	script_timer *timer = xsmcGetHostDataValidate(xsArg(0), destroy);
	return timer && !timer->cleared ? timer : NULL;
}

void xs_sim_timer_schedule(xsMachine *the)
{
	script_timer *timer = running(the);
	uint32_t repeat_ms = delay_argument(the, 2);
	if (!timer)
		xsUnknownError("this timer is gone");
	timer->once = !repeat_ms;
	timer->rescheduled = 1;
	loop_move_timer(timer->timer, delay_argument(the, 1), repeat_ms);
}

void xs_sim_timer_clear(xsMachine *the)
{
	script_timer *timer = running(the);
	if (timer && timer->firing)
		timer->cleared = 1;
	else if (timer)
		release(the, timer);
}

void xs_sim_time_ticks(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)(uint32_t)loop_now_ms());
}

void xs_sim_time_delta(xsMachine *the)
{
	uint32_t start = (uint32_t)xsmcToInteger(xsArg(0));
	uint32_t end = xsmcArgc > 1 ? (uint32_t)xsmcToInteger(xsArg(1)) : (uint32_t)loop_now_ms();
	xsmcSetInteger(xsResult, (xsIntegerValue)(end - start));
}
