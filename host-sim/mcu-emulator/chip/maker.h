/*
 * Whether the program has its part `.maker`: XS's parser and compiler, and what makes a base of modules. A board has
 * not; what it calls there would be nothing.
 */

#ifndef INTERLOCK_MAKER_H
#define INTERLOCK_MAKER_H

int maker_is_there(void);

#endif
