#include "cli/evaluate_loop.h"

#include "benchmark/advised_gain.h"
#include "traffic/slots.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t second_ns = 1000000000;
static const batch_model_t batch_cost = {.fixed_s = 0.25, .per_event_s = 20e-6};

/* The series one behind the other, in slots. */
static bool join(const series_t *const *series, size_t count, slots_t *slots)
{
    trace_t trace = {.bin_ns = 1e9};
    for (size_t i = 0; i < count; i++)
        trace.bin_count += series[i]->count;
    trace.counts = malloc((trace.bin_count > 0 ? trace.bin_count : 1) * sizeof *trace.counts);
    if (!trace.counts) return false;
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < series[i]->count; k++) {
            const double rate_per_s = fmax(0, fmin(series[i]->rates_per_s[k], UINT32_MAX));
            trace.counts[at] = (uint32_t)lround(rate_per_s);
            trace.total += trace.counts[at++];
        }
    const bool done = slots_of_trace(&trace, comparison_slot_ns(2 * second_ns), 0, 1, slots);
    trace_free(&trace);
    return done;
}

static bool add_row(const comparison_t *comparison, const advice_reference_t *reference, advice_kind_t kind,
                    const model_t *model, loop_t *loop)
{
    const advised_setting_t advice = {.kind = kind, .model = model};
    comparison_t advised = *comparison;
    advice_gain_t gain;
    advised.advice = &advice;
    if (!advice_gain(&advised, reference, &gain)) return false;
    loop->rows[loop->count++] =
        (loop_row_t){.kind = kind, .ratio = gain.ratio, .confidence = gain.result.advised.mean};
    return true;
}

bool evaluate_loop(const series_t *const *series, size_t series_count, const forecaster_kind_t *kinds,
                   size_t kind_count, const model_t *model, loop_t *loop)
{
    slots_t slots;
    options_t options;
    advice_reference_t reference;
    *loop = (loop_t){0};
    if (!join(series, series_count, &slots)) return false;
    options_defaults(&options);
    const comparison_t comparison = {
        .slots = &slots, .config = governor_config_of(&options, 2 * second_ns), .model = batch_cost};
    bool done = slots.events == 0 || advice_reference(&comparison, &reference);
    for (size_t i = 0; i < kind_count && done && slots.events > 0; i++)
        done = add_row(&comparison, &reference, (advice_kind_t)kinds[i], model, loop);
    if (done && slots.events > 0) {
        done = add_row(&comparison, &reference, ADVICE_LEARNED, model, loop) &&
               add_row(&comparison, &reference, ADVICE_AUTO, model, loop);
        loop->known = done;
        loop->seconds = (double)slots.count * (double)slots.slot_ns * 1e-9;
        loop->mean_wait_s = reference.free.mean_s;
    }
    slots_free(&slots);
    return done;
}

void evaluate_loop_print(const loop_t *loop)
{
    if (!loop->known) return;
    printf("\nin the loop of a job (trigger 2s, goal balanced, %.0f s, mean wait %.3f s without a forecast)\n"
           "%-8s %9s %11s\n",
           loop->seconds, loop->mean_wait_s, "", "mean wait", "confidence");
    for (size_t i = 0; i < loop->count; i++)
        printf("%-8s %9.4f %11.2f\n", advice_kind_names[loop->rows[i].kind], loop->rows[i].ratio,
               loop->rows[i].confidence);
    printf("mean wait: over that without a forecast, at equal batches. The confidence is what following\n"
           "the forecaster has been seen to pay; 0, and 1.0000, where it pays nothing.\n");
}

json_t *evaluate_loop_json(const loop_t *loop)
{
    json_t *forecasters = json_object();
    for (size_t i = 0; i < loop->count; i++)
        json_object_set_new(forecasters, advice_kind_names[loop->rows[i].kind],
                            json_pack("{s:f, s:f}", "ratio_mean", loop->rows[i].ratio, "confidence",
                                      loop->rows[i].confidence));
    return json_pack("{s:f, s:f, s:o}", "seconds", loop->seconds, "mean_s", loop->mean_wait_s, "forecasters",
                     forecasters);
}
