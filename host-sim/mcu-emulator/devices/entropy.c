/*
 * Random bytes of the host through virtio's entropy device, for mbedTLS's generator and for lwIP's numbers.
 * There is no generator here: without the device there is no randomness, and who asks is told.
 */

#include "parts.h"
#include "virtio.h"

#include "mbedtls/entropy.h"
#include "mbedtls/entropy_poll.h"

#include <string.h>

#define PIECE_SIZE 64
/* The device may give fewer bytes than were asked for, but some. */
#define EMPTY_MAX 8

VIRTIO_QUEUE(requests, 1);
static virtio_device device;

void entropy_open(void)
{
	virtio_open(&device, VIRTIO_ENTROPY, 0);
	if (!device.registers)
		return;
	virtio_open_queue(&device, &requests, 0);
	virtio_start(&device);
}

int entropy_read(void *bytes, size_t size)
{
	static uint8_t piece[PIECE_SIZE];
	uint8_t *target = bytes;
	int empty = 0;
	if (!device.registers)
		return -1;
	while (size) {
		uint32_t wanted = size < sizeof piece ? (uint32_t)size : sizeof piece, count;
		virtio_piece whole = { piece, wanted, 1 };
		if (!virtio_give(&requests, &whole, 1, &requests))
			return -1;
		virtio_notify(&requests);
		if (!virtio_wait(&requests, &count) || (!count && ++empty == EMPTY_MAX))
			return -1;
		memcpy(target, piece, count);
		memset(piece, 0, sizeof piece);
		target += count;
		size -= count;
	}
	return 0;
}

/* The source of mbedTLS's entropy (MBEDTLS_ENTROPY_HARDWARE_ALT). */
int mbedtls_hardware_poll(void *data, unsigned char *output, size_t size, size_t *taken)
{
	(void)data;
	*taken = 0;
	if (entropy_read(output, size))
		return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
	*taken = size;
	return 0;
}
