#include "benchmark/progress_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Far beyond what occurs; keep sums of them within 64 bits, and times so in nanoseconds. */
static const int64_t rows_maximum = INT64_C(1000000000000);
static const int64_t batch_id_maximum = INT64_C(1000000000000);
static const int64_t duration_maximum_ms = INT64_C(1000000000000);
static const int64_t time_maximum_ms = INT64_C(7258118400000); /* the year 2200 */

/* As it stands in the text, years and months from 1 on. timegm() would make 14 July of 44 June. */
static bool is_time(const struct tm *parts)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const int year = parts->tm_year, month = parts->tm_mon;
    if (year < 1 || month < 1 || month > 12) return false;
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return parts->tm_mday >= 1 && parts->tm_mday <= days[month - 1] + (month == 2 && leap) &&
           parts->tm_hour >= 0 && parts->tm_hour <= 23 && parts->tm_min >= 0 && parts->tm_min <= 59 &&
           parts->tm_sec >= 0 && parts->tm_sec <= 59;
}

bool progress_parse_time(const char *text, int64_t *time_ms)
{
    struct tm parts = {0};
    int millis = 0, length = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
               &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &millis, &length) != 7 ||
        text[length] != '\0' || length != 24)
        return false;
    if (!is_time(&parts) || millis < 0) return false;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    *time_ms = (int64_t)timegm(&parts) * 1000 + millis;
    return true;
}

/* Kafka's source reports how far behind it stayed, as a text that holds a number. */
static bool stayed_behind(const json_t *source)
{
    const char *offsets =
        json_string_value(json_object_get(json_object_get(source, "metrics"), "maxOffsetsBehindLatest"));
    return offsets && strtod(offsets, NULL) > 0;
}

/* The sum over the sources; the total where no source has any: in event logs it is left out (it is a method of Spark's
 * class, not a field), elsewhere both are there and equal. */
static bool add_sources(const json_t *progress, const json_t *sources, progress_report_t *report)
{
    size_t index;
    json_t *source;
    json_array_foreach(sources, index, source)
    {
        const json_int_t rows = json_integer_value(json_object_get(source, "numInputRows"));
        if (rows > rows_maximum || report->rows > rows_maximum) return false;
        if (rows > 0) report->rows += rows;
        if (stayed_behind(source)) report->behind = true;
    }
    const json_int_t total = json_integer_value(json_object_get(progress, "numInputRows"));
    if (report->rows == 0 && total > 0) report->rows = total;
    return report->rows <= rows_maximum;
}

static const char *text_of(const json_t *progress, const char *key)
{
    const char *text = json_string_value(json_object_get(progress, key));
    return text ? text : "";
}

const char *progress_report_of(const json_t *progress, progress_report_t *report)
{
    const char *time = json_string_value(json_object_get(progress, "timestamp"));
    const json_t *id = json_object_get(progress, "batchId");
    json_t *sources = json_object_get(progress, "sources");
    *report = (progress_report_t){.batch_id = json_integer_value(id), .duration_ms = -1, .json = progress};
    if (!time || !json_is_integer(id) || !json_is_array(sources))
        return "not a query's progress: timestamp, batchId and sources are expected";
    if (!progress_parse_time(time, &report->trigger_ms))
        return "timestamp is not of the form 2026-01-31T12:00:00.123Z";
    if (report->trigger_ms < 0 || report->trigger_ms > time_maximum_ms)
        return "timestamp lies before 1970 or after 2200";
    if (imaxabs(report->batch_id) > batch_id_maximum) return "batchId is no number of a batch";
    const json_t *duration = json_object_get(json_object_get(progress, "durationMs"), "triggerExecution");
    const json_int_t duration_ms = json_integer_value(duration);
    if (json_is_integer(duration) && duration_ms >= 0 && duration_ms <= duration_maximum_ms)
        report->duration_ms = duration_ms;
    if (!add_sources(progress, sources, report)) return "numInputRows is no number of rows";
    report->name = json_string_value(json_object_get(progress, "name"));
    report->id = text_of(progress, "id");
    report->run_id = text_of(progress, "runId");
    return NULL;
}
