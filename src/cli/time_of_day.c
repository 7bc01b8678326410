#include "cli/time_of_day.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

static bool parse_number(const char *text, int64_t *time_ms)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    *time_ms = value;
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

bool time_of_day_parse(const char *text, int64_t *time_ms)
{
    if (parse_number(text, time_ms)) return true;
    struct tm parts = {.tm_year = 0};
    const char *rest = strptime(text, "%Y-%m-%d", &parts);
    if (rest == NULL || (*rest != ' ' && *rest != 'T')) return false;
    const char *time = rest + 1;
    rest = strptime(time, "%H:%M:%S", &parts);
    if (rest == NULL) rest = strptime(time, "%H:%M", &parts);
    if (rest == NULL) return false;
    double fraction = 0;
    if (*rest == '.') {
        char *end;
        fraction = strtod(rest, &end);
        rest = end;
    }
    if (*rest == 'Z') rest++;
    *time_ms = (int64_t)timegm(&parts) * 1000 + (int64_t)(fraction * 1000 + 0.5);
    return *rest == '\0' && fraction >= 0 && fraction < 1;
}
