/* What the console tells of memory. */

#ifndef INTERLOCK_CHIP_MEMORY_H
#define INTERLOCK_CHIP_MEMORY_H

/*
 * Prints the lines `@memory` and `@instructions`, where `always` is 0 only if the machine's numbers changed. Garbage is
 * collected and RAM searched for it, which is not counted as the firmware's work.
 */
void memory_print(int always);

#endif
