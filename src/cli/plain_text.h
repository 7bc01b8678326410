/*
 * Texts of other people's making for a terminal: labels and reasons may hold anything, control sequences too. What can be printed
 * is, in any script, with a ? for the rest.
 */
#ifndef ADAPTIVESTREAM_CLI_PLAIN_TEXT_H
#define ADAPTIVESTREAM_CLI_PLAIN_TEXT_H

#include <stddef.h>

/* As much as there is room for in `size` bytes (2 or more); what does not fit ends with a ~. */
void plain_text(const char *from, char *text, size_t size);

/* In exactly so many columns of the terminal, filled up with spaces or cut with a ~. `text` has room for four bytes each and one
 * more. */
void plain_columns(const char *label, size_t columns, char *text);

#endif
