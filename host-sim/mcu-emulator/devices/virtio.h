/*
 * The virtio devices of QEMU's `virt` machine: modern virtio over MMIO (version 2) with split queues.
 *
 * The driver owns the descriptors and never reads back what a device could have changed in them: who a descriptor
 * belongs to and what follows it is kept apart. A device that returns what it was not given, or more bytes than it was
 * given, ends the run (chip_panic).
 * Source: Virtual I/O Device specification 1.2, 2.7 and 4.2. Left out: indirect descriptors, event indexes, packed
 * queues, legacy devices.
 */

#ifndef INTERLOCK_VIRTIO_H
#define INTERLOCK_VIRTIO_H

#include <stddef.h>
#include <stdint.h>

enum { VIRTIO_NET = 1, VIRTIO_BLOCK = 2, VIRTIO_ENTROPY = 4 };

/* What virtio_interrupts returns. */
enum { VIRTIO_USED = 1, VIRTIO_CONFIGURATION = 2 };

typedef struct {
	uintptr_t registers;	/* 0: there is no such device */
	int irq;
} virtio_device;

/* Memory that a device reads or writes. */
typedef struct {
	const void *bytes;
	uint32_t size;
	int device_writes;
} virtio_piece;

typedef struct {
	uint64_t address;
	uint32_t size;
	uint16_t flags, next;
} virtio_descriptor;

typedef struct {
	uint16_t flags, index;
	uint16_t ring[];
} virtio_available;

typedef struct {
	uint16_t flags, index;
	struct {
		uint32_t head, size;
	} ring[];
} virtio_used;

/* What the driver knows of a descriptor; of the first of a request also whose it is and how much may be written. */
typedef struct {
	void *owner;
	uint32_t writable;
	uint8_t next, given;
} virtio_note;

/* `count` is a power of two, at most 128. */
#define VIRTIO_QUEUE_BYTES(count) \
	(sizeof(virtio_used) + sizeof(virtio_available) + (count) * (sizeof(virtio_descriptor) + sizeof(virtio_note) + 10))

typedef struct {
	uint8_t *memory;
	uint16_t size, index;
	const virtio_device *device;
	virtio_descriptor *descriptors;
	virtio_note *notes;
	volatile virtio_available *available;
	volatile virtio_used *used;
	uint16_t free_count, taken;
	uint8_t first_free;
} virtio_queue;

#define VIRTIO_QUEUE(name, count) \
	static _Alignas(16) uint8_t name##_memory[VIRTIO_QUEUE_BYTES(count)]; \
	static virtio_queue name = { .memory = name##_memory, .size = (count) }

/*
 * Looks for a device of this kind and agrees on features: those of `features` (bits 0 to 31) that it has are returned.
 * Where there is none, `registers` is 0 afterwards.
 */
uint32_t virtio_open(virtio_device *device, uint32_t kind, uint32_t features);
void virtio_open_queue(const virtio_device *device, virtio_queue *queue, uint16_t index);
/* After the queues: the device may work, and its interrupts end a sleep. */
void virtio_start(const virtio_device *device);

/* Gives the pieces to the device as one request, read ones first; 0 where too few descriptors are free. */
int virtio_give(virtio_queue *queue, const virtio_piece *pieces, size_t count, void *owner);
/* Tells the device that something was given, unless it does not want to know. */
void virtio_notify(virtio_queue *queue);
/* Whether a request has come back. */
int virtio_returned(const virtio_queue *queue);
/* The owner of the next request that came back and how much was written, or NULL. */
void *virtio_take(virtio_queue *queue, uint32_t *written);
/* What comes back through this queue does not interrupt. */
void virtio_no_interrupts(virtio_queue *queue);
/*
 * Waits for the one request of a queue. 0 where it does not come for VIRTIO_PATIENCE_MS; the request then still is the
 * device's.
 */
#define VIRTIO_PATIENCE_MS 10000
int virtio_wait(virtio_queue *queue, uint32_t *written);

/* Takes what the device interrupted for; then look at its queues. */
uint32_t virtio_interrupts(const virtio_device *device);
/* The same without taking it. */
int virtio_interrupting(const virtio_device *device);

/* Bytes of the device's configuration as they were at one time. */
void virtio_configuration(const virtio_device *device, size_t offset, void *bytes, size_t size);

#endif
