/*
 * The network card (virtio-net) as lwIP's interface.
 *
 * A frame is received into one of RECEIVE_BUFFERS, which goes up as a pbuf and back to the card when that is freed, so
 * nothing is copied. Frames are sent from where they are: the card reads the pieces of the pbuf, which is held until
 * the card gives it back. That is noticed when something else is to be done, not by an interrupt.
 *
 * A card that keeps a frame for STUCK_SECONDS while the link is up is stuck: the run ends with `network-stuck`. Boot
 * option `network-stuck N`: after N frames it is no more told of any, so it keeps them. Only in the run after power-on.
 */

#include "chip.h"
#include "host.h"
#include "parts.h"
#include "virtio.h"

#include "lwip/etharp.h"
#include "netif/ethernet.h"

#include <string.h>

#define RECEIVE_BUFFERS 8
/* Descriptors: a frame takes one for virtio's header and one for each piece; lwIP tries again where none are left. */
#define TRANSMIT_PIECES 32
#define FRAME_PIECES_MAX 8
#define FRAME_MIN 14
#define FRAME_MAX 1514
#define MTU 1500
#define HEADER_SIZE 12
#define STUCK_SECONDS 5

#define FEATURE_MAC (1u << 5)
#define FEATURE_STATUS (1u << 16)
#define STATUS_OFFSET 6
#define STATUS_LINK_UP 1

enum { RECEIVE = 0, TRANSMIT = 1 };

/* lwIP's two bytes of padding (ETH_PAD_SIZE) are the last two of virtio's header. */
typedef struct {
	struct pbuf_custom pbuf;
	uint8_t padding[2];
	uint8_t bytes[HEADER_SIZE + FRAME_MAX];
} receive_buffer;

_Static_assert((offsetof(receive_buffer, bytes) + HEADER_SIZE - ETH_PAD_SIZE) % 4 == 0, "IP headers are aligned");

VIRTIO_QUEUE(receive, RECEIVE_BUFFERS);
VIRTIO_QUEUE(transmit, TRANSMIT_PIECES);
static receive_buffer buffers[RECEIVE_BUFFERS];
static virtio_device device;
static uint32_t features;
static struct netif *interface;
static network_figures counted;
static uint32_t frames_out, held, held_peak;
/* Frames until the card is told no more; 0: it always is. */
static uint32_t until_stuck;
static uint32_t stuck_seconds;
static uint64_t next_look_us;

static void give_buffer(receive_buffer *buffer)
{
	virtio_piece whole = { buffer->bytes, sizeof buffer->bytes, 1 };
	virtio_give(&receive, &whole, 1, buffer);
	virtio_notify(&receive);
}

static void give_back(struct pbuf *pbuf)
{
	held--;
	give_buffer((receive_buffer *)pbuf);
}

uint16_t card_spare(const struct pbuf *pbuf)
{
	const receive_buffer *buffer = (const receive_buffer *)pbuf;
	if (!(pbuf->flags & PBUF_FLAG_IS_CUSTOM) || pbuf->ref != 1)
		return 0;
	return (uint16_t)(buffer->bytes + sizeof buffer->bytes - ((const uint8_t *)pbuf->payload + pbuf->len));
}

static void receive_frame(receive_buffer *buffer, uint32_t written)
{
	if (written < HEADER_SIZE + FRAME_MIN) {
		counted.damaged++;
		give_buffer(buffer);
		return;
	}
	counted.received++;
	if (++held > held_peak)
		held_peak = held;
	buffer->pbuf.custom_free_function = give_back;
	struct pbuf *pbuf = pbuf_alloced_custom(PBUF_RAW, (uint16_t)(written - HEADER_SIZE + ETH_PAD_SIZE), PBUF_REF,
		&buffer->pbuf, buffer->bytes + HEADER_SIZE - ETH_PAD_SIZE, sizeof buffer->bytes - HEADER_SIZE + ETH_PAD_SIZE);
	if (interface->input(pbuf, interface) != ERR_OK)
		pbuf_free(pbuf);
}

/* Lets go of the frames that the card is done with. */
static void collect_sent(void)
{
	for (struct pbuf *pbuf; (pbuf = virtio_take(&transmit, NULL));) {
		frames_out--;
		stuck_seconds = 0;
		pbuf_free(pbuf);
	}
}

static void tell_card(void)
{
	if (until_stuck && counted.sent >= until_stuck)
		return;
	virtio_notify(&transmit);
}

static err_t send_frame(struct netif *netif, struct pbuf *pbuf)
{
	static const uint8_t header[HEADER_SIZE];
	virtio_piece pieces[FRAME_PIECES_MAX] = { { header, sizeof header, 0 } };
	size_t count = 1;
	size_t skipped = ETH_PAD_SIZE;
	for (const struct pbuf *part = pbuf; part; part = part->next) {
		if (count == FRAME_PIECES_MAX)
			return ERR_BUF;
		pieces[count++] = (virtio_piece){ (uint8_t *)part->payload + skipped, part->len - skipped, 0 };
		skipped = 0;
	}
	collect_sent();
	if (!virtio_give(&transmit, pieces, count, pbuf)) {
		counted.lost++;
		return ERR_MEM;
	}
	pbuf_ref(pbuf);
	if (!frames_out++)
		next_look_us = chip_now_us() + 1000000;
	tell_card();
	counted.sent++;
	return ERR_OK;
}

/* By looks, not by the clock alone: where the host stopped QEMU for a while, the card has not had that time. */
static void look_after_card(void)
{
	if (!frames_out || !netif_is_link_up(interface)) {
		stuck_seconds = 0;
		next_look_us = chip_now_us() + 1000000;
	} else if (chip_now_us() >= next_look_us) {
		next_look_us = chip_now_us() + 1000000;
		if (++stuck_seconds > STUCK_SECONDS)
			chip_panic("network-stuck", "the network card has kept a frame for seconds");
	}
}

static void look_at_link(void)
{
	uint16_t status = STATUS_LINK_UP;
	if (features & FEATURE_STATUS)
		virtio_configuration(&device, STATUS_OFFSET, &status, sizeof status);
	int is_up = (status & STATUS_LINK_UP) != 0;
	if (is_up == netif_is_link_up(interface))
		return;
	counted.link_changes++;
	if (is_up)
		netif_set_link_up(interface);
	else
		netif_set_link_down(interface);
}

void card_poll(void)
{
	uint32_t written;
	receive_buffer *buffer;
	if (virtio_interrupts(&device) & VIRTIO_CONFIGURATION)
		look_at_link();
	collect_sent();
	/* What comes meanwhile waits for the next turn. */
	for (int i = 0; i < RECEIVE_BUFFERS && (buffer = virtio_take(&receive, &written)); i++)
		receive_frame(buffer, written);
	look_after_card();
}

int card_pending(void)
{
	return virtio_returned(&receive) || virtio_interrupting(&device);
}

uint32_t card_due_ms(void)
{
	uint64_t now = chip_now_us();
	if (!frames_out)
		return UINT32_MAX;
	return next_look_us > now ? (uint32_t)((next_look_us - now + 999) / 1000) : 0;
}

static err_t start_card(struct netif *netif)
{
	netif->name[0] = 'c';
	netif->name[1] = 'h';
	netif->mtu = MTU;
	netif->output = etharp_output;
	netif->linkoutput = send_frame;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	netif->hwaddr_len = ETH_HWADDR_LEN;
	virtio_configuration(&device, 0, netif->hwaddr, ETH_HWADDR_LEN);
	return ERR_OK;
}

int card_open(struct netif *netif, const struct ip4_addr *address, const struct ip4_addr *mask,
	const struct ip4_addr *gateway)
{
	features = virtio_open(&device, VIRTIO_NET, FEATURE_MAC | FEATURE_STATUS);
	if (!device.registers)
		return 0;
	if (!(features & FEATURE_MAC))
		chip_panic("fault", "the network card has no address");
	if (!strcmp(host_reset_reason(), "power-on"))
		until_stuck = chip_option_number("network-stuck", 0, 1, UINT32_MAX);
	virtio_open_queue(&device, &receive, RECEIVE);
	virtio_open_queue(&device, &transmit, TRANSMIT);
	virtio_no_interrupts(&transmit);
	virtio_start(&device);
	for (int i = 0; i < RECEIVE_BUFFERS; i++)
		give_buffer(&buffers[i]);
	interface = netif;
	if (!netif_add(netif, address, mask, gateway, NULL, start_card, ethernet_input))
		chip_panic("fault", "lwIP does not take the network card");
	netif_set_default(netif);
	netif_set_up(netif);
	look_at_link();
	return 1;
}

void card_measure(network_figures *figures)
{
	*figures = counted;
	figures->bytes = held * sizeof *buffers;
	figures->peak_bytes = held_peak * sizeof *buffers;
}
