/* Flash over the flash file's bytes; see flash.h. */

#include "flash.h"
#include "flash-media.h"
#include "host.h"

#include <string.h>

#define MAGIC "interlock-flash1"
#define MAGIC_SIZE 16
#define TABLE_OFFSET 20
#define ENTRY_SIZE 32
#define FLAG_PRIVATE 1

static flash_partition partitions[FLASH_PARTITIONS_MAX];
static size_t partition_count;
/* Writes and erases left until the power is cut; 0: it is not. */
static uint32_t until_crash;

static uint32_t little_endian(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* CRC-32 as in IEEE 802.3. */
static uint32_t crc32(const uint8_t *bytes, size_t size)
{
	uint32_t crc = ~0u;
	while (size--) {
		crc ^= *bytes++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
	}
	return ~crc;
}

static int read_table(const uint8_t *block)
{
	uint32_t count = little_endian(block + MAGIC_SIZE);
	if (memcmp(block, MAGIC, MAGIC_SIZE) || count < 1 || count > FLASH_PARTITIONS_MAX)
		return 0;
	size_t size = TABLE_OFFSET + count * ENTRY_SIZE;
	if (little_endian(block + size) != crc32(block, size))
		return 0;
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *entry = block + TABLE_OFFSET + i * ENTRY_SIZE;
		flash_partition *partition = &partitions[i];
		memcpy(partition->name, entry, FLASH_NAME_SIZE);
		partition->offset = little_endian(entry + 16);
		partition->size = little_endian(entry + 20);
		partition->is_private = (little_endian(entry + 24) & FLAG_PRIVATE) != 0;
		uint64_t end = (uint64_t)partition->offset + partition->size;
		if (partition->name[FLASH_NAME_SIZE - 1] || partition->offset < FLASH_BLOCK_SIZE || !partition->size
			|| partition->offset % FLASH_BLOCK_SIZE || partition->size % FLASH_BLOCK_SIZE
			|| end > media_size())
			return 0;
	}
	partition_count = count;
	return 1;
}

int flash_open(void)
{
	uint8_t block[FLASH_BLOCK_SIZE];
	return media_size() >= sizeof block && !media_read(0, block, sizeof block) && read_table(block);
}

void flash_crash_at(uint32_t nth)
{
	until_crash = nth;
}

/* Is this the write or erase that the power is cut in? */
static int crashes_now(void)
{
	return until_crash && !--until_crash;
}

const flash_partition *flash_find(const char *name)
{
	for (size_t i = 0; i < partition_count; i++)
		if (!strcmp(partitions[i].name, name))
			return &partitions[i];
	return NULL;
}

const flash_partition *flash_at(size_t index)
{
	return index < partition_count ? &partitions[index] : NULL;
}

static int outside(const flash_partition *partition, uint32_t offset, size_t size)
{
	return offset > partition->size || size > partition->size - offset;
}

static void get(const flash_partition *partition, uint32_t offset, uint8_t *bytes, size_t size)
{
	int error = media_read((uint64_t)partition->offset + offset, bytes, size);
	if (error)
		host_fail_with(HOST_FLASH, "the flash file cannot be read: %s", strerror(error));
}

static void put(const flash_partition *partition, uint32_t offset, const uint8_t *bytes, size_t size)
{
	int error = media_write((uint64_t)partition->offset + offset, bytes, size);
	if (error)
		host_fail_with(HOST_FLASH, "the flash file cannot be written: %s", strerror(error));
}

void flash_sync(void)
{
	media_sync();
}

static int all_zero(const uint8_t *bytes, size_t size)
{
	while (size--)
		if (*bytes++)
			return 0;
	return 1;
}

const char *flash_read(const flash_partition *partition, uint32_t offset, void *target, size_t size)
{
	uint8_t *bytes = target;
	if (outside(partition, offset, size))
		return "outside the partition";
	get(partition, offset, bytes, size);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)~bytes[i];
	return NULL;
}

const char *flash_write(const flash_partition *partition, uint32_t offset, const void *source, size_t size)
{
	const uint8_t *bytes = source;
	uint8_t piece[FLASH_BLOCK_SIZE];
	if (outside(partition, offset, size))
		return "outside the partition";
	for (size_t done = 0; done < size; done += sizeof piece) {
		size_t part = size - done < sizeof piece ? size - done : sizeof piece;
		get(partition, offset + (uint32_t)done, piece, part);
		if (!all_zero(piece, part))
			return "not erased";
	}
	int crashes = crashes_now();
	if (crashes)
		size /= 2;
	for (size_t done = 0; done < size; done += sizeof piece) {
		size_t part = size - done < sizeof piece ? size - done : sizeof piece;
		for (size_t i = 0; i < part; i++)
			piece[i] = (uint8_t)~bytes[done + i];
		put(partition, offset + (uint32_t)done, piece, part);
	}
	if (crashes)
		media_cut_power();
	return NULL;
}

const char *flash_erase(const flash_partition *partition, uint32_t first, uint32_t end)
{
	static const uint8_t zeros[FLASH_BLOCK_SIZE];
	uint8_t block[FLASH_BLOCK_SIZE];
	if (first > end || end > partition->size / FLASH_BLOCK_SIZE)
		return "outside the partition";
	for (; first < end; first++) {
		get(partition, first * FLASH_BLOCK_SIZE, block, sizeof block);
		if (all_zero(block, sizeof block))
			continue;
		if (crashes_now()) {
			put(partition, first * FLASH_BLOCK_SIZE, zeros, sizeof zeros / 2);
			media_cut_power();
		}
		put(partition, first * FLASH_BLOCK_SIZE, zeros, sizeof zeros);
	}
	return NULL;
}
