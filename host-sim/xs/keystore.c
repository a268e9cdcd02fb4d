/*
 * The keystore of modules/crypto over the flash file's private partition "keys":
 *
 *   entries one after the other: size of the name (1 byte), name, size of the key (u16, little-endian), key
 *   then 0xFF (erased flash) or the partition's end
 */

#include "flash.h"
#include "keystore.h"

#include <string.h>

#define ERASED 0xFF

int interlock_keystore_read(const char *name, uint8_t *buffer, size_t capacity, size_t *length)
{
	const flash_partition *partition = flash_find("keys");
	size_t wanted = strlen(name);
	uint32_t at = 0;
	if (!partition || wanted < 1 || wanted > INTERLOCK_KEY_NAME_MAX)
		return -1;
	for (;;) {
		uint8_t name_size, entry_name[INTERLOCK_KEY_NAME_MAX], size[2];
		if (flash_read(partition, at, &name_size, 1) || name_size == ERASED)
			return -1;
		if (name_size < 1 || name_size > INTERLOCK_KEY_NAME_MAX
			|| flash_read(partition, at + 1, entry_name, name_size)
			|| flash_read(partition, at + 1 + name_size, size, sizeof size))
			return -1;
		uint32_t key_at = at + 1 + name_size + (uint32_t)sizeof size;
		size_t key_size = size[0] | (size_t)size[1] << 8;
		if (name_size == wanted && !memcmp(entry_name, name, wanted)) {
			if (key_size > capacity || flash_read(partition, key_at, buffer, key_size))
				return -1;
			*length = key_size;
			return 0;
		}
		at = key_at + (uint32_t)key_size;
	}
}
