/* What an advisor learns in an hour and a half of a stream that has a pattern, as the predictor keeps it: for tests of what becomes
 * of it. */
#ifndef ADAPTIVESTREAM_TESTS_LEARNT_TRAINS_H
#define ADAPTIVESTREAM_TESTS_LEARNT_TRAINS_H

#include "advice/advisor.h"
#include "poisson.h"

/* What it was learnt under, as query_advice.c says it: trigger 2 s, goal balanced, budget 1. */
#define LEARNT_RULE "2000000000 balanced 1"

/* A train of events every 4 s for half a second, else next to nothing; of a slot of 100 ms. */
static inline int64_t trains(random_t *random, int64_t slot)
{
    return (int64_t)poisson(random, slot % 40 < 5 ? 8 : 0.02);
}

/* The number of bytes; 0 when it was not learnt, or there is no room. */
static inline size_t learn_trains(uint8_t *bytes, size_t room)
{
    enum { SECONDS = 5400, SLOTS_A_SECOND = 10 };
    const int64_t ns = 1000000000;
    options_t options;
    random_t random;
    options_defaults(&options);
    random_seed(&random, 2, 0);
    const advisor_config_t config = {
        .governor = governor_config_of(&options, 2 * ns), .kind = ADVICE_LEARNED, .learn = true};
    advisor_t *advisor = advisor_create(&config);
    if (!advisor) return 0;
    advisor_batch(advisor, 100, 0.25);
    for (int64_t second = 0; second < SECONDS; second++) {
        int64_t counts[SLOTS_A_SECOND];
        advisor_advise(advisor, second * ns);
        for (int64_t i = 0; i < SLOTS_A_SECOND; i++)
            counts[i] = trains(&random, second * SLOTS_A_SECOND + i);
        advisor_slots(advisor, second * ns, counts, SLOTS_A_SECOND);
        while (advisor_work(advisor, 1000000) > 0) {
        }
    }
    const bool learnt = advisor_advise(advisor, SECONDS * ns).confidence > 0.5;
    const size_t size = advisor_save(advisor, bytes, room);
    advisor_destroy(advisor);
    return learnt && size <= room ? size : 0;
}

#endif
