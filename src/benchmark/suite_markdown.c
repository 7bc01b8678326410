#include "benchmark/suite_markdown.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static const struct {
    suite_metric_t metric;
    const char *title;
    int digits;
    enum { PLAIN, WITH_RATIO, RATIO_ONLY } form; /* a ratio is shown with its interval */
    const char *job;                             /* shown for this one only; NULL: for all */
    bool if_any;                                 /* shown where an arm has more than nothing */
} columns[] = {
    {METRIC_BATCHES, "batches", 0, WITH_RATIO, NULL, false},
    {METRIC_WAIT_MEAN, "mean wait, s", 3, WITH_RATIO, NULL, false},
    {METRIC_PRODUCT, "mean × batches", 3, RATIO_ONLY, NULL, false},
    {METRIC_WAIT_P95, "p95", 3, WITH_RATIO, NULL, false},
    {METRIC_WAIT_P99, "p99", 3, WITH_RATIO, NULL, false},
    {METRIC_WAIT_MAX, "max", 2, PLAIN, NULL, false},
    {METRIC_LATENCY_MEAN, "mean latency, s", 3, WITH_RATIO, NULL, false},
    {METRIC_BATCH_MEAN, "a batch takes, s", 3, PLAIN, NULL, false},
    {METRIC_BUSY, "longest time without rest, s", 1, WITH_RATIO, "heavy", false},
    {METRIC_CPU, "driver CPU, s", 1, WITH_RATIO, NULL, false},
    {METRIC_RESIDENT, "resident, MB", 0, PLAIN, NULL, false},
    {METRIC_PREDICTOR, "predictor CPU, s", 2, PLAIN, NULL, true},
    {METRIC_PREDICTOR_RESIDENT, "predictor, MB", 1, PLAIN, NULL, true},
    {METRIC_REQUESTS, "requests to Kafka", 0, WITH_RATIO, NULL, true},
    {METRIC_EMPTY, "triggers without events", 0, PLAIN, NULL, true},
    {METRIC_FILES, "files", 0, WITH_RATIO, "files", false},
};

enum { COLUMN_COUNT = sizeof columns / sizeof columns[0] };

static bool same_scene(const suite_line_of_t *line, const suite_scene_t *scene)
{
    return line->scene == scene;
}

static bool shown(const suite_markdown_t *report, size_t column, const suite_scene_t *scene)
{
    if (columns[column].job) return strcmp(scene->job, columns[column].job) == 0;
    bool any = !columns[column].if_any;
    for (size_t i = 0; !any && i < report->summary->count; i++) {
        const suite_line_of_t *line = &report->summary->lines[i];
        any = same_scene(line, scene) && line->values[columns[column].metric].median > 0;
    }
    return any;
}

static void print_ratio(const estimate_of_t *ratio, FILE *out)
{
    fprintf(out, "%.3f", ratio->median);
    if (ratio->count > 1) fprintf(out, ", %.3f to %.3f", ratio->low, ratio->high);
}

static void print_cell(const suite_line_of_t *line, size_t column, bool reference, FILE *out)
{
    const estimate_of_t *value = &line->values[columns[column].metric];
    const estimate_of_t *ratio = &line->ratios[columns[column].metric];
    const bool only = columns[column].form == RATIO_ONLY;
    const bool compared = columns[column].form != PLAIN && ratio->count > 0 && !reference;
    fputs(" | ", out);
    if (value->count == 0 || (only && !compared)) {
        fputs(value->count > 0 && reference ? "1" : "-", out);
    } else if (only) {
        print_ratio(ratio, out);
    } else {
        fprintf(out, "%.*f", columns[column].digits, value->median);
        if (compared) {
            fputs(" (", out);
            print_ratio(ratio, out);
            fputs(")", out);
        }
    }
}

static void print_table(const suite_markdown_t *report, const suite_scene_t *scene, FILE *out)
{
    fputs("| arm | runs", out);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (shown(report, i, scene)) fprintf(out, " | %s", columns[i].title);
    fputs(" |\n|---|---", out);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (shown(report, i, scene)) fputs("|---", out);
    fputs("|\n", out);
    for (size_t k = 0; k < report->summary->count; k++) {
        const suite_line_of_t *line = &report->summary->lines[k];
        if (!same_scene(line, scene)) continue;
        const bool reference = strcmp(line->arm, report->reference) == 0;
        fprintf(out, "| %s%s%s | %zu", reference ? "**" : "", line->arm, reference ? "**" : "", line->runs);
        for (size_t i = 0; i < COLUMN_COUNT; i++)
            if (shown(report, i, scene)) print_cell(line, i, reference, out);
        fputs(" |\n", out);
    }
    fputs("\n", out);
}

/* Whether some events of the scene came in such seconds. */
static bool any_in(const suite_markdown_t *report, const suite_scene_t *scene, int part)
{
    for (size_t k = 0; k < report->summary->count; k++)
        if (same_scene(&report->summary->lines[k], scene) && report->busyness[k].means_s[part].count > 0)
            return true;
    return false;
}

static void print_busyness_title(const suite_busyness_t *busyness, const bool *shown_parts, FILE *out)
{
    static const char *const titles[BUSYNESS_COUNT] = {"bursts (above twice the mean rate)", "between",
                                                       "quiet (below a tenth of it)"};
    fputs("Mean waits in seconds, by how many events came in the same second:\n\n| arm", out);
    for (int i = 0; i < BUSYNESS_COUNT; i++)
        if (shown_parts[i])
            fprintf(out, " | %s: %.0f %% of the events", titles[i], busyness->shares[i] * 100);
    fputs(" |\n|---", out);
    for (int i = 0; i < BUSYNESS_COUNT; i++)
        if (shown_parts[i]) fputs("|---", out);
    fputs("|\n", out);
}

static void print_busyness(const suite_markdown_t *report, const suite_scene_t *scene, FILE *out)
{
    bool parts[BUSYNESS_COUNT], titled = false;
    int count = 0;
    for (int i = 0; i < BUSYNESS_COUNT; i++)
        count += parts[i] = any_in(report, scene, i);
    for (size_t k = 0; count > 1 && k < report->summary->count; k++) {
        const suite_line_of_t *line = &report->summary->lines[k];
        const suite_busyness_t *busyness = &report->busyness[k];
        if (!same_scene(line, scene) || line->runs == 0) continue;
        if (!titled) print_busyness_title(busyness, parts, out);
        titled = true;
        fprintf(out, "| %s", line->arm);
        for (int i = 0; i < BUSYNESS_COUNT; i++) {
            if (!parts[i]) continue;
            if (busyness->means_s[i].count == 0) {
                fputs(" | -", out);
                continue;
            }
            fprintf(out, " | %.3f", busyness->means_s[i].median);
            if (busyness->ratios[i].count == 0 || strcmp(line->arm, report->reference) == 0) continue;
            fputs(" (", out);
            print_ratio(&busyness->ratios[i], out);
            fputs(")", out);
        }
        fputs(" |\n", out);
    }
    if (titled) fputs("\n", out);
}

static void print_simulated(const suite_markdown_t *report, const suite_scene_t *scene, FILE *out)
{
    static const suite_metric_t metrics[SIMULATED_COUNT] = {METRIC_BATCHES, METRIC_WAIT_MEAN, METRIC_WAIT_P95,
                                                            METRIC_WAIT_P99};
    bool any = false;
    for (size_t k = 0; k < report->summary->count; k++) {
        const suite_line_of_t *line = &report->summary->lines[k];
        double ratios[SIMULATED_COUNT];
        if (!same_scene(line, scene) || line->ratios[METRIC_WAIT_MEAN].count == 0 ||
            strcmp(line->arm, report->reference) == 0)
            continue;
        bool known = true;
        for (int i = 0; i < SIMULATED_COUNT; i++)
            known = known && suite_simulated_ratio(report->simulated, scene, line->arm, report->reference, i,
                                                   &ratios[i]);
        if (!known) continue;
        if (!any)
            fprintf(
                out,
                "Ratios to `%s`, measured / simulated (batches take as long as those of `%s` did; without a "
                "forecaster):\n\n"
                "| arm | batches | mean | p95 | p99 | mean differs by |\n|---|---|---|---|---|---|\n",
                report->reference, report->reference);
        any = true;
        fprintf(out, "| %s", line->arm);
        for (int i = 0; i < SIMULATED_COUNT; i++)
            fprintf(out, " | %.3f / %.3f", line->ratios[metrics[i]].median, ratios[i]);
        fprintf(out, " | %.3f |\n", fabs(line->ratios[METRIC_WAIT_MEAN].median - ratios[SIMULATED_MEAN]));
    }
    if (any) fputs("\n", out);
}

static void print_pairs(const suite_markdown_t *report, const suite_scene_t *scene, FILE *out)
{
    bool any = false;
    for (size_t k = 0; k < report->summary->count; k++) {
        const suite_line_of_t *line = &report->summary->lines[k];
        const suite_pairs_t *pairs = &report->pairs[k];
        if (!same_scene(line, scene) || pairs->ratio.count == 0) continue;
        if (!any)
            fprintf(out,
                    "What a batch takes beside that of `%s`: same trigger point, as many events, at the same "
                    "time in another driver. The median of a run's pairs; of several repetitions their "
                    "median and interval:\n\n"
                    "| arm | pairs | `%s`, ms | longer by, ms | ratio |\n|---|---|---|---|---|\n",
                    report->reference, report->reference);
        any = true;
        fprintf(out, "| %s | %zu | %.0f | %+.1f", line->arm, pairs->pairs, pairs->reference_s.median * 1e3,
                pairs->more_s.median * 1e3);
        if (pairs->more_s.count > 1)
            fprintf(out, ", %+.1f to %+.1f", pairs->more_s.low * 1e3, pairs->more_s.high * 1e3);
        fputs(" | ", out);
        print_ratio(&pairs->ratio, out);
        fputs(" |\n", out);
    }
    if (any) fputs("\n", out);
}

static void print_forecast(const suite_markdown_t *report, const suite_scene_t *scene, FILE *out)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s-%s-forecast.svg", report->folder, scene->job, scene->workload);
    if (access(path, F_OK) == 0)
        fprintf(out, "![forecast and truth](%s-%s-forecast.svg)\n", scene->job, scene->workload);
}

static void print_excluded(const suite_results_t *results, FILE *out)
{
    bool any = false;
    for (size_t i = 0; i < results->count; i++) {
        const suite_row_t *row = &results->rows[i];
        if (suite_row_counts(row)) continue;
        if (!any) fputs("Runs that do not count, after the attempts that the plan allows:\n\n", out);
        any = true;
        fprintf(out, "- %s, %s, %s, repetition %" PRId64 ": %s (%s), %" PRId64 " attempts\n", row->job,
                row->workload, row->arm, row->repetition, row->status, row->reason, row->attempts);
    }
    if (any) fputs("\n", out);
}

static void print_stale(const suite_results_t *results, FILE *out)
{
    if (results->stale_count == 0) return;
    fputs("Left out, being of another plan, or of another agent or predictor than the last one:\n\n", out);
    for (size_t i = 0; i < results->stale_count; i++) {
        const suite_row_t *row = &results->stale[i];
        fprintf(out, "- %s, %s, %s, repetition %" PRId64 ": %s\n", row->job, row->workload, row->arm,
                row->repetition, row->folder);
    }
    fputs("\n", out);
}

static void print_events(const suite_results_t *results, const suite_scene_t *scene, FILE *out)
{
    int64_t least = INT64_MAX, most = 0, beside = 0;
    double others = 0;
    for (size_t i = 0; i < results->count; i++) {
        const suite_row_t *row = &results->rows[i];
        if (!suite_row_is_of(row, scene) || !suite_row_counts(row)) continue;
        if (row->events < least) least = row->events;
        if (row->events > most) most = row->events;
        if (row->beside > beside) beside = row->beside;
        others = fmax(others, row->values[METRIC_OTHERS]);
    }
    if (most == 0) {
        fputs("No run counts.\n\n", out);
        return;
    }
    fprintf(out, "%" PRId64, least);
    if (most > least) fprintf(out, " to %" PRId64, most);
    fprintf(out,
            " events a run, each matched with its batch. What does not belong to the benchmark took up to "
            "%.0f %% of the "
            "machine's processors during a run.",
            others * 100);
    if (beside > 0)
        fprintf(out,
                " Up to %" PRId64 " arms ran at the same time: the figures of CPU are not to be compared.",
                beside + 1);
    fputs("\n\n", out);
}

void suite_markdown_print(const suite_markdown_t *report, FILE *out)
{
    fprintf(out,
            "# Benchmark\n\n%s%sMedians of the runs; in brackets the ratio to `%s` in the same repetition, "
            "and the middle "
            "95 %% of its bootstrapped median.\nWait: from an event's scheduled time to the trigger of its "
            "batch. Latency: to "
            "the end of that batch. Mean × batches: with a fixed trigger, whichever, it stays about the "
            "same, so it compares arms that made\ndifferent numbers of batches. CPU: user and system time of "
            "the driver's\nJVM during the traffic. Every "
            "run begins after "
            "a warm-up query in the same JVM.\n\n",
            report->facts, report->facts[0] ? "\n\n" : "", report->reference);
    for (size_t i = 0; i < report->results->scene_count; i++) {
        const suite_scene_t *scene = &report->results->scenes[i];
        fprintf(out, "## %s, job %s\n\n", scene->workload, scene->job);
        print_events(report->results, scene, out);
        print_table(report, scene, out);
        print_busyness(report, scene, out);
        print_pairs(report, scene, out);
        print_simulated(report, scene, out);
        print_forecast(report, scene, out);
        fprintf(out,
                "![how many wait how long](%s-%s-waits.svg)\n![waits in time](%s-%s-time.svg)\n"
                "![waits against batches](%s-%s-batches.svg)\n\n",
                scene->job, scene->workload, scene->job, scene->workload, scene->job, scene->workload);
    }
    print_excluded(report->results, out);
    print_stale(report->results, out);
}
