/*
 * Points of time as they are typed.
 */
#ifndef ADAPTIVESTREAM_CLI_TIME_OF_DAY_H
#define ADAPTIVESTREAM_CLI_TIME_OF_DAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "2026-11-26 04:00", "2026-11-26 04:00:00", "2026-11-26T04:00:00.250Z" (UTC all), or milliseconds since the epoch. */
bool time_of_day_parse(const char *text, int64_t *time_ms);

#endif
