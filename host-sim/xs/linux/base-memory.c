/* See base-memory.h. Pages that nothing was written to take no memory. */

#define _GNU_SOURCE
#include "base-memory.h"
#include "host.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct {
	unsigned char *start;
	size_t used;
} memory;

static struct sigaction before;

static void fault(int number, siginfo_t *info, void *context)
{
	static const char message[] = "interlock-xs: a write to the base, which a board has in flash\n";
	const unsigned char *at = info->si_addr;
	(void)context;
	if (at >= memory.start && at < memory.start + BASE_MEMORY_MAX) {
		ssize_t count = write(STDERR_FILENO, message, sizeof message - 1);
		(void)count;
		_exit(INTERLOCK_ENGINE_FAULT);
	}
	/* Any other fault happens again, and whoever caught faults before has it then. */
	sigaction(number, &before, NULL);
}

void base_memory_open(void)
{
	memory.start = mmap(NULL, BASE_MEMORY_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		-1, 0);
	if (memory.start == MAP_FAILED)
		host_fail("no room for the base");
}

void *base_memory_keep(void *context, size_t size)
{
	(void)context;
	if (size > BASE_MEMORY_MAX - memory.used)
		return NULL;
	memory.used += size;
	return memory.start + memory.used - size;
}

void base_memory_close(void)
{
	struct sigaction action = { .sa_sigaction = fault, .sa_flags = SA_SIGINFO };
	if (mprotect(memory.start, BASE_MEMORY_MAX, PROT_READ))
		host_fail("the base cannot be made read-only");
	sigaction(SIGSEGV, &action, &before);
}
