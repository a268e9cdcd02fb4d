/*
 * What a board has in flash beside its program: the base of its machine (engine.h), in place, made by the same program.
 *
 *   offset 0    "interlock-base1", a zero
 *   16          the program's build identifier (20 bytes): pointers in the base are into that program
 *   36          size of the image
 *   40          address of the base
 *   44          limits of the machine (interlock_creation)
 *   128         the base's memory
 */

#ifndef INTERLOCK_BASE_IMAGE_H
#define INTERLOCK_BASE_IMAGE_H

#include "engine.h"

/* The base of this program that lies in flash, and the limits it was made with; or NULL, and `creation` as it was. */
interlock_base *base_image(interlock_creation *creation);

/* For interlock_platform: memory of the image. */
void *base_image_keep(void *context, size_t size);
/* The base is made: from now on base_image() finds it. */
void base_image_close(interlock_base *base, const interlock_creation *creation);

/* Writes the image to the block device; ends QEMU with a message where it cannot. */
void base_image_write(void);

#endif
