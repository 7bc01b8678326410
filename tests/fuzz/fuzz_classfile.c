/* The class rewriter on any bytes: stays within its buffers, and what it writes it knows as its own work. */
/* links: classfile */
#include "agent/classfile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const classfile_target_t targets[] = {
    {"org/apache/spark/sql/execution/streaming/ProcessingTimeExecutor", "intervalMs", "()J", "intervalMs",
     "J"},
    {"org/apache/spark/sql/execution/streaming/runtime/ProcessingTimeExecutor", "intervalMs", "()J",
     "intervalMs", "J"},
    {"org/apache/spark/util/SystemClock", "waitTillTime", "(J)J", "minPollTime", "J"},
    {"org/apache/spark/util/SystemClock", "waitTillTime", "(J)J", NULL, NULL},
    {"Sample", "wanted", "(J)J", "shape", "J"},
};

static void check(int holds)
{
    if (!holds) abort();
}

static void rewrite_and_check(const uint8_t *data, size_t size, const classfile_target_t *target)
{
    enum { UNSET = 4242 };
    size_t once_size = UNSET, twice_size = UNSET;
    uint8_t *once = malloc(size > 0 ? size : 1);
    check(once != NULL);
    classfile_result_t result = classfile_make_native(data, size, target, once, &once_size);
    check(classfile_result_text(result) != NULL);
    if (result == CLASSFILE_REWRITTEN) {
        check(once_size < size);
        uint8_t *exact = malloc(once_size), *twice = malloc(once_size);
        check(exact != NULL && twice != NULL);
        memcpy(exact, once, once_size);
        check(classfile_make_native(exact, once_size, target, twice, &twice_size) ==
              CLASSFILE_ALREADY_NATIVE);
        check(twice_size == UNSET);
        free(exact);
        free(twice);
    } else {
        check(once_size == UNSET);
    }
    free(once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        rewrite_and_check(data, size, &targets[i]);
    return 0;
}
