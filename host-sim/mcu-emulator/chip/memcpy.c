/*
 * memcpy, memmove, memset and memcmp by words. Those of Debian's picolibc, which is built for size, take six
 * instructions for each byte; a real chip has fast ones in its ROM.
 *
 * No word is read or written but aligned. Where source and target lie differently, two words read make one written.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Or the compiler sees that these are memcpy and calls it. */
#pragma GCC optimize("O2", "no-tree-loop-distribute-patterns")

/* Below, the bytes are fewer than what it takes to get going. */
#define SMALL 16

typedef uint32_t __attribute__((may_alias)) word;

static int is_aligned(const void *at)
{
	return ((uintptr_t)at & 3) == 0;
}

/* Both are aligned; `size` is a multiple of 4. */
static void copy_words(word *to, const word *from, size_t size)
{
	for (; size >= 16; size -= 16, to += 4, from += 4) {
		word a = from[0], b = from[1], c = from[2], d = from[3];
		to[0] = a;
		to[1] = b;
		to[2] = c;
		to[3] = d;
	}
	for (; size; size -= 4)
		*to++ = *from++;
}

/* The same where `from` is not aligned. */
static void copy_shifted(word *to, const uint8_t *from, size_t size)
{
	const word *source = (const word *)((uintptr_t)from & ~3u);
	int low = 8 * ((uintptr_t)from & 3);
	for (word here = *source; size; size -= 4) {
		word next = *++source;
		*to++ = here >> low | next << (32 - low);
		here = next;
	}
}

/* From the beginning: a word is read before anything is written behind its own place. */
static void copy_forwards(uint8_t *to, const uint8_t *from, size_t size)
{
	if (size >= SMALL) {
		for (; !is_aligned(to); size--)
			*to++ = *from++;
		/* The last word that copy_shifted reads ends where `from` does, or before. */
		size_t whole = (is_aligned(from) ? size : size - 4) & ~3u;
		if (is_aligned(from))
			copy_words((word *)to, (const word *)from, whole);
		else
			copy_shifted((word *)to, from, whole);
		to += whole;
		from += whole;
		size -= whole;
	}
	while (size--)
		*to++ = *from++;
}

void *memcpy(void *restrict target, const void *restrict origin, size_t size)
{
	copy_forwards(target, origin, size);
	return target;
}

/* From the end, for a target that begins within the source. */
static void copy_backwards(uint8_t *to, const uint8_t *from, size_t size)
{
	to += size;
	from += size;
	if (size >= SMALL && (((uintptr_t)to ^ (uintptr_t)from) & 3) == 0) {
		for (; !is_aligned(to); size--)
			*--to = *--from;
		for (; size >= 4; size -= 4) {
			to -= 4;
			from -= 4;
			*(word *)to = *(const word *)from;
		}
	}
	while (size--)
		*--to = *--from;
}

void *memmove(void *target, const void *origin, size_t size)
{
	if ((uintptr_t)target - (uintptr_t)origin >= size)
		copy_forwards(target, origin, size);
	else
		copy_backwards(target, origin, size);
	return target;
}

void *memset(void *target, int value, size_t size)
{
	uint8_t *to = target;
	if (size >= SMALL) {
		word four = (uint8_t)value * 0x01010101u;
		for (; !is_aligned(to); size--)
			*to++ = (uint8_t)value;
		for (; size >= 16; size -= 16, to += 16) {
			((word *)to)[0] = four;
			((word *)to)[1] = four;
			((word *)to)[2] = four;
			((word *)to)[3] = four;
		}
	}
	while (size--)
		*to++ = (uint8_t)value;
	return target;
}

int memcmp(const void *first, const void *second, size_t size)
{
	const uint8_t *a = first, *b = second;
	if ((((uintptr_t)a ^ (uintptr_t)b) & 3) == 0 && size >= SMALL) {
		for (; !is_aligned(a); size--, a++, b++)
			if (*a != *b)
				return *a - *b;
		for (; size >= 4 && *(const word *)a == *(const word *)b; size -= 4)
			a += 4, b += 4;
	}
	for (; size; size--, a++, b++)
		if (*a != *b)
			return *a - *b;
	return 0;
}
