/* One temporary file for a group of tests: cmocka's group set-up and tear-down. */
#ifndef ADAPTIVESTREAM_TESTS_TEMPORARY_FILE_H
#define ADAPTIVESTREAM_TESTS_TEMPORARY_FILE_H

#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/adaptivestream-test-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int file = mkstemp(path);
    return file < 0 ? -1 : close(file);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

#endif
