/*
 * The half of a stream that deals with lwIP (see stream-parts.h).
 *
 * lwIP's callbacks only note what happened. What was received stays where the card put it until it is read, and only
 * then does the peer's window open again. A short frame is moved behind the one before where that has room, so a stream
 * that nobody reads holds no more than TCP_WND / FRAME_MAX + 2 of the card's buffers, whatever the peer sends. What is
 * to be sent waits in the stream's ring until the peer has acknowledged it, and lwIP sends from there.
 */

#include "parts.h"
#include "stream-parts.h"

#include "lwip/tcp.h"

#include <string.h>

void stream_push(tcp_stream *tcp)
{
	tcp->push_due = 0;
	if (!tcp->pcb || !tcp->connected)
		return;
	while (tcp->given < tcp->size) {
		uint16_t at = (tcp->first + tcp->given) % TCP_BUFFER_SIZE;
		uint16_t part = LWIP_MIN(tcp->size - tcp->given, TCP_BUFFER_SIZE - at);
		part = LWIP_MIN(part, tcp_sndbuf(tcp->pcb));
		part = LWIP_MIN(part, tcp_mss(tcp->pcb));
		uint8_t flags = tcp->given + part < tcp->size ? TCP_WRITE_FLAG_MORE : 0;
		if (!part || lwip_tcp_write(tcp->pcb, tcp->outgoing + at, part, flags) != ERR_OK)
			break;
		tcp->given += part;
	}
	tcp_output(tcp->pcb);
}

static err_t connected(void *data, struct tcp_pcb *pcb, err_t error)
{
	tcp_stream *tcp = data;
	tcp->connected = 1;
	tcp->writable_due = 1;
	return ERR_OK;
}

static err_t acknowledged(void *data, struct tcp_pcb *pcb, uint16_t count)
{
	tcp_stream *tcp = data;
	tcp->first = (tcp->first + count) % TCP_BUFFER_SIZE;
	tcp->size -= count;
	tcp->given -= count;
	tcp->writable_due = !tcp->ended;
	tcp->push_due = 1;
	return ERR_OK;
}

/* Twice a second, for what lwIP had no memory for. */
static err_t try_again(void *data, struct tcp_pcb *pcb)
{
	tcp_stream *tcp = data;
	tcp->push_due = 1;
	return ERR_OK;
}

/* Moves what fits of `pbuf` behind the end of `chain`; returns the rest. */
static struct pbuf *fill(struct pbuf *chain, struct pbuf *pbuf)
{
	struct pbuf *last = chain;
	while (last->next)
		last = last->next;
	uint16_t count = LWIP_MIN(card_spare(last), pbuf->tot_len);
	pbuf_copy_partial(pbuf, (uint8_t *)last->payload + last->len, count, 0);
	last->len += count;
	for (; chain; chain = chain->next)
		chain->tot_len += count;
	return pbuf_free_header(pbuf, count);
}

static err_t received(void *data, struct tcp_pcb *pcb, struct pbuf *pbuf, err_t error)
{
	tcp_stream *tcp = data;
	if (!pbuf) {
		tcp->ended = 1;
	} else if (tcp->closed) {
		tcp_recved(pcb, pbuf->tot_len);
		pbuf_free(pbuf);
	} else if (!tcp->incoming) {
		tcp->incoming = pbuf;
		tcp->readable_due = 1;
	} else {
		pbuf = fill(tcp->incoming, pbuf);
		if (pbuf)
			pbuf_cat(tcp->incoming, pbuf);
		tcp->readable_due = 1;
	}
	return ERR_OK;
}

/* The connection is gone. */
static void failed(void *data, err_t error)
{
	tcp_stream *tcp = data;
	tcp->pcb = NULL;
	tcp->ended = 1;
}

static void give_up(struct tcp_pcb *pcb)
{
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	tcp_err(pcb, NULL);
}

int stream_attach(tcp_stream *tcp, int no_delay)
{
	ip_addr_t target = IPADDR4_INIT(tcp->address);
	struct tcp_pcb *pcb = tcp_new();
	if (!pcb)
		return 0;
	tcp_arg(pcb, tcp);
	tcp_recv(pcb, received);
	tcp_sent(pcb, acknowledged);
	tcp_poll(pcb, try_again, 1);
	tcp_err(pcb, failed);
	if (no_delay)
		tcp_nagle_disable(pcb);
	if (lwip_tcp_connect(pcb, &target, (uint16_t)tcp->port, connected) == ERR_OK) {
		tcp->pcb = pcb;
	} else {
		tcp->ended = 1;
		give_up(pcb);
		tcp_abort(pcb);
	}
	return 1;
}

void stream_detach(tcp_stream *tcp)
{
	struct tcp_pcb *pcb = tcp->pcb;
	if (!pcb)
		return;
	tcp->pcb = NULL;
	give_up(pcb);
	if (tcp->size) {
		tcp_abort(pcb);
	} else {
		/* Goes where a new connection needs its place. */
		tcp_setprio(pcb, TCP_PRIO_MIN);
		lwip_tcp_close(pcb);
	}
}

size_t stream_incoming(const tcp_stream *tcp)
{
	return tcp->incoming ? tcp->incoming->tot_len : 0;
}

void stream_take(tcp_stream *tcp, void *bytes, size_t size)
{
	if (!size)
		return;
	if (bytes)
		pbuf_copy_partial(tcp->incoming, bytes, (uint16_t)size, 0);
	tcp->incoming = pbuf_free_header(tcp->incoming, (uint16_t)size);
	if (tcp->pcb)
		tcp_recved(tcp->pcb, (uint16_t)size);
}

int stream_parse_address(const char *text, uint32_t *address)
{
	ip4_addr_t parsed;
	char again[IP4ADDR_STRLEN_MAX];
	if (!ip4addr_aton(text, &parsed) || !ip4addr_ntoa_r(&parsed, again, sizeof again) || strcmp(text, again))
		return 0;
	*address = parsed.addr;
	return 1;
}

void stream_print_address(uint32_t address, char *text, size_t size)
{
	ip4_addr_t printed = { address };
	ip4addr_ntoa_r(&printed, text, (int)size);
}
