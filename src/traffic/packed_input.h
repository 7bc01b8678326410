/*
 * Reads a file from front to end in chunks: plain or gzip, recognised by its content, or standard input.
 */
#ifndef ADAPTIVESTREAM_TRAFFIC_PACKED_INPUT_H
#define ADAPTIVESTREAM_TRAFFIC_PACKED_INPUT_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    INPUT_WHOLE,
    INPUT_STOPPED,   /* the receiver did not want more */
    INPUT_UNOPENED,  /* reason: the system's */
    INPUT_UNREAD,    /* reason: the system's */
    INPUT_CUT_SHORT, /* gzip data without their end: all there is was given */
    INPUT_DAMAGED    /* reason: zlib's */
} input_end_t;

/* Takes the next bytes; false ends the reading. */
typedef bool input_receiver_t(void *context, const char *bytes, size_t size);

/* "-" is standard input. `reason` gets a few words where it says so above. */
input_end_t packed_input_read(const char *path, input_receiver_t *receiver, void *context, char *reason,
                              size_t reason_size);

/* What messages call the path: itself, or "standard input". */
const char *packed_input_name(const char *path);

/* For a file that has to be whole: what is wrong and what to do, in words; `end` is none of the first two. Returns
 * `text`. */
const char *packed_input_complaint(input_end_t end, const char *reason, char *text, size_t size);

#endif
