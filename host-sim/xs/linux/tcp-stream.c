/* See tcp-stream.h. */

#define _GNU_SOURCE
#include "tcp-stream.h"
#include "host.h"
#include "loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct tcp_stream {
	int descriptor;
	int connected, ended, told, closed;
	int lingering;	/* closed, with bytes still to be sent */
	int busy;	/* callbacks under way; the record outlives them */
	const tcp_events *events;
	void *data;
	loop_timer *end_timer;
	size_t outgoing_size, incoming_size;
	uint8_t outgoing[TCP_BUFFER_SIZE], incoming[TCP_BUFFER_SIZE];
};

static void release(tcp_stream *tcp)
{
	if (!tcp->closed || tcp->busy || tcp->lingering)
		return;
	tcp->events->released(tcp->data);
	free(tcp);
}

static void update_watch(tcp_stream *tcp)
{
	uint32_t events = 0;
	if (tcp->closed || tcp->ended)
		return;
	if (tcp->incoming_size < TCP_BUFFER_SIZE)
		events |= EPOLLIN;
	if (!tcp->connected || tcp->outgoing_size)
		events |= EPOLLOUT;
	loop_rewatch(tcp->descriptor, events);
}

static void tell_end(void *data)
{
	tcp_stream *tcp = data;
	tcp->end_timer = NULL;
	tcp->busy++;
	tcp->events->ended(tcp->data);
	tcp->busy--;
	release(tcp);
}

/* The end is told once nothing is left to read. */
static void end(tcp_stream *tcp)
{
	if (!tcp->ended)
		loop_unwatch(tcp->descriptor);
	tcp->ended = 1;
	if (tcp->incoming_size || tcp->told || tcp->closed)
		return;
	tcp->told = 1;
	tcp->end_timer = loop_set_timer(0, 0, tell_end, tcp);
	if (!tcp->end_timer)
		host_fail("no timer is free to tell a socket's end");
}

static void receive(tcp_stream *tcp)
{
	size_t room = TCP_BUFFER_SIZE - tcp->incoming_size;
	if (!room || tcp->closed || tcp->ended)
		return;
	ssize_t count = recv(tcp->descriptor, tcp->incoming + tcp->incoming_size, room, 0);
	if (count > 0) {
		tcp->incoming_size += (size_t)count;
		tcp->events->readable(tcp->data, tcp->incoming_size);
	} else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
		end(tcp);
	}
}

static void transmit(tcp_stream *tcp)
{
	int was_connected = tcp->connected;
	ssize_t count = 0;
	tcp->connected = 1;
	if (tcp->outgoing_size)
		count = send(tcp->descriptor, tcp->outgoing, tcp->outgoing_size, MSG_NOSIGNAL);
	if (count < 0) {
		if (errno != EAGAIN && errno != EINTR)
			end(tcp);
		return;
	}
	tcp->outgoing_size -= (size_t)count;
	memmove(tcp->outgoing, tcp->outgoing + count, tcp->outgoing_size);
	if (count || !was_connected)
		tcp->events->writable(tcp->data, tcp_room(tcp));
}

/* Sends what it can. Returns whether there is more, and somebody to send it to. */
static int send_more(tcp_stream *tcp)
{
	ssize_t count = send(tcp->descriptor, tcp->outgoing, tcp->outgoing_size, MSG_NOSIGNAL);
	if (count < 0)
		return errno == EAGAIN || errno == EINTR;
	tcp->outgoing_size -= (size_t)count;
	memmove(tcp->outgoing, tcp->outgoing + count, tcp->outgoing_size);
	return tcp->outgoing_size > 0;
}

static void shut(tcp_stream *tcp)
{
	tcp->lingering = 0;
	if (tcp->end_timer)
		loop_clear_timer(tcp->end_timer);
	tcp->end_timer = NULL;
	loop_unwatch(tcp->descriptor);
	close(tcp->descriptor);
	release(tcp);
}

static void give_up(void *data)
{
	tcp_stream *tcp = data;
	tcp->end_timer = NULL;
	shut(tcp);
}

static void ready(void *data, uint32_t events)
{
	tcp_stream *tcp = data;
	int failure = 0;
	socklen_t size = sizeof failure;
	if (tcp->lingering) {
		if ((events & (EPOLLHUP | EPOLLERR)) || !send_more(tcp))
			shut(tcp);
		return;
	}
	tcp->busy++;
	if (!tcp->connected && (getsockopt(tcp->descriptor, SOL_SOCKET, SO_ERROR, &failure, &size) || failure))
		end(tcp);
	else if (events & EPOLLOUT)
		transmit(tcp);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		receive(tcp);
	if (!tcp->closed && !tcp->ended && (events & (EPOLLHUP | EPOLLERR)))
		end(tcp);
	update_watch(tcp);
	tcp->busy--;
	release(tcp);
}

static int parse_address(const char *text, int port, struct sockaddr_storage *address, socklen_t *size)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
	memset(address, 0, sizeof *address);
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		*size = sizeof *v4;
		return 1;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		*size = sizeof *v6;
		return 1;
	}
	return 0;
}

tcp_stream *tcp_connect(const char *address, int port, int no_delay, const tcp_events *events, void *data,
	const char **why)
{
	struct sockaddr_storage target;
	socklen_t size;
	*why = "invalid address";
	if (!parse_address(address, port, &target, &size))
		return NULL;
	*why = "no socket";
	tcp_stream *tcp = calloc(1, sizeof *tcp);
	if (!tcp)
		return NULL;
	tcp->events = events;
	tcp->data = data;
	tcp->descriptor = socket(target.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (tcp->descriptor < 0 || loop_watch(tcp->descriptor, 0, ready, tcp)) {
		if (tcp->descriptor >= 0)
			close(tcp->descriptor);
		free(tcp);
		return NULL;
	}
	setsockopt(tcp->descriptor, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
	if (connect(tcp->descriptor, (struct sockaddr *)&target, size) && errno != EINPROGRESS)
		end(tcp);
	update_watch(tcp);
	return tcp;
}

size_t tcp_room(const tcp_stream *tcp)
{
	return TCP_BUFFER_SIZE - tcp->outgoing_size;
}

int tcp_write(tcp_stream *tcp, const void *bytes, size_t size)
{
	if (tcp->ended)
		return TCP_TAKEN;
	if (!tcp->connected)
		return TCP_NOT_READY;
	if (size > tcp_room(tcp))
		return TCP_WOULD_BLOCK;
	memcpy(tcp->outgoing + tcp->outgoing_size, bytes, size);
	tcp->outgoing_size += size;
	update_watch(tcp);
	return TCP_TAKEN;
}

size_t tcp_available(const tcp_stream *tcp)
{
	return tcp->incoming_size;
}

void tcp_read(tcp_stream *tcp, void *bytes, size_t size)
{
	memcpy(bytes, tcp->incoming, size);
	tcp->incoming_size -= size;
	memmove(tcp->incoming, tcp->incoming + size, tcp->incoming_size);
	if (tcp->ended)
		end(tcp);
	else
		update_watch(tcp);
}

int tcp_remote(const tcp_stream *tcp, char *text, size_t size)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof address;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address;
	if (getpeername(tcp->descriptor, (struct sockaddr *)&address, &length))
		return -1;
	int is_v4 = address.ss_family == AF_INET;
	inet_ntop(address.ss_family, is_v4 ? (const void *)&v4->sin_addr : &v6->sin6_addr, text, (socklen_t)size);
	return ntohs(is_v4 ? v4->sin_port : v6->sin6_port);
}

void tcp_close(tcp_stream *tcp)
{
	if (tcp->closed)
		return;
	tcp->closed = 1;
	if (tcp->end_timer)
		loop_clear_timer(tcp->end_timer);
	tcp->end_timer = NULL;
	if (tcp->connected && !tcp->ended && tcp->outgoing_size && send_more(tcp)) {
		tcp->end_timer = loop_set_timer(TCP_LINGER_MS, 0, give_up, tcp);
		tcp->lingering = tcp->end_timer != NULL;
	}
	if (tcp->lingering)
		loop_rewatch(tcp->descriptor, EPOLLOUT);
	else
		shut(tcp);
}
