/*
 * Text in lines that fit, broken between words.
 */
#ifndef ADAPTIVESTREAM_COMMON_WRAPPED_H
#define ADAPTIVESTREAM_COMMON_WRAPPED_H

#include <stddef.h>
#include <stdio.h>

/* The columns of the terminal that `out` is, `most` at most; `elsewhere` where it is none. */
size_t wrapped_width(FILE *out, size_t most, size_t elsewhere);

/* That of --help: 80, or those of the terminal up to 100. */
static inline size_t wrapped_help_width(FILE *out)
{
    return wrapped_width(out, 100, 80);
}

/* Prints `text` and a newline in lines of `width` columns. The first one begins where `out` stands, at `column`; the others are
 * indented by `indent`. A newline in the text is no more than a space, but for an empty line and for one that begins with a
 * space, which stand as they are. A word that is too long stands alone. */
void wrapped_print(FILE *out, const char *text, size_t column, size_t indent, size_t width);

#endif
