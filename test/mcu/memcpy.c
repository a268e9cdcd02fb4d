/* What memcpy.test.ts runs on the chip in a board's place: chip/memcpy.c against loops over bytes. */

#include "board.h"
#include "host.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Or the compiler makes the functions under test of the loops that they are compared with. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

#define ROOM 160
#define OFFSETS 8
#define SIZE_MAX_TRIED 70

interlock_engine *host_engine;

static uint8_t got[ROOM], expected[ROOM];
static uint32_t tried, wrong;

static void fill(void)
{
	for (int i = 0; i < ROOM; i++)
		got[i] = expected[i] = (uint8_t)(i * 37 + 11);
}

static void compare(void)
{
	tried++;
	for (int i = 0; i < ROOM; i++)
		if (got[i] != expected[i]) {
			wrong++;
			return;
		}
}

/* Within one array, so that they overlap or not. */
static void try_copies(size_t to, size_t from, size_t size)
{
	uint8_t kept[SIZE_MAX_TRIED];
	fill();
	for (size_t i = 0; i < size; i++)
		kept[i] = expected[from + i];
	for (size_t i = 0; i < size; i++)
		expected[to + i] = kept[i];
	wrong += memmove(got + to, got + from, size) != got + to;
	compare();
	if (to < from + size && from < to + size)
		return;
	fill();
	for (size_t i = 0; i < size; i++)
		expected[to + i] = kept[i];
	wrong += memcpy(got + to, got + from, size) != got + to;
	compare();
}

static void try_set(size_t to, size_t size)
{
	fill();
	for (size_t i = 0; i < size; i++)
		expected[to + i] = 0xA5;
	wrong += memset(got + to, 0x1A5, size) != got + to;
	compare();
}

/* Equal, then with one byte greater in the first, at each place. */
static void try_compare(size_t first, size_t second, size_t size)
{
	for (size_t i = 0; i < size; i++)
		got[first + i] = expected[second + i] = (uint8_t)(255 - i);
	wrong += memcmp(got + first, expected + second, size) != 0;
	tried++;
	for (size_t i = 0; i < size; i++) {
		expected[second + i]--;
		wrong += memcmp(got + first, expected + second, size) <= 0;
		wrong += memcmp(expected + second, got + first, size) >= 0;
		expected[second + i]++;
		tried += 2;
	}
}

void board_run(void)
{
	for (size_t size = 0; size <= SIZE_MAX_TRIED; size++)
		for (size_t to = 0; to < OFFSETS; to++) {
			try_set(to, size);
			for (size_t from = 0; from < ROOM - SIZE_MAX_TRIED; from++)
				try_copies(to, from, size);
			for (size_t from = 0; from < OFFSETS; from++) {
				try_copies(to + 40, from, size);
				try_compare(to, from, size);
			}
		}
	printf("tried %lu, wrong %lu\n", (unsigned long)tried, (unsigned long)wrong);
}
