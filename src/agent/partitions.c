#include "agent/partitions.h"

#include <stdlib.h>

enum { ROOM_AT_FIRST = 16 }; /* a power of two */

static const int64_t largest_total = INT64_C(1) << 62;

typedef struct {
    uint32_t topic;
    int32_t partition;
    int32_t source;
    uint32_t read; /* the latest one that it was in; 0 = free */
    int64_t base;
    int64_t offset; /* in that read, less the base */
} entry_t;

/* Open addressing, linear probing, at most half full. */
struct partitions {
    entry_t *entries;
    size_t room;
    size_t count;
    size_t present; /* in this read */
    uint32_t read;
    bool failed;
    __int128 total;
};

partitions_t *partitions_create(void)
{
    partitions_t *partitions = calloc(1, sizeof *partitions);
    if (!partitions) return NULL;
    partitions->room = ROOM_AT_FIRST;
    partitions->entries = calloc(partitions->room, sizeof *partitions->entries);
    if (partitions->entries) return partitions;
    free(partitions);
    return NULL;
}

void partitions_destroy(partitions_t *partitions)
{
    if (!partitions) return;
    free(partitions->entries);
    free(partitions);
}

size_t partitions_count(const partitions_t *partitions)
{
    return partitions->count;
}

void partitions_begin(partitions_t *partitions)
{
    partitions->read++;
    partitions->present = 0;
    partitions->failed = false;
    partitions->total = 0;
}

static bool is_same(const entry_t *entry, const entry_t *wanted)
{
    return entry->topic == wanted->topic && entry->partition == wanted->partition &&
           entry->source == wanted->source;
}

/* The wanted entry, or the free one where it belongs. */
static entry_t *find(entry_t *entries, size_t room, const entry_t *wanted)
{
    uint64_t hash = ((uint64_t)wanted->topic << 32 | (uint32_t)wanted->partition) ^ (uint32_t)wanted->source;
    hash *= UINT64_C(0x9E3779B97F4A7C15); /* Knuth's multiplicative hash; the high bits are the mixed ones */
    size_t at = (size_t)(hash >> 32) & (room - 1);
    while (entries[at].read != 0 && !is_same(&entries[at], wanted))
        at = (at + 1) & (room - 1);
    return &entries[at];
}

static bool grow(partitions_t *partitions)
{
    const size_t room = 2 * partitions->room;
    entry_t *entries = calloc(room, sizeof *entries);
    if (!entries) return false;
    for (size_t i = 0; i < partitions->room; i++)
        if (partitions->entries[i].read != 0)
            *find(entries, room, &partitions->entries[i]) = partitions->entries[i];
    free(partitions->entries);
    partitions->entries = entries;
    partitions->room = room;
    return true;
}

bool partitions_add(partitions_t *partitions, int source, uint32_t topic, int32_t partition, int64_t offset)
{
    const entry_t wanted = {.topic = topic, .partition = partition, .source = source};
    if (offset < 0 || (2 * (partitions->count + 1) > partitions->room && !grow(partitions)))
        partitions->failed = true;
    if (partitions->failed) return false;
    entry_t *entry = find(partitions->entries, partitions->room, &wanted);
    if (entry->read == 0) {
        *entry = wanted;
        entry->base = partitions->read == 1 ? 0 : offset;
        partitions->count++;
    }
    if (entry->read != partitions->read) partitions->present++;
    entry->read = partitions->read;
    /* A batch with a limit may stand below what the partition held at first sight. */
    entry->offset = offset > entry->base ? offset - entry->base : 0;
    partitions->total += entry->offset;
    return true;
}

bool partitions_end(partitions_t *partitions, int64_t *total)
{
    if (partitions->failed) return false;
    if (partitions->present < partitions->count)
        for (size_t i = 0; i < partitions->room; i++) {
            const entry_t *entry = &partitions->entries[i];
            if (entry->read != 0 && entry->read != partitions->read) partitions->total += entry->offset;
        }
    if (partitions->total > largest_total) return false;
    *total = (int64_t)partitions->total;
    return true;
}
