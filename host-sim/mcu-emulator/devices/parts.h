/* What the parts of the devices have of each other; devices.h is for the rest of the chip. */

#ifndef INTERLOCK_DEVICE_PARTS_H
#define INTERLOCK_DEVICE_PARTS_H

#include "devices.h"

struct ip4_addr;
struct netif;
struct pbuf;

/* block.c, entropy.c */
void block_open(void);
void entropy_open(void);

/* network-card.c: adds the card to lwIP as its one interface; 0 where there is none. */
int card_open(struct netif *netif, const struct ip4_addr *address, const struct ip4_addr *mask,
	const struct ip4_addr *gateway);
void card_poll(void);
int card_pending(void);
uint32_t card_due_ms(void);
/* Unused bytes behind the contents of a buffer that frames are received into, 0 for any other. */
uint16_t card_spare(const struct pbuf *buffer);
void card_measure(network_figures *figures);

/* tcp-stream.c */
void streams_poll(void);
int streams_pending(void);
uint32_t streams_due_ms(void);
void streams_measure(network_figures *figures);

#endif
