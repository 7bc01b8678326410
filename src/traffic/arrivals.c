#include "traffic/arrivals.h"

#include <math.h>

const char *const spacing_names[SPACING_COUNT] = {"poisson", "regular"};

/* Keeps the spacing of events apart from the choice of bursts: see random_seed(). */
static const uint64_t spacing_stream = 2;

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void arrivals_of_shape(arrivals_t *arrivals, const shape_t *shape, int64_t duration_ns, spacing_t spacing,
                       uint64_t seed)
{
    *arrivals = (arrivals_t){.end_ns = lesser(duration_ns, shape_duration_ns(shape)), .spacing = spacing};
    random_seed(&arrivals->random, seed, spacing_stream);
    shape_walk_begin(&arrivals->walk, shape, seed);
}

void arrivals_of_trace(arrivals_t *arrivals, const trace_t *trace, int64_t duration_ns, spacing_t spacing,
                       uint64_t seed)
{
    *arrivals = (arrivals_t){
        .end_ns = lesser(duration_ns, trace_bin_start_ns(trace, trace->bin_count)),
        .spacing = spacing,
        .trace = trace,
    };
    random_seed(&arrivals->random, seed, spacing_stream);
}

/* n uniform times in order are the partial sums of n + 1 exponential gaps over their whole sum; drawing the
 * gaps twice from a copied generator needs no memory, however full the bin. */
static double sum_of_gaps(random_t random, uint64_t gaps)
{
    double sum = 0;
    for (uint64_t i = 0; i < gaps; i++)
        sum += random_exponential(&random);
    return sum;
}

static bool begin_bin(arrivals_t *arrivals)
{
    const trace_t *trace = arrivals->trace;
    stretch_t *stretch = &arrivals->stretch;
    if (arrivals->bin == trace->bin_count) return false;
    stretch->start_ns = trace_bin_start_ns(trace, arrivals->bin);
    stretch->end_ns = trace_bin_start_ns(trace, arrivals->bin + 1);
    arrivals->count = trace->counts[arrivals->bin++];
    stretch->rate_per_s = (double)arrivals->count / trace->bin_ns * 1e9;
    if (arrivals->count > 0 && arrivals->spacing == SPACING_POISSON) {
        arrivals->sum = 0;
        arrivals->whole = sum_of_gaps(arrivals->random, arrivals->count + 1);
    }
    return stretch->start_ns < arrivals->end_ns;
}

static double expected_in_stretch(const stretch_t *stretch)
{
    return stretch->rate_per_s * ((double)(stretch->end_ns - stretch->start_ns) / 1e9);
}

static bool begin_stretch(arrivals_t *arrivals)
{
    stretch_t *stretch = &arrivals->stretch;
    if (arrivals->spacing == SPACING_REGULAR && stretch->end_ns > 0) {
        double expected = arrivals->carry + expected_in_stretch(stretch);
        arrivals->carry = expected - (double)arrivals->count;
    }
    if (!shape_walk_next(&arrivals->walk, stretch) || stretch->start_ns >= arrivals->end_ns) return false;
    stretch->end_ns = lesser(stretch->end_ns, arrivals->end_ns);
    arrivals->time_ns = stretch->start_ns;
    /* Event k of the run comes when k + 1/2 events were due, so both ends of the run are rounded alike. */
    arrivals->count = (uint64_t)fmax(0, floor(arrivals->carry + expected_in_stretch(stretch) + 0.5));
    return true;
}

static bool next_poisson_of_shape(arrivals_t *arrivals, int64_t *time_ns)
{
    const stretch_t *stretch = &arrivals->stretch;
    if (!(stretch->rate_per_s > 0)) return false;
    double gap_ns = random_exponential(&arrivals->random) / stretch->rate_per_s * 1e9;
    if (gap_ns >= (double)(stretch->end_ns - arrivals->time_ns)) return false;
    arrivals->time_ns += (int64_t)round(gap_ns);
    *time_ns = arrivals->time_ns;
    return true;
}

static bool next_poisson_of_trace(arrivals_t *arrivals, int64_t *time_ns)
{
    if (arrivals->number == arrivals->count) {
        /* The gap after the last event belongs to this bin's sum: the next bin must not begin with it. */
        if (arrivals->count > 0) (void)random_exponential(&arrivals->random);
        return false;
    }
    const stretch_t *stretch = &arrivals->stretch;
    double width_ns = (double)(stretch->end_ns - stretch->start_ns);
    arrivals->sum += random_exponential(&arrivals->random);
    *time_ns = stretch->start_ns + (int64_t)(arrivals->sum / arrivals->whole * width_ns);
    return true;
}

static bool next_regular(arrivals_t *arrivals, int64_t *time_ns)
{
    if (arrivals->number == arrivals->count) return false;
    const stretch_t *stretch = &arrivals->stretch;
    double position = (double)arrivals->number + 0.5;
    double offset_ns;
    if (arrivals->trace == NULL)
        offset_ns = (position - arrivals->carry) / stretch->rate_per_s * 1e9;
    else
        offset_ns = position / (double)arrivals->count * (double)(stretch->end_ns - stretch->start_ns);
    *time_ns = stretch->start_ns + (int64_t)offset_ns;
    return true;
}

/* The next event's time within the present stretch; false when it has no more. */
static bool next_in_stretch(arrivals_t *arrivals, int64_t *time_ns)
{
    bool found;
    if (arrivals->spacing == SPACING_REGULAR)
        found = next_regular(arrivals, time_ns);
    else if (arrivals->trace == NULL)
        found = next_poisson_of_shape(arrivals, time_ns);
    else
        found = next_poisson_of_trace(arrivals, time_ns);
    if (!found) return false;
    arrivals->number++;
    /* Rounding may reach the end, which belongs to the next stretch. */
    *time_ns = lesser(*time_ns, arrivals->stretch.end_ns - 1);
    return true;
}

bool arrivals_next(arrivals_t *arrivals, arrival_t *arrival)
{
    int64_t time_ns;
    while (!next_in_stretch(arrivals, &time_ns)) {
        arrivals->number = 0;
        bool more = arrivals->trace != NULL ? begin_bin(arrivals) : begin_stretch(arrivals);
        if (!more) {
            /* Asked again, there is still nothing. */
            arrivals->count = 0;
            arrivals->stretch.rate_per_s = 0;
            return false;
        }
    }
    if (time_ns >= arrivals->end_ns) return false;
    arrival->time_ns = time_ns;
    arrival->rate_per_s = arrivals->stretch.rate_per_s;
    return true;
}

static double expected_of_trace(const trace_t *trace, int64_t end_ns)
{
    double sum = 0;
    for (size_t i = 0; i < trace->bin_count; i++) {
        int64_t start_ns = trace_bin_start_ns(trace, i), next_ns = trace_bin_start_ns(trace, i + 1);
        if (start_ns >= end_ns) break;
        double inside_ns = (double)(lesser(next_ns, end_ns) - start_ns);
        sum += (double)trace->counts[i] * (inside_ns / (double)(next_ns - start_ns));
    }
    return sum;
}

double arrivals_expected_events(const arrivals_t *arrivals)
{
    if (arrivals->trace != NULL) return expected_of_trace(arrivals->trace, arrivals->end_ns);
    shape_walk_t walk = arrivals->walk;
    stretch_t stretch;
    double sum = 0;
    while (shape_walk_next(&walk, &stretch) && stretch.start_ns < arrivals->end_ns) {
        stretch.end_ns = lesser(stretch.end_ns, arrivals->end_ns);
        sum += expected_in_stretch(&stretch);
    }
    return sum;
}
