/*
 * The chip's network: lwIP over the one card, with a fixed address, and what of it the loop and @memory see.
 * Source of the addresses: QEMU's user network, where the gateway stands for the host's own loopback.
 */

#include "chip.h"
#include "parts.h"

#include "lwip/init.h"
#include "lwip/stats.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"

#include <stdio.h>

static struct netif interface;
static int is_open;

void devices_open(void)
{
	ip4_addr_t address, mask, gateway;
	entropy_open();
	block_open();
	lwip_init();
	IP4_ADDR(&address, 10, 0, 2, 15);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	IP4_ADDR(&gateway, 10, 0, 2, 2);
	is_open = card_open(&interface, &address, &mask, &gateway);
}

uint32_t sys_now(void)
{
	return (uint32_t)(chip_now_us() / 1000);
}

/* For port numbers and first sequence numbers. */
uint32_t chip_random(void)
{
	uint32_t number;
	if (entropy_read(&number, sizeof number))
		chip_panic("fault", "no random bytes for the network");
	return number;
}

void lwip_failed(int line)
{
	char message[64];
	snprintf(message, sizeof message, "an assertion of lwIP's in line %d, near %p", line, __builtin_return_address(0));
	chip_panic("fault", message);
}

void network_poll(void)
{
	if (!is_open)
		return;
	card_poll();
	sys_check_timeouts();
	streams_poll();
}

uint32_t network_due_ms(void)
{
	if (!is_open)
		return UINT32_MAX;
	uint32_t card = card_due_ms(), streams = streams_due_ms(), lwip = sys_timeouts_sleeptime();
	uint32_t first = card < streams ? card : streams;
	return first < lwip ? first : lwip;
}

int network_pending(void)
{
	return is_open && (card_pending() || streams_pending());
}

network_figures network_measure(void)
{
	network_figures figures;
	card_measure(&figures);
	streams_measure(&figures);
	figures.bytes += lwip_stats.mem.used;
	figures.peak_bytes += lwip_stats.mem.max;
	for (int i = 0; i < MEMP_MAX; i++) {
		figures.bytes += lwip_stats.memp[i]->used * memp_pools[i]->size;
		figures.peak_bytes += lwip_stats.memp[i]->max * memp_pools[i]->size;
	}
	return figures;
}
