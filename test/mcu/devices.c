/*
 * What devices.test.ts runs on the chip in a board's place: its devices, as the natives use them. Option `test` names
 * what to do; `port` is a server on the host, `other` another one, `total` so many bytes.
 *
 * Bytes on a stream are a pattern of period 251. Each event checks that it comes from the loop, with no call under way
 * and not after the stream was closed.
 */

#include "board.h"
#include "chip.h"
#include "devices.h"
#include "flash-media.h"
#include "host.h"
#include "tcp-stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST "10.0.2.2"
#define PERIOD 251
#define PIECE_MAX 3000

interlock_engine *host_engine;

typedef struct {
	const char *name;
	tcp_stream *tcp;
	uint32_t total, sent, received, wrong;
	int is_deaf, is_brief, is_open, is_ended, is_closed, is_released;
} peer;

static int in_loop, in_call;
static uint32_t seed = 1;
static uint8_t bytes[TCP_BUFFER_SIZE];

static uint32_t dice(uint32_t faces)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % faces;
}

static uint32_t number(const char *name)
{
	const char *text = host_option(name);
	return text ? strtoul(text, NULL, 10) : 0;
}

static void turn(void)
{
	uint32_t due = network_due_ms();
	if (!network_pending())
		chip_sleep(chip_now_us() + (due < 10 ? due : 10) * 1000);
	in_loop = 1;
	network_poll();
	in_loop = 0;
}

static void check_event(const peer *peer, const char *event)
{
	if (!in_loop || in_call || peer->is_closed || peer->is_ended)
		printf("%s: %s at the wrong time\n", peer->name, event);
}

static void close_peer(peer *peer)
{
	in_call++;
	tcp_close(peer->tcp);
	in_call--;
	peer->is_closed = 1;
}

static void take(peer *peer, size_t size)
{
	in_call++;
	tcp_read(peer->tcp, bytes, size);
	in_call--;
	for (size_t i = 0; i < size; i++)
		peer->wrong += bytes[i] != peer->received++ % PERIOD;
}

static void send(peer *peer)
{
	while (peer->sent < peer->total) {
		size_t size = 1 + dice(dice(2) ? PIECE_MAX : 100), room = tcp_room(peer->tcp);
		if (size > peer->total - peer->sent)
			size = peer->total - peer->sent;
		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)((peer->sent + i) % PERIOD);
		in_call++;
		int outcome = tcp_write(peer->tcp, bytes, size);
		in_call--;
		if (outcome != (size > room ? TCP_WOULD_BLOCK : TCP_TAKEN) || tcp_room(peer->tcp) != room - (outcome ? 0 : size))
			printf("%s: not all or nothing was written\n", peer->name);
		if (outcome)
			return;
		peer->sent += size;
	}
}

static void writable(void *data, size_t count)
{
	peer *peer = data;
	check_event(peer, "writable");
	peer->is_open = 1;
	if (count != tcp_room(peer->tcp))
		printf("%s: %u bytes fit\n", peer->name, (unsigned)count);
	send(peer);
	if (peer->is_brief)
		close_peer(peer);
}

static void readable(void *data, size_t count)
{
	peer *peer = data;
	check_event(peer, "readable");
	if (count != tcp_available(peer->tcp))
		printf("%s: %u bytes wait\n", peer->name, (unsigned)count);
	if (!peer->is_deaf)
		take(peer, dice(count + 1));
}

static void ended(void *data)
{
	peer *peer = data;
	check_event(peer, "ended");
	if (tcp_available(peer->tcp))
		printf("%s: ended with bytes to be read\n", peer->name);
	peer->is_ended = 1;
	close_peer(peer);
	close_peer(peer);
}

static void released(void *data)
{
	peer *peer = data;
	if (peer->is_released++)
		printf("%s: released twice\n", peer->name);
}

static const tcp_events events = { writable, readable, ended, released };

static void open(peer *peer, const char *port)
{
	const char *why;
	in_call++;
	peer->tcp = tcp_connect(HOST, (int)number(port), (int)dice(2), &events, peer, &why);
	in_call--;
	if (!peer->tcp) {
		printf("%s: %s\n", peer->name, why);
		chip_off();
	}
}

/* What was left when a stream became readable is read later, also behind its end. */
static void read_rest(peer *peer)
{
	if (!peer->is_closed && !peer->is_deaf && tcp_available(peer->tcp))
		take(peer, 1 + dice(tcp_available(peer->tcp)));
}

static void run_until_released(peer *peer)
{
	while (!peer->is_released) {
		turn();
		read_rest(peer);
	}
	printf("%s: open %d, sent %lu, received %lu, wrong %lu, ended %d\n", peer->name, peer->is_open,
		(unsigned long)peer->sent, (unsigned long)peer->received, (unsigned long)peer->wrong, peer->is_ended);
}

static void test_flow(void)
{
	static peer flow = { .name = "flow" };
	flow.total = number("total");
	open(&flow, "port");
	run_until_released(&flow);
}

static void test_refused(void)
{
	static const char *const bad[] = { "localhost", "10.0.2", "10.0.2.02", "0xA.0.2.2", "10.0.2.256", "::1", "" };
	static peer refused = { .name = "refused" };
	char text[16];
	const char *why = "";
	open(&refused, "port");
	if (tcp_write(refused.tcp, bytes, 1) != TCP_NOT_READY || tcp_remote(refused.tcp, text, sizeof text) != -1)
		printf("refused: not ready for anything, and it is\n");
	run_until_released(&refused);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (tcp_connect(bad[i], 1, 0, &events, NULL, &why) || strcmp(why, "invalid address"))
			printf("refused: %s was taken for an address\n", bad[i]);
}

static void test_brief(void)
{
	for (int i = 0; i < 5; i++) {
		peer brief = { .name = "brief", .total = TCP_BUFFER_SIZE, .is_brief = 1 };
		open(&brief, "port");
		run_until_released(&brief);
	}
}

/* One after the other; some are closed before they are open, some in the middle. */
static void test_many(void)
{
	static peer peers[100];
	uint32_t wrong = 0;
	for (int i = 0; i < 100; i++) {
		peer *peer = &peers[i];
		peer->name = "many";
		peer->total = 300;
		open(peer, "port");
		for (uint32_t turns = i % 3 ? dice(10) : UINT32_MAX; turns && !peer->is_released; turns--) {
			turn();
			read_rest(peer);
		}
		if (!peer->is_closed)
			close_peer(peer);
		wrong += peer->wrong;
	}
	while (network_streams())
		turn();
	for (int i = 0; i < 100; i++)
		wrong += peers[i].is_released != 1;
	printf("many: wrong %lu\n", (unsigned long)wrong);
}

/* One stream is not read while its peer sends byte by byte; another one goes on all the same. */
static void test_deaf(void)
{
	static peer deaf = { .name = "deaf", .is_deaf = 1 }, beside = { .name = "beside" };
	beside.total = number("total");
	open(&deaf, "other");
	while (!deaf.tcp || tcp_available(deaf.tcp) < TCP_BUFFER_SIZE / 2)
		turn();
	open(&beside, "port");
	run_until_released(&beside);
	deaf.is_deaf = 0;
	run_until_released(&deaf);
}

static void test_flash(void)
{
	static uint8_t written[5000], read[5000];
	uint32_t wrong = 0;
	printf("size %lu\n", (unsigned long)media_size());
	for (int i = 0; i < 200; i++) {
		uint32_t size = dice(dice(3) ? 600 : sizeof written), at = dice(media_size() - size + 1), first = dice(256);
		for (uint32_t k = 0; k < size; k++)
			written[k] = (uint8_t)(first + 7 * k);
		wrong += media_write(at, written, size) || media_read(at, read, size) || memcmp(written, read, size);
		printf("write %lu %lu %lu\n", (unsigned long)at, (unsigned long)size, (unsigned long)first);
	}
	media_sync();
	printf("wrong %lu\n", (unsigned long)wrong);
}

static void test_entropy(void)
{
	for (int i = 0; i < 2; i++) {
		printf("%d ", entropy_read(bytes, 100));
		for (int k = 0; k < 100; k++)
			printf("%02x", bytes[k]);
		printf("\n");
	}
}

/* lwIP's; its headers have tcp-stream.h's names for its own. */
extern uint8_t pbuf_free(void *buffer);

/* Only before the restart that it brings about. */
static void test_misuse(void)
{
	if (!strcmp(host_reset_reason(), "power-on"))
		pbuf_free(NULL);
	printf("restarted\n");
}

static const struct { const char *name; void (*run)(void); } tests[] = {
	{ "flow", test_flow }, { "refused", test_refused }, { "brief", test_brief }, { "many", test_many },
	{ "deaf", test_deaf }, { "flash", test_flash }, { "entropy", test_entropy },
	{ "misuse", test_misuse },
};

void board_run(void)
{
	devices_open();
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		if (!strcmp(host_option("test"), tests[i].name))
			tests[i].run();
}
