/*
 * The flash chip: flash-media.h over a virtio block device, whose bytes are the flash file.
 *
 * The device takes whole sectors of 512 bytes; what lies around the wanted bytes is read to nowhere and written back as
 * it was. A request has come back when a function returns: what is done afterwards finds it written, also if QEMU is
 * killed. media_sync() is for the host's own crash.
 */

#include "chip.h"
#include "flash-media.h"
#include "host.h"
#include "parts.h"
#include "virtio.h"

#include <errno.h>

#define SECTOR 512
#define FEATURE_READ_ONLY (1u << 5)
#define FEATURE_FLUSH (1u << 9)
/* Header, what is before, the bytes, what is behind, status. */
#define PIECES_MAX 5
/* For the finisher: end QEMU with the status a shell gives a killed process. */
#define POWER_CUT (0x3333 | 137 << 16)

enum { READ = 0, WRITE = 1, FLUSH = 4 };

VIRTIO_QUEUE(requests, 8);
static virtio_device device;
static uint32_t features;
static uint64_t sectors;
static uint8_t before[SECTOR], behind[SECTOR];

void block_open(void)
{
	features = virtio_open(&device, VIRTIO_BLOCK, FEATURE_READ_ONLY | FEATURE_FLUSH);
	if (!device.registers)
		return;
	virtio_open_queue(&device, &requests, 0);
	virtio_start(&device);
	virtio_configuration(&device, 0, &sectors, sizeof sectors);
}

uint64_t media_size(void)
{
	return sectors * SECTOR;
}

static void add(virtio_piece *pieces, size_t *count, const void *bytes, size_t size, int device_writes)
{
	if (size)
		pieces[(*count)++] = (virtio_piece){ bytes, (uint32_t)size, device_writes };
}

/* From `before_size` bytes before `bytes` to `behind_size` bytes behind them, which is whole sectors. */
static int request(uint32_t type, uint64_t sector, const uint8_t *before_bytes, size_t before_size, const void *bytes,
	size_t size, const uint8_t *behind_bytes, size_t behind_size)
{
	static struct {
		uint32_t type, reserved;
		uint64_t sector;
	} header;
	static volatile uint8_t status;
	virtio_piece pieces[PIECES_MAX];
	size_t count = 0;
	header.type = type;
	header.sector = sector;
	status = 0xFF;
	add(pieces, &count, &header, sizeof header, 0);
	add(pieces, &count, before_bytes, before_size, type == READ);
	add(pieces, &count, bytes, size, type == READ);
	add(pieces, &count, behind_bytes, behind_size, type == READ);
	add(pieces, &count, (const void *)&status, sizeof status, 1);
	if (!virtio_give(&requests, pieces, count, &requests))
		return EIO;
	virtio_notify(&requests);
	return virtio_wait(&requests, NULL) && !status ? 0 : EIO;
}

int media_read(uint64_t at, void *bytes, size_t size)
{
	return size ? request(READ, at / SECTOR, before, at % SECTOR, bytes, size, behind, -(at + size) % SECTOR) : 0;
}

int media_write(uint64_t at, const void *bytes, size_t size)
{
	uint64_t end = at + size;
	size_t before_size = at % SECTOR, behind_size = -end % SECTOR;
	const uint8_t *last = behind;
	if (!size)
		return 0;
	if (features & FEATURE_READ_ONLY)
		return EROFS;
	if (before_size && media_read(at - before_size, before, SECTOR))
		return EIO;
	if (before_size && at / SECTOR == end / SECTOR)
		last = before;
	else if (behind_size && media_read(end + behind_size - SECTOR, behind, SECTOR))
		return EIO;
	return request(WRITE, at / SECTOR, before, before_size, bytes, size, last + SECTOR - behind_size, behind_size);
}

void media_sync(void)
{
	if ((features & FEATURE_FLUSH) && request(FLUSH, 0, NULL, 0, NULL, 0, NULL, 0))
		host_fail_with(HOST_FLASH, "the flash file cannot be written");
}

/* With the option `brown-out` the chip starts again by itself; else QEMU is gone, as a process that was killed is. */
void media_cut_power(void)
{
	if (chip_option("brown-out"))
		chip_panic("brown-out", "the supply fell in the middle of a flash write");
	mmio_write(FINISHER_START, POWER_CUT);
	for (;;)
		;
}
