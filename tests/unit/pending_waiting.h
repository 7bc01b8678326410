/* The waiting of what is pending, through the profile that decisions use. */
#ifndef ADAPTIVESTREAM_TESTS_PENDING_WAITING_H
#define ADAPTIVESTREAM_TESTS_PENDING_WAITING_H

#include "control/pending.h"

static waiting_t pending_waiting(const pending_t *pending, int64_t now_ns, double p)
{
    profile_t profile;
    pending_profile(pending, now_ns, &profile);
    return profile_waiting(&profile, 0, p);
}

#endif
