/*
 * Three functions of lwIP have the names of tcp-stream.h's, which firmware's natives call on every board. So lwIP's are
 * called otherwise, in its own sources too.
 */
#include "tcp-stream.h"

#define tcp_connect lwip_tcp_connect
#define tcp_write lwip_tcp_write
#define tcp_close lwip_tcp_close
