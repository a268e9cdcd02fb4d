/*
 * How lwIP 2.1 is built for the chip: raw API, no threads, IPv4 with ARP, ICMP and TCP, for two connections at a time
 * (TCP_STREAMS_MAX) and what is left of earlier ones.
 *
 * Received frames stay in the card's buffers (devices/network-card.c) and outgoing bytes in the streams' rings
 * (devices/tcp-stream.c), so lwIP's own memory is for headers: a segment that waits takes a header from the heap, a
 * reference and a segment from their pools.
 */

#ifndef INTERLOCK_LWIPOPTS_H
#define INTERLOCK_LWIPOPTS_H

/* tcp-stream.h has these names; see lwip-names.h. */
#include "lwip-names.h"

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define LWIP_RAW 0
#define LWIP_UDP 0
#define LWIP_SINGLE_NETIF 1
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define ARP_TABLE_SIZE 4
/* The first segments of two connections wait for one answer. */
#define ARP_QUEUEING 1
#define MEMP_NUM_ARP_QUEUE 4

/* Puts the IP header on a multiple of four bytes; see network-card.c. */
#define ETH_PAD_SIZE 2
/* The card's buffers. */
#define LWIP_SUPPORT_CUSTOM_PBUF 1

/* As ESP-IDF has them. */
#define TCP_MSS 1436
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
/* Out of order, of a broker on the same line: never seen, and sent again. */
#define TCP_QUEUE_OOSEQ 0
/* Nothing is copied, so nothing is copied behind. */
#define TCP_OVERSIZE 0
/* Header and reference of four full segments, twice that for short ones. */
#define TCP_SND_QUEUELEN 16

/* By words, which are aligned: a third of the instructions. */
#define LWIP_CHKSUM_ALGORITHM 3

#define MEM_LIBC_MALLOC 0
#define MEM_ALIGNMENT 4
#define MEM_SIZE 3072
#define MEMP_NUM_TCP_PCB 6
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG 18
#define MEMP_NUM_PBUF 18
/* Only lwIP's own loop-back and the like would use these. */
#define PBUF_POOL_SIZE 1
#define PBUF_POOL_BUFSIZE 64
/* Compares the window with the pool above, which frames are not received into. */
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1

#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port) chip_random()

#define LWIP_STATS 1
#define MEM_STATS 1
#define MEMP_STATS 1
#define SYS_STATS 0
#define LINK_STATS 0
#define ETHARP_STATS 0
#define IP_STATS 0
#define IPFRAG_STATS 0
#define ICMP_STATS 0
#define TCP_STATS 0

#endif
