/*
 * tcp-stream.h on the chip, over lwIP. Left out: IPv6.
 *
 * streams_poll() tells what stream-lwip.c noted, so no event comes during a call; what was written in one turn of the
 * loop goes together.
 *
 * A stream that was closed with bytes to be sent lingers; where a new one needs its place it goes at once.
 */

#include "chip.h"
#include "parts.h"
#include "stream-parts.h"

#include <string.h>

/* For the firmware's own connection and what is left of its last one. */
#define STREAMS_MAX 2

static tcp_stream streams[STREAMS_MAX];
static uint32_t open_count, open_peak;

#define EACH_STREAM(tcp) (tcp_stream *tcp = streams; tcp < streams + STREAMS_MAX; tcp++)

static void release(tcp_stream *tcp)
{
	if (!tcp->closed || tcp->busy || tcp->pcb)
		return;
	tcp->events->released(tcp->data);
	tcp->used = 0;
	open_count--;
}

static void shut(tcp_stream *tcp)
{
	stream_detach(tcp);
	release(tcp);
}

/* A free place, if need be that of the stream that has lingered longest. */
static tcp_stream *find_place(void)
{
	tcp_stream *oldest = NULL;
	for EACH_STREAM (tcp) {
		if (!tcp->used)
			return tcp;
		if (tcp->closed && !tcp->busy && (!oldest || tcp->linger_until_us < oldest->linger_until_us))
			oldest = tcp;
	}
	if (oldest)
		shut(oldest);
	return oldest;
}

tcp_stream *tcp_connect(const char *address, int port, int no_delay, const tcp_events *events, void *data,
	const char **why)
{
	uint32_t target;
	*why = "invalid address";
	if (!stream_parse_address(address, &target))
		return NULL;
	*why = "no socket";
	tcp_stream *tcp = find_place();
	if (!tcp)
		return NULL;
	*tcp = (tcp_stream){ .events = events, .data = data, .address = target, .port = port };
	if (!stream_attach(tcp, no_delay))
		return NULL;
	tcp->used = 1;
	if (++open_count > open_peak)
		open_peak = open_count;
	return tcp;
}

size_t tcp_room(const tcp_stream *tcp)
{
	return TCP_BUFFER_SIZE - tcp->size;
}

int tcp_write(tcp_stream *tcp, const void *bytes, size_t size)
{
	if (tcp->ended)
		return TCP_TAKEN;
	if (!tcp->connected)
		return TCP_NOT_READY;
	if (size > tcp_room(tcp))
		return TCP_WOULD_BLOCK;
	size_t at = (tcp->first + tcp->size) % TCP_BUFFER_SIZE;
	size_t until_end = size < TCP_BUFFER_SIZE - at ? size : TCP_BUFFER_SIZE - at;
	memcpy(tcp->outgoing + at, bytes, until_end);
	memcpy(tcp->outgoing, (const uint8_t *)bytes + until_end, size - until_end);
	tcp->size += (uint16_t)size;
	tcp->push_due = 1;
	return TCP_TAKEN;
}

size_t tcp_available(const tcp_stream *tcp)
{
	return stream_incoming(tcp);
}

void tcp_read(tcp_stream *tcp, void *bytes, size_t size)
{
	stream_take(tcp, bytes, size);
}

int tcp_remote(const tcp_stream *tcp, char *text, size_t size)
{
	if (!tcp->connected || !tcp->pcb)
		return -1;
	stream_print_address(tcp->address, text, size);
	return tcp->port;
}

void tcp_close(tcp_stream *tcp)
{
	if (tcp->closed)
		return;
	tcp->closed = 1;
	stream_take(tcp, NULL, stream_incoming(tcp));
	if (tcp->pcb && tcp->size)
		tcp->linger_until_us = chip_now_us() + TCP_LINGER_MS * 1000ull;
	else
		shut(tcp);
}

static int has_news(const tcp_stream *tcp)
{
	return tcp->used && !tcp->closed
		&& (tcp->writable_due || tcp->readable_due || (tcp->ended && !tcp->told && !tcp->incoming));
}

/* All was sent, or the peer is gone, or it took too long. */
static int lingered_enough(const tcp_stream *tcp)
{
	return tcp->used && tcp->closed && (!tcp->pcb || !tcp->size || chip_now_us() >= tcp->linger_until_us);
}

/* The end is told once nothing is left to read. */
static void tell(tcp_stream *tcp)
{
	tcp->busy++;
	if (tcp->writable_due) {
		tcp->writable_due = 0;
		tcp->events->writable(tcp->data, tcp_room(tcp));
	}
	if (tcp->readable_due && !tcp->closed) {
		tcp->readable_due = 0;
		if (tcp->incoming)
			tcp->events->readable(tcp->data, tcp_available(tcp));
	}
	if (tcp->ended && !tcp->told && !tcp->closed && !tcp->incoming) {
		tcp->told = 1;
		tcp->events->ended(tcp->data);
	}
	tcp->busy--;
	release(tcp);
}

void streams_poll(void)
{
	for EACH_STREAM (tcp) {
		if (has_news(tcp))
			tell(tcp);
		if (tcp->push_due)
			stream_push(tcp);
		if (lingered_enough(tcp))
			shut(tcp);
	}
}

int streams_pending(void)
{
	for EACH_STREAM (tcp)
		if (has_news(tcp) || tcp->push_due || lingered_enough(tcp))
			return 1;
	return 0;
}

uint32_t streams_due_ms(void)
{
	uint64_t now = chip_now_us(), first = UINT64_MAX;
	for EACH_STREAM (tcp)
		if (tcp->used && tcp->closed && tcp->linger_until_us < first)
			first = tcp->linger_until_us;
	if (first == UINT64_MAX)
		return UINT32_MAX;
	return first > now ? (uint32_t)((first - now + 999) / 1000) : 0;
}

int network_streams(void)
{
	int count = 0;
	for EACH_STREAM (tcp)
		count += tcp->used && (tcp->closed || !tcp->ended || has_news(tcp));
	return count;
}

void streams_measure(network_figures *figures)
{
	figures->bytes += open_count * sizeof *streams;
	figures->peak_bytes += open_peak * sizeof *streams;
}
