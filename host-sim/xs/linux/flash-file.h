/* The flash file of a Linux process: what flash-media.h reads and writes. */

#ifndef INTERLOCK_FLASH_FILE_H
#define INTERLOCK_FLASH_FILE_H

/* Opens it for the life of the process, or ends the process with HOST_FLASH and a message. Then flash_open() is next. */
void flash_file_open(const char *path);

#endif
