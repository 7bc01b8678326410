/* Kafka's offsets: any bytes are either refused, with the total left alone, or add up to something in
 * range. / */
/* links: offsets */
#include "agent/offsets.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A block of its own, so that a read past the end is seen. */
    char *text = malloc(size > 0 ? size : 1);
    if (!text) abort();
    memcpy(text, data, size);
    int64_t total = -1;
    bool understood = offsets_total(text, size, &total);
    if (understood ? total < 0 || total > INT64_C(1) << 62 : total != -1) abort();
    free(text);
    return 0;
}
