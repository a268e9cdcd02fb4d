/* See flash-media.h and flash-file.h. A disk that refuses a write ends the board: its flash is no longer to be trusted. */

#define _GNU_SOURCE
#include "flash-media.h"
#include "flash-file.h"
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int file = -1;
static uint64_t file_size;

void flash_file_open(const char *path)
{
	struct stat status;
	file = open(path, O_RDWR | O_CLOEXEC);
	if (file < 0)
		host_fail_with(HOST_FLASH, "cannot open the flash file %s: %s", path, strerror(errno));
	if (flock(file, LOCK_EX | LOCK_NB))
		host_fail_with(HOST_FLASH, "the flash file %s is in use by another process", path);
	if (!fstat(file, &status) && status.st_size > 0)
		file_size = (uint64_t)status.st_size;
}

uint64_t media_size(void)
{
	return file_size;
}

int media_read(uint64_t at, void *bytes, size_t size)
{
	uint8_t *next = bytes;
	while (size) {
		ssize_t count = pread(file, next, size, (off_t)at);
		if (count < 0 && errno != EINTR)
			return errno;
		if (count == 0)
			return EIO;
		if (count > 0)
			next += count, at += (uint64_t)count, size -= (size_t)count;
	}
	return 0;
}

int media_write(uint64_t at, const void *bytes, size_t size)
{
	const uint8_t *next = bytes;
	while (size) {
		ssize_t count = pwrite(file, next, size, (off_t)at);
		if (count < 0 && errno != EINTR)
			return errno;
		if (count > 0)
			next += count, at += (uint64_t)count, size -= (size_t)count;
	}
	return 0;
}

void media_sync(void)
{
	if (fdatasync(file))
		host_fail_with(HOST_FLASH, "the flash file cannot be written: %s", strerror(errno));
}

void media_cut_power(void)
{
	for (;;) {
		kill(getpid(), SIGKILL);
		pause();
	}
}
