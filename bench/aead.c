/*
 * The rival of bench/aead.ts: psa_aead_encrypt and psa_aead_decrypt and nothing else, from the library that the
 * firmware is linked with, over buffers made once. Arguments: bytes of a piece, pieces. Prints the nanoseconds
 * that sealing and opening all pieces took, and the first piece's tag.
 */
#include <psa/crypto.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEY_SIZE 32
#define NONCE_SIZE 12
#define TAG_SIZE 16
#define AAD_SIZE 17

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void must(psa_status_t status, const char *doing)
{
	if (status == PSA_SUCCESS)
		return;
	fprintf(stderr, "aead: %s failed (%d)\n", doing, (int)status);
	exit(1);
}

static void number(uint8_t *nonce, uint32_t count)
{
	for (int i = 0; i < 4; i++)
		nonce[NONCE_SIZE - 1 - i] = (uint8_t)(count >> (8 * i));
}

static psa_key_id_t import_key(void)
{
	uint8_t bytes[KEY_SIZE];
	for (int i = 0; i < KEY_SIZE; i++)
		bytes[i] = (uint8_t)i;
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
	psa_set_key_bits(&attributes, KEY_SIZE * 8);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT);
	psa_set_key_algorithm(&attributes, PSA_ALG_GCM);
	psa_key_id_t key;
	must(psa_import_key(&attributes, bytes, sizeof bytes, &key), "import");
	return key;
}

int main(int count, char **arguments)
{
	if (count != 3)
		return 2;
	size_t size = strtoul(arguments[1], NULL, 10);
	uint32_t pieces = (uint32_t)strtoul(arguments[2], NULL, 10);
	uint8_t *plaintext = calloc(1, size), *sealed = calloc(1, size + TAG_SIZE);
	uint8_t nonce[NONCE_SIZE] = { 0 }, aad[AAD_SIZE] = { 0 };
	if (!plaintext || !sealed || !pieces)
		return 2;
	for (size_t i = 0; i < size; i++)
		plaintext[i] = (uint8_t)i;
	must(psa_crypto_init(), "start");
	psa_key_id_t key = import_key();
	size_t length, opened;
	uint64_t start_ns;
	/* Once to warm up, as XS has by the time that its figure is taken. */
	for (int round = 0; round < 2; round++) {
		start_ns = now_ns();
		for (uint32_t i = pieces; i-- > 0;) {
			number(nonce, i);
			must(psa_aead_encrypt(key, PSA_ALG_GCM, nonce, sizeof nonce, aad, sizeof aad, plaintext,
				size, sealed, size + TAG_SIZE, &length), "seal");
		}
	}
	uint64_t sealed_ns = now_ns() - start_ns;
	start_ns = now_ns();
	for (uint32_t i = 0; i < pieces; i++)
		must(psa_aead_decrypt(key, PSA_ALG_GCM, nonce, sizeof nonce, aad, sizeof aad, sealed, length,
			plaintext, size, &opened), "open");
	uint64_t opened_ns = now_ns() - start_ns;
	printf("{\"sealNs\":%llu,\"openNs\":%llu,\"tag\":\"", (unsigned long long)sealed_ns,
		(unsigned long long)opened_ns);
	for (int i = 0; i < TAG_SIZE; i++)
		printf("%02x", sealed[size + i]);
	printf("\"}\n");
	return 0;
}
