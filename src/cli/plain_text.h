/*
 * Texts of other people's making for a terminal: labels and reasons may hold anything, control sequences too.
 */
#ifndef ADAPTIVESTREAM_CLI_PLAIN_TEXT_H
#define ADAPTIVESTREAM_CLI_PLAIN_TEXT_H

#include <stddef.h>

/* Copies what can be printed, with a ? for every other byte; what does not fit into `size` ends with a ~. */
void plain_text(const char *from, char *text, size_t size);

#endif
