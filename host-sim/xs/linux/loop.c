/* Over epoll; see loop.h. */

#define _GNU_SOURCE
#include "loop.h"
#include "host.h"
#include "loop-timers.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

typedef struct {
	int descriptor;	/* -1: free */
	uint32_t events;
	void (*ready)(void *data, uint32_t events);
	void *data;
} watch;

static watch watches[LOOP_WATCHES_MAX];
static int watch_count, epoll, signals;
volatile sig_atomic_t loop_waiting;

uint64_t loop_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void loop_open(void)
{
	sigset_t set;
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	for (int i = 0; i < LOOP_WATCHES_MAX; i++)
		watches[i].descriptor = -1;
	signal(SIGPIPE, SIG_IGN);
	/* A limit on file size shows as a write that fails, like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (epoll < 0 || signals < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, signals, &event))
		host_fail("cannot open the event loop");
}

static watch *find_watch(int descriptor)
{
	for (int i = 0; i < LOOP_WATCHES_MAX; i++)
		if (watches[i].descriptor == descriptor)
			return &watches[i];
	return NULL;
}

int loop_watch(int descriptor, uint32_t events, void (*ready)(void *data, uint32_t events), void *data)
{
	watch *free_watch = find_watch(-1);
	struct epoll_event event = { .events = events, .data.ptr = free_watch };
	if (!free_watch || epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event))
		return -1;
	*free_watch = (watch){ descriptor, events, ready, data };
	watch_count++;
	return 0;
}

void loop_rewatch(int descriptor, uint32_t events)
{
	watch *found = find_watch(descriptor);
	if (!found || found->events == events)
		return;
	struct epoll_event event = { .events = events, .data.ptr = found };
	epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event);
	found->events = events;
}

void loop_unwatch(int descriptor)
{
	watch *found = find_watch(descriptor);
	if (!found)
		return;
	epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL);
	found->descriptor = -1;
	watch_count--;
}

void loop_run(void (*idle)(void), uint32_t period_ms)
{
	uint64_t idle_at = loop_now_ms() + period_ms;
	for (uint64_t due; (due = loop_timers_due_ms()) != UINT64_MAX || watch_count;) {
		struct epoll_event event;
		uint64_t now = loop_now_ms(), until = due < idle_at ? due : idle_at;
		loop_waiting = 1;
		int ready = epoll_wait(epoll, &event, 1, until > now ? (int)(until - now) : 0);
		loop_waiting = 0;
		if (ready < 0 && errno != EINTR)
			host_fail("the event loop failed");
		/* One event a turn: a callback may unwatch any other. */
		watch *found = ready == 1 ? event.data.ptr : NULL;
		if (ready == 1 && !found)
			return;
		if (found && found->descriptor >= 0)
			found->ready(found->data, event.events);
		loop_timers_fire();
		if (loop_now_ms() >= idle_at) {
			idle();
			idle_at = loop_now_ms() + period_ms;
		}
	}
}
