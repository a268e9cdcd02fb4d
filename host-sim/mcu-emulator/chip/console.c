/*
 * The serial console: an ns16550 UART as standard output, polled. After each line that begins a phase of a station's work
 * comes one with the instructions that passed (docs/emulated-chip.md).
 */

#include "chip.h"

#include <stdio.h>
#include <string.h>

#define UART_DATA UART_START
#define UART_STATUS (UART_START + 5)
#define STATUS_READY 0x20
#define LINE_START_SIZE 20

static const char *const marks[] = { "state ", "mqtt: online", "session established", "file complete" };

static uint32_t line_size;
static char line_start[LINE_START_SIZE];

static int is_ready(void)
{
	return mmio_read_byte(UART_STATUS) & STATUS_READY;
}

/* How long the line is busy is the host's affair, and no work of the firmware's. */
static void put(char c)
{
	if (!is_ready()) {
		chip_pause_count();
		while (!is_ready())
			;
		chip_resume_count();
	}
	mmio_write_byte(UART_DATA, (uint8_t)c);
}

void console_instructions(void)
{
	uint64_t busy = chip_instructions(), idle = chip_instructions_apart();
	chip_pause_count();
	printf("@instructions {\"busy\":%llu,\"idle\":%llu}\n", (unsigned long long)busy, (unsigned long long)idle);
	chip_resume_count();
}

static int is_mark(void)
{
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		size_t size = strlen(marks[i]);
		if (line_size >= size && !memcmp(line_start, marks[i], size))
			return 1;
	}
	return 0;
}

static int console_put(char c, FILE *file)
{
	(void)file;
	put(c);
	if (c != '\n') {
		if (line_size < LINE_START_SIZE)
			line_start[line_size] = c;
		line_size++;
		return (unsigned char)c;
	}
	int has_count = is_mark();
	line_size = 0;
	if (has_count)
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
