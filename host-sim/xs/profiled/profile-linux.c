/*
 * The profiler's part of the simulator's process: a timer of real time whose signal is a tick, and the file.
 *
 * Real time and not processor time, because Linux counts the latter in steps of its own clock, some milliseconds. A
 * tick that could not come in time says how many it stands for, and the thread's processor time tells how much of that
 * it ran. System calls go on after a tick; only epoll_wait ends, and the loop goes round once more.
 */

#define _GNU_SOURCE
#include "profile.h"
#include "../host.h"
#include "../loop.h"
#include "profiler.h"

#include <dlfcn.h>
#include <signal.h>
#include <time.h>

#define INTERVAL_NS 500000
#define LINE_SIZE 256
#define MARKS_MAX 32

static struct {
	int from, to;	/* from -1: any */
	const char *line;
} marks[MARKS_MAX];
static int mark_count;
static const char *path;
static timer_t timer;

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t profile_cpu_ns(void)
{
	return now_ns(CLOCK_THREAD_CPUTIME_ID);
}

static void tick(int number, siginfo_t *info, void *context)
{
	static uint64_t before_ns;
	uint64_t cpu_ns = profile_cpu_ns();
	(void)number;
	(void)context;
	profile_tick(1 + (uint32_t)info->si_overrun, cpu_ns - before_ns, loop_waiting);
	before_ns = cpu_ns;
}

static const char *symbol(const void *address)
{
	Dl_info info;
	return dladdr(address, &info) && info.dli_saddr == address ? info.dli_sname : NULL;
}

static void open_profile(const char *file)
{
	path = file;
}

static void every(const char *count)
{
	char *end;
	unsigned long period = strtoul(count, &end, 10);
	if (end == count || *end || period < 1 || period > 1000)
		host_fail("--profile-slots takes 1 to 1000, not %s", count);
	profile.slot_period = (uint32_t)period;
}

static int phase(const char *name)
{
	int index = profile_phase(name);
	if (index < 0)
		host_fail("more than %d phases", PROFILE_PHASES_MAX);
	return index;
}

/* `[FROM>]TO=LINE`; TO alone names the first phase. */
static void mark(const char *argument)
{
	char *text = strdup(argument), *line = strchr(text, '=');
	if (!line) {
		phase(text);
		return;
	}
	*line++ = 0;
	char *to = strchr(text, '>');
	if (to)
		*to++ = 0;
	if (mark_count == MARKS_MAX)
		host_fail("more than %d marks", MARKS_MAX);
	marks[mark_count].from = to ? phase(text) : -1;
	marks[mark_count].to = phase(to ? to : text);
	marks[mark_count++].line = line;
}

static void console(const char *text)
{
	static char line[LINE_SIZE];
	static size_t length;
	for (; *text; text++) {
		if (*text != '\n') {
			if (length < LINE_SIZE - 1)
				line[length++] = *text;
			continue;
		}
		line[length] = 0;
		length = 0;
		for (int i = 0; i < mark_count && profile.engine; i++)
			if ((marks[i].from < 0 || (uint32_t)marks[i].from == profile.phase) && !strcmp(marks[i].line, line)) {
				profile_enter_phase(marks[i].to);
				break;
			}
	}
}

static void start(interlock_engine *engine)
{
	struct sigaction action = { .sa_sigaction = tick, .sa_flags = SA_RESTART | SA_SIGINFO };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF };
	struct itimerspec interval = { { 0, INTERVAL_NS }, { 0, INTERVAL_NS } };
	if (!path)
		return;
	profile.interval_ns = INTERVAL_NS;
	profile.wall_ns = now_ns(CLOCK_MONOTONIC);
	profile.cpu_ns = profile_cpu_ns();
	profile_start(engine);
	sigaction(SIGPROF, &action, NULL);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &interval, NULL))
		host_fail("no timer for the profile");
}

static void finish(void)
{
	if (!path || !profile.engine)
		return;
	signal(SIGPROF, SIG_IGN);
	timer_delete(timer);
	profile.wall_ns = now_ns(CLOCK_MONOTONIC) - profile.wall_ns;
	profile.cpu_ns = profile_cpu_ns() - profile.cpu_ns;
	if (!profile.collecting)
		profile_count(&profile.end);
	if (profile_live_bytes() > profile.peak_bytes)
		profile.peak = profile.end;
	char partial[4096];
	snprintf(partial, sizeof partial, "%s.new", path);
	FILE *file = fopen(partial, "w");
	if (!file)
		host_fail("cannot write the profile %s", path);
	profile_write(file, symbol);
	int failed = ferror(file);
	failed |= fclose(file);
	if (failed || rename(partial, path))
		host_fail("cannot write the profile %s", path);
	profile.engine = NULL;
}

const host_profiler profiler = { open_profile, mark, every, start, console, finish };
