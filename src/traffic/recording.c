#include "traffic/recording.h"

#include <math.h>

enum { TOLERANCE = 4 }; /* a reading is in time within a TOLERANCE-th of a bin */

static bool is_in_time(int64_t end_ns, int64_t time_ns, int64_t bin_ns)
{
    return time_ns - end_ns <= bin_ns / TOLERANCE;
}

void recording_begin(recording_t *recording, int64_t bin_ns, int64_t time_ns)
{
    int64_t end_ns = time_ns - time_ns % bin_ns;
    *recording = (recording_t){
        .bin_ns = bin_ns,
        .end_ns = end_ns,
        .read_ns = time_ns,
        .end_read = is_in_time(end_ns, time_ns, bin_ns),
    };
}

void recording_add(recording_t *recording, int64_t time_ns, int64_t arrived)
{
    recording->now_ns = time_ns > recording->read_ns ? time_ns : recording->read_ns;
    recording->arrived = arrived;
    recording->given = 0;
}

int64_t recording_due(const recording_t *recording)
{
    int64_t now_ns = recording->now_ns > 0 ? recording->now_ns : recording->read_ns;
    return (now_ns - recording->end_ns) / recording->bin_ns;
}

/* How many of the events of this reading had come by `time_ns`: the nearest whole number. Rounded down, a lone event
 * would always fall into the bin after its own, as a reading comes a little after the bin's end. */
static int64_t arrived_by(const recording_t *recording, int64_t time_ns)
{
    double part = (double)(time_ns - recording->read_ns) / (double)(recording->now_ns - recording->read_ns);
    return (int64_t)floor((double)recording->arrived * part + 0.5);
}

bool recording_next(recording_t *recording, recorded_bin_t *bin)
{
    if (recording_due(recording) == 0) {
        recording->pending += recording->arrived - recording->given;
        if (recording->now_ns > 0) recording->read_ns = recording->now_ns;
        recording->now_ns = recording->arrived = recording->given = 0;
        return false;
    }
    int64_t end_ns = recording->end_ns + recording->bin_ns;
    int64_t given = arrived_by(recording, end_ns);
    bool end_read = is_in_time(end_ns, recording->now_ns, recording->bin_ns);
    bin->count = recording->pending + given - recording->given;
    bin->filled = !(recording->end_read && end_read);
    recording->pending = 0;
    recording->given = given;
    recording->end_ns = end_ns;
    recording->end_read = end_read;
    return true;
}
