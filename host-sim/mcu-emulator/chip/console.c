/*
 * The serial console: an ns16550 UART as standard output, polled. After each line that tells a station's state comes one
 * with the instructions that passed (docs/emulated-chip.md).
 */

#include "chip.h"

#include <stdio.h>
#include <string.h>

#define UART_DATA UART_START
#define UART_STATUS (UART_START + 5)
#define STATUS_READY 0x20
#define WATCHED "state "
#define WATCHED_SIZE 6

static uint32_t line_size;
static int watched = 1;

static void put(char c)
{
	while (!(mmio_read_byte(UART_STATUS) & STATUS_READY))
		;
	mmio_write_byte(UART_DATA, (uint8_t)c);
}

void console_instructions(void)
{
	uint64_t busy = chip_instructions(), idle = chip_instructions_apart();
	chip_pause_count();
	printf("@instructions {\"busy\":%llu,\"idle\":%llu}\n", (unsigned long long)busy, (unsigned long long)idle);
	chip_resume_count();
}

static int console_put(char c, FILE *file)
{
	(void)file;
	put(c);
	if (c != '\n') {
		watched &= line_size >= WATCHED_SIZE || WATCHED[line_size] == c;
		line_size++;
		return (unsigned char)c;
	}
	int is_state = watched && line_size >= WATCHED_SIZE;
	line_size = 0;
	watched = 1;
	if (is_state)
		console_instructions();
	return (unsigned char)c;
}

static FILE console = FDEV_SETUP_STREAM(console_put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;
FILE *const stderr = &console;

void console_string(const char *text)
{
	putchar('"');
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == '"' || *c == '\\' || *c == 0x7F)
			printf("\\u%04x", *c);
		else
			putchar(*c);
	putchar('"');
}

/* Ends a line that was under way when something else has to be said. */
void console_fresh_line(void)
{
	if (line_size)
		putchar('\n');
}
