/* What the chip runs once it is started. */

#ifndef INTERLOCK_BOARD_H
#define INTERLOCK_BOARD_H

/* Returns where nothing is left to wait for. */
void board_run(void);

#endif
