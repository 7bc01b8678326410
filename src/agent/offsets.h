/*
 * Kafka's offsets as Spark writes them, {"topic":{"0":12,"1":5},"other":{"0":7}}: the sum of all numbers
 * counts the topic's events, so that a difference of two sums is a number of arrivals.
 * (KafkaSourceOffset.json of spark-sql-kafka-0-10, all versions.)
 *
 * Pure: no JVM, no allocation, safe on any input bytes.
 */
#ifndef ADAPTIVESTREAM_AGENT_OFFSETS_H
#define ADAPTIVESTREAM_AGENT_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Adds up every offset in the `size` bytes at `text`. False, with *total left as it was, for anything that is
 * not exactly an object of objects of decimal integers of 0 or more under decimal keys, or whose sum exceeds
 * 2^62. */
bool offsets_total(const char *text, size_t size, int64_t *total);

#endif
