/*
 * UTF-8, as far as texts of others have to be passed on without harm.
 */
#ifndef ADAPTIVESTREAM_COMMON_UTF8_H
#define ADAPTIVESTREAM_COMMON_UTF8_H

#include <stddef.h>

/* Length of the well-formed sequence at `text`, 1 to 4 bytes (Unicode Standard, table 3-7), or 0. Reads no further than
 * the first byte that is wrong, so that a terminated text needs no length. */
size_t utf8_length(const unsigned char *text);

/* Java's modified UTF-8 (JVM Specification 4.4.7), as JNI gives it, to UTF-8: a pair of surrogates, six bytes there, becomes
 * the character it stands for, and what is no character becomes U+FFFD. Cut at a character to `size`, which is at least 1;
 * terminated. Any bytes may come. */
void utf8_from_modified(const char *modified, char *text, size_t size);

#endif
