/* Any sequence of reads: no crash, no total below 0, a failed read changes nothing. */
/* links: partitions common */
#include "agent/partitions.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { STEP = 12 }; /* source, topic, partition, what to do, offset */
    partitions_t *partitions = partitions_create();
    if (!partitions) return 0;
    partitions_begin(partitions);
    for (; size >= STEP; data += STEP, size -= STEP) {
        int64_t offset, total = -1;
        memcpy(&offset, data + 4, sizeof offset);
        partitions_add(partitions, data[0] % 4, data[1], data[2], data[3] & 1 ? offset : offset & 0xFFFFFF);
        if (data[3] < 192) continue;
        if (partitions_end(partitions, &total) ? total < 0 : total != -1) abort();
        partitions_begin(partitions);
    }
    partitions_destroy(partitions);
    return 0;
}
