/*
 * The files of the page, compiled in from web/ (web/embed.cmake writes page_files.c).
 */
#ifndef ADAPTIVESTREAM_MONITOR_PAGE_FILES_H
#define ADAPTIVESTREAM_MONITOR_PAGE_FILES_H

#include <stddef.h>

typedef struct {
    const char *path; /* "/app.js"; "/" is the page itself */
    const char *type; /* Content-Type */
    const unsigned char *bytes;
    size_t size;
} page_file_t;

extern const page_file_t page_files[];
extern const size_t page_file_count;

#endif
