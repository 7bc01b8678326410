/*
 * Texts of other people's making for a terminal: labels and reasons may hold anything, control sequences too.
 */
#ifndef ADAPTIVESTREAM_CLI_PLAIN_TEXT_H
#define ADAPTIVESTREAM_CLI_PLAIN_TEXT_H

#include <stddef.h>

/* Copies what can be printed, in any script, with a ? for everything else; what does not fit into `size` bytes is cut. */
void plain_text(const char *from, char *text, size_t size);

/* The same in so many columns of a terminal, filled up with spaces; what does not fit ends with a ~. `text` has room for four
 * bytes a column, and one more. */
void plain_label(const char *label, size_t columns, char *text);

#endif
