#include "monitor/metrics.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void metrics_row_of(const store_query_t *query, metrics_row_t *row)
{
    *row = (metrics_row_t){
        .status = query->status,
        .has_forecast = query->has_forecast,
        .forecast = query->forecast,
        .arrival_rate = store_rate(query),
        .last_ms = query->last_ms,
        .own = query->total_own,
        .shadow = query->total_shadow,
        .decisions = query->total_decisions,
        .probes = query->total_probes,
        .faults = query->total_faults,
        .empty = query->total_empty,
        .fallbacks = query->total_fallbacks,
        .own_waits = query->own_waits.histogram,
        .shadow_waits = query->shadow_waits.histogram,
        .batch_times = query->batch_times,
    };
    memcpy(row->reasons, query->reasons, sizeof row->reasons);
}

/* ------------------------------------------------------------------------------------------------ text */

typedef struct {
    char *text;
    size_t size, length;
    bool overflow;
    const char *family;
} writer_t;

static void put(writer_t *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(writer_t *out, const char *format, ...)
{
    if (out->overflow) return;
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(out->text + out->length, out->size - out->length, format, arguments);
    va_end(arguments);
    if (wanted < 0 || (size_t)wanted >= out->size - out->length)
        out->overflow = true;
    else
        out->length += (size_t)wanted;
}

/* A label's value: backslash, quote and line break escaped. */
static void put_escaped(writer_t *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\\' || *at == '"')
            put(out, "\\%c", *at);
        else if (*at == '\n')
            put(out, "\\n");
        else
            put(out, "%c", *at);
    }
}

static void family(writer_t *out, const char *name, const char *type, const char *unit, const char *help)
{
    out->family = name;
    put(out, "# TYPE %s %s\n", name, type);
    if (unit != NULL) put(out, "# UNIT %s %s\n", name, unit);
    put(out, "# HELP %s %s\n", name, help);
}

static void put_number(writer_t *out, double value)
{
    if (fabs(value) < 1e15 && value == floor(value))
        put(out, "%.0f\n", value);
    else
        put(out, "%.15g\n", value);
}

/* What is not known has no sample. `label`: of a second label, NULL for none. */
static void sample(writer_t *out, const char *suffix, const char *query, const char *label,
                   const char *label_value, double value)
{
    if (!isfinite(value)) return;
    put(out, "%s%s{query=\"", out->family, suffix);
    put_escaped(out, query);
    put(out, "\"");
    if (label != NULL) {
        put(out, ",%s=\"", label);
        put_escaped(out, label_value);
        put(out, "\"");
    }
    put(out, "} ");
    put_number(out, value);
}

static double known(int64_t value)
{
    return value == FIELD_UNKNOWN ? (double)NAN : (double)value;
}

/* ------------------------------------------------------------------------------------------------ families */

typedef double value_of_t(const metrics_row_t *row);

#define VALUE(name, expression)                                                                              \
    static double name(const metrics_row_t *row)                                                             \
    {                                                                                                        \
        return expression;                                                                                   \
    }
VALUE(interval, row->status.decision.interval_s)
VALUE(trigger, row->status.config.trigger_s)
VALUE(budget, row->status.config.budget)
VALUE(max_wait, row->status.config.max_wait_s)
VALUE(pending, known(row->status.decision.pending))
VALUE(oldest, row->status.decision.oldest_s)
VALUE(cost, store_cost(&row->status, row->status.decision.waiting, row->status.decision.price))
VALUE(rate, row->arrival_rate)
VALUE(confidence, row->has_forecast ? row->forecast.confidence : (double)NAN)
VALUE(effective, row->has_forecast ? row->forecast.effective : (double)NAN)
VALUE(debt, row->status.stats.debt_batches)
VALUE(heard, (double)row->last_ms / 1000)
VALUE(events, (double)row->own.events)
VALUE(batches, (double)row->own.batches)
VALUE(shadow_batches, (double)row->shadow.batches)
VALUE(waited, row->own.waited_s)
VALUE(shadow_waited, row->shadow.waited_s)
VALUE(empty, (double)row->empty)
VALUE(decisions, (double)row->decisions)
VALUE(probes, (double)row->probes)
VALUE(faults, (double)row->faults)
VALUE(fallbacks, (double)row->fallbacks)

static const struct {
    const char *name, *type, *unit, *help;
    value_of_t *value;
} plain[] = {
    {"adaptivestream_interval_seconds", "gauge", "seconds", "Planned interval between triggers.", interval},
    {"adaptivestream_trigger_interval_seconds", "gauge", "seconds", "The job's own trigger interval.",
     trigger},
    {"adaptivestream_max_wait_seconds", "gauge", "seconds", "Longest wait of an event before its batch.",
     max_wait},
    {"adaptivestream_budget_ratio", "gauge", "ratio", "Batches allowed, of those of the job's own trigger.",
     budget},
    {"adaptivestream_pending_events", "gauge", "events",
     "Events in the source that no batch has taken (lag).", pending},
    {"adaptivestream_oldest_pending_seconds", "gauge", "seconds", "Age of the oldest pending event.", oldest},
    {"adaptivestream_waiting_cost_ratio", "gauge", "ratio", "What waiting has cost; at 1 as much as a batch.",
     cost},
    {"adaptivestream_arrival_events_per_second", "gauge", NULL, "Arrival rate of the last seconds.", rate},
    {"adaptivestream_effective_events_per_second", "gauge", NULL,
     "Rate that decisions are advised to count with.", effective},
    {"adaptivestream_forecast_confidence_ratio", "gauge", "ratio", "How far decisions follow the forecast.",
     confidence},
    {"adaptivestream_debt_batches", "gauge", "batches", "Batches run beyond the budget.", debt},
    {"adaptivestream_last_observation_timestamp_seconds", "gauge", "seconds",
     "When the query was heard of last.", heard},
    {"adaptivestream_events", "counter", NULL, "Events taken by batches.", events},
    {"adaptivestream_batches", "counter", NULL, "Triggers that took events.", batches},
    {"adaptivestream_shadow_batches", "counter", NULL, "Batches the job's own trigger would have run.",
     shadow_batches},
    {"adaptivestream_empty_triggers", "counter", NULL, "Triggers that found nothing.", empty},
    {"adaptivestream_waited_seconds", "counter", "seconds", "Sum of the waits of all events.", waited},
    {"adaptivestream_shadow_waited_seconds", "counter", "seconds", "The same under the job's own trigger.",
     shadow_waited},
    {"adaptivestream_decisions", "counter", NULL, "Decisions made.", decisions},
    {"adaptivestream_probes", "counter", NULL, "Times the source was asked.", probes},
    {"adaptivestream_faults", "counter", NULL, "Faults after which the job's own schedule was kept.", faults},
    {"adaptivestream_fallbacks", "counter", NULL, "Times the query fell back as its predictor was lost.",
     fallbacks},
};

static void write_plain(writer_t *out, const metrics_row_t *rows, size_t count)
{
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        family(out, plain[i].name, plain[i].type, plain[i].unit, plain[i].help);
        const char *suffix = strcmp(plain[i].type, "counter") == 0 ? "_total" : "";
        for (size_t row = 0; row < count; row++)
            sample(out, suffix, rows[row].status.query, NULL, NULL, plain[i].value(&rows[row]));
    }
}

static void write_forecasts(writer_t *out, const metrics_row_t *rows, size_t count)
{
    family(out, "adaptivestream_forecast_events_per_second", "gauge", NULL,
           "Forecast of the next second, and its quantiles where the forecaster has them.");
    for (size_t i = 0; i < count; i++) {
        const monitored_forecast_t *forecast = &rows[i].forecast;
        if (!rows[i].has_forecast) continue;
        sample(out, "", rows[i].status.query, "quantile", "mean", forecast->rate);
        if (!forecast->has_quantiles) continue;
        sample(out, "", rows[i].status.query, "quantile", "0.1", forecast->low);
        sample(out, "", rows[i].status.query, "quantile", "0.9", forecast->high);
    }
}

static void write_reasons(writer_t *out, const metrics_row_t *rows, size_t count)
{
    family(out, "adaptivestream_triggers", "counter", NULL,
           "Triggers that took events, by the reason they fired for.");
    for (size_t row = 0; row < count; row++)
        for (size_t i = 0; i < STORE_REASONS && rows[row].reasons[i].count > 0; i++)
            sample(out, "_total", rows[row].status.query, "reason", rows[row].reasons[i].reason,
                   (double)rows[row].reasons[i].count);
}

static void write_states(writer_t *out, const metrics_row_t *rows, size_t count)
{
    family(out, "adaptivestream_state", "gauge", NULL, "1 for the state the query is in.");
    for (size_t i = 0; i < count; i++)
        if (rows[i].status.state[0] != '\0')
            sample(out, "", rows[i].status.query, "state", rows[i].status.state, 1);
    family(out, "adaptivestream_mode", "gauge", NULL, "1 for the mode in use: active, monitoring, disabled.");
    for (size_t i = 0; i < count; i++)
        if (rows[i].status.config.mode[0] != '\0')
            sample(out, "", rows[i].status.query, "mode", rows[i].status.config.mode, 1);
}

static void write_histogram(writer_t *out, const char *query, const duration_histogram_t *histogram)
{
    double below = 0;
    for (size_t class = 0; class <= DURATION_BOUNDS; class ++) {
        below += histogram->counts[class];
        char bound[32] = "+Inf";
        if (class < DURATION_BOUNDS) {
            snprintf(bound, sizeof bound, "%g", duration_bounds_s[class]);
            if (strchr(bound, '.') == NULL) strcat(bound, ".0"); /* the canonical form of OpenMetrics */
        }
        sample(out, "_bucket", query, "le", bound, round(below));
    }
    sample(out, "_count", query, NULL, NULL, round(below));
    sample(out, "_sum", query, NULL, NULL, histogram->sum_s);
}

static void write_histograms(writer_t *out, const metrics_row_t *rows, size_t count)
{
    family(out, "adaptivestream_event_wait_seconds", "histogram", "seconds",
           "How long events waited for their batch to start, to the width of a slot.");
    for (size_t i = 0; i < count; i++)
        write_histogram(out, rows[i].status.query, &rows[i].own_waits);
    family(out, "adaptivestream_shadow_event_wait_seconds", "histogram", "seconds",
           "How long they would have waited under the job's own trigger.");
    for (size_t i = 0; i < count; i++)
        write_histogram(out, rows[i].status.query, &rows[i].shadow_waits);
    family(out, "adaptivestream_batch_seconds", "histogram", "seconds", "How long batches took.");
    for (size_t i = 0; i < count; i++)
        write_histogram(out, rows[i].status.query, &rows[i].batch_times);
}

size_t metrics_write(const metrics_row_t *rows, size_t count, const metrics_host_t *host, char *buffer,
                     size_t size)
{
    writer_t out = {.text = buffer, .size = size};
    family(&out, "adaptivestream_build", "info", NULL, "The version.");
    put(&out, "adaptivestream_build_info{version=\"%s\"} 1\n", ADAPTIVESTREAM_VERSION);
    family(&out, "adaptivestream_queries", "gauge", NULL, "Queries known.");
    put(&out, "adaptivestream_queries %zu\n", count);
    if (host->predictor_uptime_s > 0) {
        family(&out, "adaptivestream_predictor_requests", "counter", NULL,
               "Forecasts that agents have asked for.");
        put(&out, "adaptivestream_predictor_requests_total %lld\n", (long long)host->predictor_requests);
        family(&out, "adaptivestream_predictor_uptime_seconds", "gauge", "seconds",
               "Since the predictor started.");
        put(&out, "adaptivestream_predictor_uptime_seconds %.3f\n", host->predictor_uptime_s);
    }
    write_plain(&out, rows, count);
    write_forecasts(&out, rows, count);
    write_reasons(&out, rows, count);
    write_states(&out, rows, count);
    write_histograms(&out, rows, count);
    put(&out, "# EOF\n");
    return out.overflow ? 0 : out.length;
}
