/* HOST:PORT, as people write it; an IPv6 address in brackets, [::1]:9876. */
#ifndef ADAPTIVESTREAM_COMMON_ADDRESS_H
#define ADAPTIVESTREAM_COMMON_ADDRESS_H

#include <stdbool.h>

enum { ADDRESS_HOST_SIZE = 256 };

typedef struct {
    char host[ADDRESS_HOST_SIZE]; /* a name or an address, without brackets; never "" */
    int port;                     /* 1 to 65535 */
} address_t;

/* False, with *address left as it was, when the text is none. */
bool parse_address(const char *text, address_t *address);

#endif
