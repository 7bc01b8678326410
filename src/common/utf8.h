/*
 * UTF-8, as far as texts of others have to be passed on without harm.
 */
#ifndef ADAPTIVESTREAM_COMMON_UTF8_H
#define ADAPTIVESTREAM_COMMON_UTF8_H

#include <stddef.h>

/* Length of the well-formed sequence at `text`, 1 to 4 bytes (Unicode Standard, table 3-7), or 0. Reads no further than
 * the first byte that is wrong, so that a terminated text needs no length. */
size_t utf8_length(const unsigned char *text);

#endif
