/*
 * The partitions of a query's Kafka sources, and the one total that their offsets add up to, so that a
 * difference of two totals is a number of arrivals:
 *
 *     total = sum over the partitions of (offset - base)
 *
 * base is 0 for the partitions of the first read. One that turns up later (a topic that got partitions, a new
 * topic under subscribePattern) begins with what it holds at first sight: its offsets may start anywhere, and
 * what lies before was not seen to arrive. One that is missing from a read (a topic that was deleted) counts as
 * it was last, so that the total does not run backwards.
 *
 * A read is partitions_begin(), partitions_add() for each partition of each source, partitions_end().
 *
 * Pure: no JVM. Grows with the number of partitions, 32 bytes each in a table at most half full.
 */
#ifndef ADAPTIVESTREAM_AGENT_PARTITIONS_H
#define ADAPTIVESTREAM_AGENT_PARTITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct partitions partitions_t;

/* NULL when out of memory. */
partitions_t *partitions_create(void);
void partitions_destroy(partitions_t *partitions);

void partitions_begin(partitions_t *partitions);

/* `topic` is any number that, with the partition's, tells topics apart, e.g. Java's hash. False when out of memory, or for
 * an offset below 0. */
bool partitions_add(partitions_t *partitions, int source, uint32_t topic, int32_t partition, int64_t offset);

/* False, with *total left as it was, when a call of this read has failed or the total is beyond 2^62. */
bool partitions_end(partitions_t *partitions, int64_t *total);

/* Partitions ever seen. */
size_t partitions_count(const partitions_t *partitions);

#endif
