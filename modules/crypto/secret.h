/*
 * Says where something that was computed from secrets is no secret any more, for the check that no branch and no
 * address depends on one (docs/native-checks.md): that check defines it, for firmware it is nothing.
 */
#ifndef INTERLOCK_PUBLIC
#define INTERLOCK_PUBLIC(value) ((void)0)
#endif
