/*
 * The key store on an ESP32: blobs in namespace "keys" of an NVS partition of its own, also called
 * "keys", written when the board is provisioned. Leaves out encryption of that partition, which is
 * part of provisioning.
 */
#include "../keystore.h"

#include "nvs.h"
#include "nvs_flash.h"

#define STORE "keys"

int interlock_keystore_read(const char *name, uint8_t *buffer, size_t capacity, size_t *length)
{
	nvs_handle_t store;
	esp_err_t error = nvs_flash_init_partition(STORE);
	if (error == ESP_OK)
		error = nvs_open_from_partition(STORE, STORE, NVS_READONLY, &store);
	if (error != ESP_OK)
		return -1;
	*length = capacity;
	error = nvs_get_blob(store, name, buffer, length);
	nvs_close(store);
	return error == ESP_OK ? 0 : -1;
}
