#include "benchmark/clairvoyant.h"
bool clairvoyant_within(const slots_t *slots, const clairvoyant_cost_t *cost, int64_t batches,
                        schedule_t *schedule, double *bound_s)
{
    (void)slots;
    (void)cost;
    (void)batches;
    (void)bound_s;
    (void)schedule;
    return false;
}
