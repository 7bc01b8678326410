#include "advice/advisor.h"
#include "advice/advisor_parts.h"

#include <stdio.h>

/* The candidate whose evidence says most; ADVICE_NONE when none has been judged. */
static int closest(const advisor_t *a)
{
    int best = ADVICE_NONE;
    for (int i = 0; i < ADVICE_CANDIDATES; i++) {
        if (!a->candidates[i] || a->evidence[i].blocks < 2) continue;
        if (best == ADVICE_NONE || evidence_bound(&a->evidence[i]) > evidence_bound(&a->evidence[best]))
            best = i;
    }
    return best;
}

void advisor_explain(const advisor_t *a, char *text, size_t size)
{
    const governor_config_t *governor = &a->config.governor;
    const int best = a->in_use == ADVICE_NONE ? closest(a) : (int)a->in_use;
    if (a->config.kind == ADVICE_NONE)
        snprintf(text, size, "no forecaster is asked for");
    else if (governor->policy != POLICY_ADAPTIVE)
        snprintf(text, size, "the policy in force takes no advice");
    else if (governor->rows_only)
        snprintf(text, size, "the source cannot be asked, so there is nothing to judge advice by");
    else if (!a->able)
        snprintf(text, size, "the trigger is shorter than 400 ms, finer than what is told of arrivals");
    else if (best == ADVICE_NONE)
        snprintf(text, size, "too little was seen to judge any forecaster by");
    else if (a->in_use == ADVICE_NONE)
        snprintf(text, size,
                 "no forecaster has proven to pay: the best, %s, saves %.2f %% +- %.2f over %lld stretches "
                 "of %lld s",
                 advice_kind_names[best], 100 * evidence_gain(&a->evidence[best]),
                 100 * evidence_error(&a->evidence[best]), (long long)a->evidence[best].blocks,
                 (long long)a->block_seconds);
    else
        snprintf(text, size,
                 "%s saves %.2f %% +- %.2f of the cost without a forecast, over %lld stretches of %lld s",
                 advice_kind_names[best], 100 * evidence_gain(&a->evidence[best]),
                 100 * evidence_error(&a->evidence[best]), (long long)a->evidence[best].blocks,
                 (long long)a->block_seconds);
}
