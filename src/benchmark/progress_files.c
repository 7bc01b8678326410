#include "benchmark/progress_files.h"

#include "traffic/packed_input.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LINE_MAXIMUM = 64 << 20 };

/* How Spark compresses event logs (spark.eventLog.compression.codec; zstd by default, on since Spark 4.0). */
static const struct {
    const char *bytes;
    size_t length;
    const char *name;
    bool unpackable; /* by a program that one has */
} packings[] = {
    {"\x28\xb5\x2f\xfd", 4, "zstd", true},
    {"LZ4Block", 8, "lz4", false},
    {"\x82SNAPPY", 7, "snappy", false},
    {"ZV\0", 3, "lzf", false},
    {"ZV\1", 3, "lzf", false},
};

typedef struct {
    progress_finder_t finder;
    char *line; /* the beginning of a line whose end is not read yet */
    size_t length, room;
    bool begun;      /* the first bytes have been looked at */
    const char *all; /* how a shell names all files of the log */
} reader_t;

static bool refuse(reader_t *reader, const char *why)
{
    snprintf(reader->finder.error, reader->finder.error_size, "%s: %s", reader->finder.path, why);
    return false;
}

static bool check_packing(reader_t *reader, const char *bytes, size_t size)
{
    char why[4096 + 256];
    for (size_t i = 0; i < sizeof packings / sizeof packings[0]; i++) {
        if (size < packings[i].length || memcmp(bytes, packings[i].bytes, packings[i].length) != 0) continue;
        if (packings[i].unpackable)
            snprintf(why, sizeof why,
                     "compressed by %s; unpack it on the way: %s -dc%s%s | adaptivestream ... --progress -",
                     packings[i].name, packings[i].name, *reader->all ? " " : "", reader->all);
        else
            snprintf(why, sizeof why,
                     "compressed by Spark's own %s, which no other program reads; take the driver's log, or "
                     "run the job with spark.eventLog.compress=false",
                     packings[i].name);
        return refuse(reader, why);
    }
    return true;
}

static bool keep(reader_t *reader, const char *bytes, size_t size)
{
    if (reader->length + size > LINE_MAXIMUM)
        return refuse(reader, "has a line longer than 64 MB; this is no log");
    if (reader->length + size > reader->room) {
        const size_t room = 2 * (reader->length + size);
        char *line = realloc(reader->line, room);
        if (!line) return refuse(reader, "out of memory");
        reader->line = line;
        reader->room = room;
    }
    memcpy(reader->line + reader->length, bytes, size);
    reader->length += size;
    return true;
}

static bool read_chunk(void *context, const char *bytes, size_t size)
{
    reader_t *reader = context;
    if (!reader->begun && !check_packing(reader, bytes, size)) return false;
    reader->begun = true;
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(bytes + at, '\n', size - at);
        const size_t length = newline ? (size_t)(newline - (bytes + at)) + 1 : size - at;
        if (!newline || reader->length > 0) {
            if (!keep(reader, bytes + at, length)) return false;
            if (newline && !progress_finder_line(&reader->finder, reader->line, reader->length)) return false;
            if (newline) reader->length = 0;
        } else if (!progress_finder_line(&reader->finder, bytes + at, length)) {
            return false;
        }
        at += length;
    }
    return true;
}

static bool read_all(reader_t *reader, const char *path)
{
    char reason[256];
    switch (packed_input_read(path, read_chunk, reader, reason, sizeof reason)) {
    case INPUT_STOPPED:
        return false;
    case INPUT_UNOPENED:
    case INPUT_UNREAD:
    case INPUT_DAMAGED:
        return refuse(reader, reason);
    default:
        /* gzip data that end too early are a file still being written: what is there counts. */
        return reader->length == 0 || progress_finder_line(&reader->finder, reader->line, reader->length);
    }
}

static bool read_file(const char *path, const char *all, progress_found_t *found, void *context, char *error,
                      size_t error_size)
{
    reader_t reader = {.finder = {.path = packed_input_name(path),
                                  .found = found,
                                  .context = context,
                                  .error = error,
                                  .error_size = error_size},
                       .all = strcmp(path, "-") == 0 ? "" : all};
    const bool good = read_all(&reader, path);
    free(reader.line);
    progress_finder_end(&reader.finder);
    return good;
}

/* The number of "events_12_local-1700000000000" (or "events_12_....gz"); -1: another file. */
static int64_t part_number(const char *name)
{
    int64_t number;
    int length = 0;
    return sscanf(name, "events_%9" SCNd64 "_%n", &number, &length) == 1 && length > 0 ? number : -1;
}

static int is_part(const struct dirent *entry)
{
    return part_number(entry->d_name) >= 0;
}

/* What Spark, Hadoop or a file manager leaves beside logs begins with a dot, or says how an application is doing. */
static int may_be_log(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && strncmp(entry->d_name, "appstatus_", strlen("appstatus_")) != 0;
}

static int by_number(const struct dirent **left, const struct dirent **right)
{
    const int64_t a = part_number((*left)->d_name), b = part_number((*right)->d_name);
    return (a > b) - (a < b);
}

/* A folder of event logs that are not rolled, as spark.eventLog.dir is: of one application it is clear which is meant. */
static bool read_only_file(const char *folder, progress_found_t *found, void *context, char *error,
                           size_t error_size)
{
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, may_be_log, alphasort);
    char path[4096] = "";
    struct stat status;
    if (count == 1) snprintf(path, sizeof path, "%s/%s", folder, entries[0]->d_name);
    if (count < 0)
        snprintf(error, error_size, "%s: %s", folder, strerror(errno));
    else if (count > 1)
        snprintf(error, error_size, "%s: a folder of %d files or folders; name one of them, such as %s/%s",
                 folder, count, folder, entries[0]->d_name);
    else if (count == 0)
        snprintf(error, error_size, "%s: an empty folder; expected is an event log", folder);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    if (count != 1) return false;
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
        return read_file(path, path, found, context, error, error_size);
    snprintf(error, error_size, "%s: holds no file, only %s; name that", folder, path);
    return false;
}

static bool read_folder(const char *folder, progress_found_t *found, void *context, char *error,
                        size_t error_size)
{
    struct dirent **parts = NULL;
    const int count = scandir(folder, &parts, is_part, by_number);
    if (count < 0) snprintf(error, error_size, "%s: %s", folder, strerror(errno));
    if (count == 0) {
        free(parts);
        return read_only_file(folder, found, context, error, error_size);
    }
    bool good = count > 0;
    char all[4096];
    snprintf(all, sizeof all, "$(ls -v %s/events_*)", folder); /* events_10 after events_9 */
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, parts[i]->d_name);
        if (good) good = read_file(path, all, found, context, error, error_size);
        free(parts[i]);
    }
    free(parts);
    return good;
}

bool progress_files_read(const char *path, progress_found_t *found, void *context, char *error,
                         size_t error_size)
{
    struct stat status;
    if (error_size > 0) error[0] = '\0';
    const bool folder = strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    return folder ? read_folder(path, found, context, error, error_size)
                  : read_file(path, path, found, context, error, error_size);
}
