/*
 * A stream of the chip as its two halves have it: tcp-stream.c, which firmware calls, and stream-lwip.c, which lwIP
 * calls and which calls lwIP.
 */

#ifndef INTERLOCK_STREAM_PARTS_H
#define INTERLOCK_STREAM_PARTS_H

#include "tcp-stream.h"

#include <stdint.h>

struct tcp_pcb;
struct pbuf;

struct tcp_stream {
	int used;
	struct tcp_pcb *pcb;	/* NULL: lwIP is done with it */
	int connected, ended, told, closed;
	int busy;	/* callbacks under way; the record outlives them */
	int writable_due, readable_due, push_due;
	const tcp_events *events;
	void *data;
	uint32_t address;	/* in the network's order */
	int port;
	uint64_t linger_until_us;
	struct pbuf *incoming;
	/* The ring: `size` bytes from `first` on are not acknowledged, the first `given` of them are lwIP's. */
	uint16_t first, size, given;
	uint8_t outgoing[TCP_BUFFER_SIZE];
};

/* Begins to connect to `address` and `port`; 0 where lwIP has no more connections. Where it has, but no way: ended. */
int stream_attach(tcp_stream *tcp, int no_delay);
/* Takes it from lwIP, which says good-bye by itself, or not at all where it would still need the ring. */
void stream_detach(tcp_stream *tcp);
/* Gives lwIP what it takes of the ring. */
void stream_push(tcp_stream *tcp);
/* Bytes that wait, and lets go of the first `size` of them, copied to `bytes` but where that is NULL. */
size_t stream_incoming(const tcp_stream *tcp);
void stream_take(tcp_stream *tcp, void *bytes, size_t size);

/* 0 where `text` is not four numbers in figures, without zeros before them. */
int stream_parse_address(const char *text, uint32_t *address);
void stream_print_address(uint32_t address, char *text, size_t size);

#endif
