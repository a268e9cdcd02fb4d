/* The natives of host-sim/device/flash.js over the flash file (flash.h). */

#include "flash.h"

#include "xsmc.h"

#include <string.h>

/* What an open object's host data points to. */
typedef struct {
	const flash_partition *partition;
	int writable;
	int synced;	/* each write and erase is on the disk when it returns */
} opened_partition;

void xs_sim_flash_destructor(void *data)
{
	(void)data;
}

static opened_partition *opened(xsMachine *the)
{
	opened_partition *data = xsmcGetHostDataValidate(xsThis, xs_sim_flash_destructor);
	if (!data)
		xsUnknownError("closed");
	return data;
}

static uint32_t unsigned_argument(xsMachine *the, int index)
{
	if (index >= xsmcArgc)
		xsTypeError("argument missing");
	xsNumberValue value = xsmcToNumber(xsArg(index));
	if (!(value >= 0 && value <= UINT32_MAX))
		xsRangeError("invalid");
	return (uint32_t)value;
}

static void check(xsMachine *the, const char *failure)
{
	if (failure)
		xsUnknownError("%s", failure);
}

/* After a write or an erase. */
static void check_changed(xsMachine *the, const opened_partition *data, const char *failure)
{
	check(the, failure);
	if (data->synced)
		flash_sync();
}

/* name, whether writable, the prototype, whether synced */
void xs_sim_flash_open(xsMachine *the)
{
	static opened_partition handles[FLASH_PARTITIONS_MAX][2][2];
	const flash_partition *partition;
	char name[FLASH_NAME_SIZE];
	int writable = xsmcToBoolean(xsArg(1)), synced = xsmcToBoolean(xsArg(3));
	xsmcToStringBuffer(xsArg(0), name, sizeof name);
	for (size_t i = 0; (partition = flash_at(i)); i++) {
		if (partition->is_private || strcmp(partition->name, name))
			continue;
		handles[i][writable][synced] = (opened_partition){ partition, writable, synced };
		xsResult = xsNewHostInstance(xsArg(2));
		xsmcSetHostData(xsResult, &handles[i][writable][synced]);
		return;
	}
	xsUnknownError("no partition \"%s\"", name);
}

/* The index-th partition's name, "" for a private one, undefined past the last. */
void xs_sim_flash_name(xsMachine *the)
{
	const flash_partition *partition = flash_at(unsigned_argument(the, 0));
	if (partition)
		xsmcSetString(xsResult, partition->is_private ? "" : (char *)partition->name);
}

void xs_sim_flash_close(xsMachine *the)
{
	xsmcGetHostDataValidate(xsThis, xs_sim_flash_destructor);
	xsmcSetHostData(xsThis, NULL);
}

void xs_sim_flash_erase(xsMachine *the)
{
	opened_partition *data = opened(the);
	uint32_t first = unsigned_argument(the, 0);
	uint32_t end = xsmcArgc > 1 ? unsigned_argument(the, 1) : first + 1;
	check_changed(the, data, data->writable ? flash_erase(data->partition, first, end) : "read-only");
}

void xs_sim_flash_read(xsMachine *the)
{
	opened_partition *data = opened(the);
	uint32_t offset = unsigned_argument(the, 1);
	void *bytes;
	xsUnsignedValue size;
	if (xsmcTypeOf(xsArg(0)) == xsReferenceType) {
		xsmcGetBufferWritable(xsArg(0), &bytes, &size);
		xsmcSetInteger(xsResult, (xsIntegerValue)size);
	} else {
		size = unsigned_argument(the, 0);
		if (size > data->partition->size)
			xsRangeError("outside the partition");
		bytes = xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)size);
	}
	check(the, flash_read(data->partition, offset, bytes, size));
}

void xs_sim_flash_write(xsMachine *the)
{
	opened_partition *data = opened(the);
	uint32_t offset = unsigned_argument(the, 1);
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	check_changed(the, data, data->writable ? flash_write(data->partition, offset, bytes, size) : "read-only");
}

void xs_sim_flash_status(xsMachine *the)
{
	const flash_partition *partition = opened(the)->partition;
	const struct { const char *name; uint32_t value; } fields[] = {
		{ "size", partition->size },
		{ "blockLength", FLASH_BLOCK_SIZE },
		{ "blocks", partition->size / FLASH_BLOCK_SIZE },
		{ "eraseValue", 0xFF },
	};
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		xsmcSetInteger(xsVar(0), (xsIntegerValue)fields[i].value);
		xsmcSet(xsResult, xsID(fields[i].name), xsVar(0));
	}
}
