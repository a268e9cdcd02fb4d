/*
 * The devices of the chip: network card, flash and entropy, all virtio. tcp-stream.h is what the network is used by,
 * flash-media.h what the flash is used by.
 *
 * Nothing here runs by itself: the loop calls network_poll() after each sleep, and sleeps no longer than
 * network_due_ms() says. A device that QEMU was not given is absent: no stream can be opened, the flash has no bytes,
 * entropy_read() fails.
 */

#ifndef INTERLOCK_DEVICES_H
#define INTERLOCK_DEVICES_H

#include <stddef.h>
#include <stdint.h>

/* Once, before all else. */
void devices_open(void);

/* Takes what arrived, runs lwIP's timers and tells the streams' events. */
void network_poll(void);
/* In how many milliseconds network_poll() has something to do that nothing interrupts for; UINT32_MAX: never. */
uint32_t network_due_ms(void);
/* Whether network_poll() has something to do now. */
int network_pending(void);
/* Streams that something can still happen to: not closed and not told their end, or with bytes to be sent. */
int network_streams(void);

/* Frames; what was lost for want of a buffer or of a link is counted too. */
typedef struct {
	uint32_t sent, received, lost, damaged, link_changes;
	/* Bytes of lwIP's pools, of receive buffers and of the streams' rings, in use now and at most. */
	uint32_t bytes, peak_bytes;
} network_figures;

network_figures network_measure(void);

/* Fills `bytes` with random ones from the host, 0; or -1. */
int entropy_read(void *bytes, size_t size);

#endif
