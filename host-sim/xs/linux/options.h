/* The host's options of the command line, `NAME=VALUE`; host_option (host.h) finds them. */

#ifndef INTERLOCK_OPTIONS_H
#define INTERLOCK_OPTIONS_H

/* `text` must stay. A later value of a name replaces an earlier one. Ends the process where it is no option. */
void options_add(char *text);

#endif
