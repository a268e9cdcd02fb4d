/*
 * A TCP connection as a board has it, over a non-blocking Linux socket: at most TCP_BUFFER_SIZE bytes wait to be sent
 * and as many to be read. Knows nothing of JavaScript; tcp.c gives it to firmware.
 *
 * Callbacks come from the event loop, never during a call and never after tcp_close.
 */

#ifndef INTERLOCK_TCP_STREAM_H
#define INTERLOCK_TCP_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* TCP_SND_BUF and TCP_WND of ESP-IDF. */
#define TCP_BUFFER_SIZE 5744
/* What was taken before tcp_close is sent after it, as lwIP does, for at most so long. */
#define TCP_LINGER_MS 5000

typedef struct tcp_stream tcp_stream;

typedef struct {
	/* Connected, or what was written has gone; `count` bytes fit now. */
	void (*writable)(void *data, size_t count);
	/* Bytes came; `count` wait to be read. */
	void (*readable)(void *data, size_t count);
	/* Never connected, or disconnected; nothing is left to read and nothing else is told. */
	void (*ended)(void *data);
	/* The stream is closed and gone, and so is whatever needs `data`. */
	void (*released)(void *data);
} tcp_events;

enum { TCP_TAKEN = 0, TCP_NOT_READY, TCP_WOULD_BLOCK };

/* `address` is IPv4 or IPv6 in figures. NULL with `*why` where that is wrong or there is no socket. */
tcp_stream *tcp_connect(const char *address, int port, int no_delay, const tcp_events *events, void *data,
	const char **why);

/* Takes all or nothing; what is written after the end is dropped. */
int tcp_write(tcp_stream *tcp, const void *bytes, size_t size);
size_t tcp_room(const tcp_stream *tcp);

size_t tcp_available(const tcp_stream *tcp);
/* At most tcp_available bytes. */
void tcp_read(tcp_stream *tcp, void *bytes, size_t size);

/* Writes the peer's address into `text`; returns its port, or -1. */
int tcp_remote(const tcp_stream *tcp, char *text, size_t size);

/* No callback but `released` follows. At the end of the process only what the kernel takes at once is sent. */
void tcp_close(tcp_stream *tcp);

#endif
