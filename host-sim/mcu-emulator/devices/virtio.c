/* See virtio.h. */

#include "virtio.h"

#include "chip.h"

#define MAGIC 0x000
#define VERSION 0x004
#define DEVICE_ID 0x008
#define DEVICE_FEATURES 0x010
#define DEVICE_FEATURES_SELECT 0x014
#define DRIVER_FEATURES 0x020
#define DRIVER_FEATURES_SELECT 0x024
#define QUEUE_SELECT 0x030
#define QUEUE_SIZE_MAX 0x034
#define QUEUE_SIZE 0x038
#define QUEUE_READY 0x044
#define QUEUE_NOTIFY 0x050
#define INTERRUPT_STATUS 0x060
#define INTERRUPT_ACKNOWLEDGE 0x064
#define STATUS 0x070
#define QUEUE_DESCRIPTORS 0x080
#define QUEUE_AVAILABLE 0x090
#define QUEUE_USED 0x0A0
#define CONFIGURATION_GENERATION 0x0FC
#define CONFIGURATION 0x100

#define MAGIC_VALUE 0x74726976
#define MODERN 2
#define CONFIGURATION_TRIES_MAX 8
/* Of the features from bit 32 on. */
#define FEATURE_VERSION_1 1

enum { ACKNOWLEDGED = 1, DRIVER_THERE = 2, DRIVER_OK = 4, FEATURES_OK = 8 };
enum { NEXT = 1, DEVICE_WRITES = 2 };
/* In `flags` of either ring: the other side need not tell. */
#define NO_NOTICE 1

/* The device sees what was written before, and what is read after was not read earlier. */
static void fence(void)
{
	__asm__ volatile("fence" : : : "memory");
}

static uint32_t get(const virtio_device *device, uint32_t offset)
{
	return mmio_read(device->registers + offset);
}

static void set(const virtio_device *device, uint32_t offset, uint32_t value)
{
	mmio_write(device->registers + offset, value);
}

static int find(virtio_device *device, uint32_t kind)
{
	for (int i = 0; i < VIRTIO_COUNT; i++) {
		device->registers = VIRTIO_START + (uintptr_t)i * VIRTIO_STEP;
		device->irq = VIRTIO_IRQ + i;
		if (get(device, MAGIC) == MAGIC_VALUE && get(device, VERSION) == MODERN && get(device, DEVICE_ID) == kind)
			return 1;
	}
	device->registers = 0;
	return 0;
}

uint32_t virtio_open(virtio_device *device, uint32_t kind, uint32_t features)
{
	if (!find(device, kind))
		return 0;
	set(device, STATUS, 0);
	set(device, STATUS, ACKNOWLEDGED | DRIVER_THERE);
	set(device, DEVICE_FEATURES_SELECT, 0);
	features &= get(device, DEVICE_FEATURES);
	set(device, DRIVER_FEATURES_SELECT, 0);
	set(device, DRIVER_FEATURES, features);
	set(device, DRIVER_FEATURES_SELECT, 1);
	set(device, DRIVER_FEATURES, FEATURE_VERSION_1);
	set(device, STATUS, ACKNOWLEDGED | DRIVER_THERE | FEATURES_OK);
	if (!(get(device, STATUS) & FEATURES_OK))
		chip_panic("fault", "a virtio device refuses what the driver can");
	return features;
}

void virtio_open_queue(const virtio_device *device, virtio_queue *queue, uint16_t index)
{
	uint8_t *memory = queue->memory;
	queue->device = device;
	queue->index = index;
	queue->descriptors = (virtio_descriptor *)memory;
	memory += queue->size * sizeof(virtio_descriptor);
	queue->notes = (virtio_note *)memory;
	memory += queue->size * sizeof(virtio_note);
	queue->used = (volatile virtio_used *)memory;
	memory += sizeof(virtio_used) + queue->size * sizeof queue->used->ring[0];
	queue->available = (volatile virtio_available *)memory;
	for (uint16_t i = 0; i < queue->size; i++)
		queue->notes[i].next = (uint8_t)(i + 1);
	queue->free_count = queue->size;
	set(device, QUEUE_SELECT, index);
	if (get(device, QUEUE_SIZE_MAX) < queue->size)
		chip_panic("fault", "a virtio device has too short a queue");
	set(device, QUEUE_SIZE, queue->size);
	set(device, QUEUE_DESCRIPTORS, (uint32_t)queue->descriptors);
	set(device, QUEUE_DESCRIPTORS + 4, 0);
	set(device, QUEUE_AVAILABLE, (uint32_t)queue->available);
	set(device, QUEUE_AVAILABLE + 4, 0);
	set(device, QUEUE_USED, (uint32_t)queue->used);
	set(device, QUEUE_USED + 4, 0);
	set(device, QUEUE_READY, 1);
}

void virtio_start(const virtio_device *device)
{
	set(device, STATUS, ACKNOWLEDGED | DRIVER_THERE | FEATURES_OK | DRIVER_OK);
	chip_irq_enable(device->irq);
}

int virtio_give(virtio_queue *queue, const virtio_piece *pieces, size_t count, void *owner)
{
	uint16_t head = queue->first_free;
	uint32_t writable = 0;
	if (!count || count > queue->free_count)
		return 0;
	for (size_t i = 0; i < count; i++) {
		uint8_t at = queue->first_free, next = queue->notes[at].next;
		uint16_t flags = pieces[i].device_writes ? DEVICE_WRITES : 0;
		if (i + 1 < count)
			flags |= NEXT;
		if (pieces[i].device_writes)
			writable += pieces[i].size;
		queue->descriptors[at] = (virtio_descriptor){ (uintptr_t)pieces[i].bytes, pieces[i].size, flags, next };
		queue->first_free = next;
	}
	queue->notes[head] = (virtio_note){ owner, writable, queue->notes[head].next, (uint8_t)count };
	queue->free_count -= (uint16_t)count;
	queue->available->ring[queue->available->index % queue->size] = head;
	fence();
	queue->available->index++;
	return 1;
}

void virtio_notify(virtio_queue *queue)
{
	fence();
	if (!(queue->used->flags & NO_NOTICE))
		set(queue->device, QUEUE_NOTIFY, queue->index);
}

int virtio_returned(const virtio_queue *queue)
{
	return queue->used->index != queue->taken;
}

/* Puts the request's descriptors before the free ones. */
static void free_request(virtio_queue *queue, uint8_t head)
{
	uint8_t last = head, count = queue->notes[head].given;
	for (uint8_t i = 1; i < count; i++)
		last = queue->notes[last].next;
	queue->notes[last].next = queue->first_free;
	queue->first_free = head;
	queue->free_count += count;
	queue->notes[head].given = 0;
}

void *virtio_take(virtio_queue *queue, uint32_t *written)
{
	if (!virtio_returned(queue))
		return NULL;
	fence();
	uint32_t head = queue->used->ring[queue->taken % queue->size].head;
	uint32_t size = queue->used->ring[queue->taken % queue->size].size;
	if (head >= queue->size || !queue->notes[head].given)
		chip_panic("fault", "a virtio device returned what it was not given");
	if (size > queue->notes[head].writable)
		chip_panic("fault", "a virtio device wrote more than it was given");
	queue->taken++;
	free_request(queue, (uint8_t)head);
	if (written)
		*written = size;
	return queue->notes[head].owner;
}

void virtio_no_interrupts(virtio_queue *queue)
{
	queue->available->flags = NO_NOTICE;
}

/* By sleeps, not by the clock alone: where the host stopped QEMU for a while, the device has not had that time. */
#define PATIENCE_SLEEPS 20

static int wait_for(virtio_queue *queue, uint32_t *written)
{
	for (int slept = 0; slept < PATIENCE_SLEEPS; slept++) {
		uint64_t until = chip_now_us() + VIRTIO_PATIENCE_MS * 1000ull / PATIENCE_SLEEPS;
		while (!virtio_returned(queue) && chip_now_us() < until)
			chip_sleep(until);
		virtio_interrupts(queue->device);
		if (virtio_take(queue, written))
			return 1;
	}
	return 0;
}

/* Other devices may end its sleeps: how often it looks depends on the host, and is no work of the firmware's. */
int virtio_wait(virtio_queue *queue, uint32_t *written)
{
	chip_pause_count();
	int is_there = wait_for(queue, written);
	chip_resume_count();
	return is_there;
}

uint32_t virtio_interrupts(const virtio_device *device)
{
	uint32_t causes = get(device, INTERRUPT_STATUS);
	if (causes)
		set(device, INTERRUPT_ACKNOWLEDGE, causes);
	fence();
	return causes;
}

int virtio_interrupting(const virtio_device *device)
{
	return get(device, INTERRUPT_STATUS) != 0;
}

void virtio_configuration(const virtio_device *device, size_t offset, void *bytes, size_t size)
{
	uint8_t *target = bytes;
	for (int tries = 0; tries < CONFIGURATION_TRIES_MAX; tries++) {
		uint32_t generation = get(device, CONFIGURATION_GENERATION);
		for (size_t i = 0; i < size; i++)
			target[i] = mmio_read_byte(device->registers + CONFIGURATION + offset + i);
		if (get(device, CONFIGURATION_GENERATION) == generation)
			return;
	}
	chip_panic("fault", "a virtio device does not come to rest");
}
