/* A folder of a test's own with the paths of a recording in it. Needs cmocka.h and what it needs. */
#ifndef ADAPTIVESTREAM_TESTS_RECORD_FOLDER_H
#define ADAPTIVESTREAM_TESTS_RECORD_FOLDER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEXT_SIZE = 1024 };

static const int64_t bin_ns = INT64_C(100000000);
static char folder[] = "/tmp/adaptivestream-test-XXXXXX";
static char trace_path[64], state_path[72];
static char error[TEXT_SIZE];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(trace_path, sizeof trace_path, "%s/t.csv", folder);
    snprintf(state_path, sizeof state_path, "%s.state", trace_path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

#endif
