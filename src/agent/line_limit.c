#include "agent/line_limit.h"

enum { HANDFUL = 24 };
static const int64_t gap_ns = 10 * INT64_C(1000000000);

log_level_t line_limit(line_limit_t *limit, log_level_t level, int64_t now_ns)
{
    while (limit->spent > 0 && now_ns - limit->repaid_ns >= gap_ns) {
        limit->repaid_ns += gap_ns;
        limit->spent--;
    }
    if (limit->spent == 0) limit->repaid_ns = now_ns;
    if (limit->spent >= HANDFUL) return LOG_DEBUG;
    limit->spent++;
    return level;
}
