#include "agent/journal.h"

#include "agent/clock.h"
#include "agent/journal_file.h"
#include "common/json_writer.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 4096, GOING_ON = 64, LABEL_SIZE = 256, WORD_SIZE = 64 };

/* What a newer file has to say of a run that began in an older one. */
typedef struct {
    char query[LABEL_SIZE], id[WORD_SIZE], run[WORD_SIZE];
    governor_config_t config;
    const char *mode; /* NULL: a free place */
    int64_t limit;    /* of the source, events a trigger; 0: none */
} going_on_t;

static pthread_mutex_t runs_lock = PTHREAD_MUTEX_INITIALIZER;
static going_on_t runs[GOING_ON]; /* of more at a time, those that found no place are left out */

static void begin_newer_file(void);

void journal_open(const char *path, int64_t size_bytes)
{
    if (path[0] != '\0') journal_file_open(path, size_bytes, begin_newer_file);
}

bool journal_is_open(void)
{
    return journal_file_is_open();
}

typedef struct {
    json_writer_t json;
    char text[LINE_SIZE];
} line_t;

static void line_begin(line_t *line, const journal_subject_t *subject, const char *event)
{
    json_write_begin(&line->json, line->text, sizeof line->text - 1); /* room for the newline */
    json_write_integer(&line->json, "v", 1);
    json_write_string(&line->json, "event", event);
    json_write_integer(&line->json, "wall_ms", clock_wall_ms());
    json_write_string(&line->json, "query", subject->query);
    json_write_string(&line->json, "id", subject->id);
    json_write_string(&line->json, "run", subject->run);
}

static void line_end(line_t *line)
{
    if (!json_write_end(&line->json)) return; /* cannot be: names are cut long before */
    line->text[line->json.length] = '\n';
    journal_file_write(line->text, line->json.length + 1);
}

static void add_configuration(line_t *line, const governor_config_t *config, const char *mode)
{
    json_write_string(&line->json, "version", ADAPTIVESTREAM_VERSION);
    json_write_string(&line->json, "mode", mode);
    json_write_integer(&line->json, "trigger_ns", config->trigger_ns);
    json_write_integer(&line->json, "origin_ns", config->origin_ns);
    json_write_string(&line->json, "goal", goal_names[config->goal]);
    json_write_string(&line->json, "policy", policy_names[config->policy]);
    json_write_exact(&line->json, "budget", config->budget);
    json_write_integer(&line->json, "slot_ns", config->slot_ns);
    json_write_integer(&line->json, "min_interval_ns", config->min_interval_ns);
    json_write_integer(&line->json, "max_interval_ns", config->max_interval_ns);
    json_write_integer(&line->json, "max_wait_ns", config->max_wait_ns);
    json_write_integer(&line->json, "warmup_ns", config->warmup_ns);
    json_write_boolean(&line->json, "rows_only", config->rows_only);
    json_write_integer(&line->json, "update_period_ns", config->update_period_ns);
    json_write_integer(&line->json, "fallback_ns", config->fallback_ns);
}

/* @locks_required runs_lock */
static going_on_t *find_run(const char *run)
{
    for (size_t i = 0; i < GOING_ON; i++)
        if (runs[i].mode != NULL && strcmp(runs[i].run, run) == 0) return &runs[i];
    return NULL;
}

static void note_run(const journal_subject_t *subject, const governor_config_t *config, const char *mode)
{
    pthread_mutex_lock(&runs_lock);
    going_on_t *going_on = find_run(subject->run);
    for (size_t i = 0; i < GOING_ON && going_on == NULL; i++)
        if (runs[i].mode == NULL) going_on = &runs[i];
    if (going_on != NULL) {
        snprintf(going_on->query, sizeof going_on->query, "%s", subject->query);
        snprintf(going_on->id, sizeof going_on->id, "%s", subject->id);
        snprintf(going_on->run, sizeof going_on->run, "%s", subject->run);
        going_on->config = *config;
        going_on->mode = mode;
        going_on->limit = 0; /* told next, where there is one */
    }
    pthread_mutex_unlock(&runs_lock);
}

static void write_limit(const journal_subject_t *subject, int64_t events)
{
    line_t line;
    line_begin(&line, subject, "limit");
    json_write_integer(&line.json, "events", events);
    line_end(&line);
}

static void begin_newer_file(void)
{
    pthread_mutex_lock(&runs_lock);
    for (size_t i = 0; i < GOING_ON; i++) {
        const going_on_t *going_on = &runs[i];
        if (going_on->mode == NULL) continue;
        const journal_subject_t subject = {going_on->query, going_on->id, going_on->run};
        line_t line;
        line_begin(&line, &subject, "continue");
        add_configuration(&line, &going_on->config, going_on->mode);
        line_end(&line);
        if (going_on->limit > 0) write_limit(&subject, going_on->limit);
    }
    pthread_mutex_unlock(&runs_lock);
}

void journal_start(const journal_subject_t *subject, const governor_config_t *config, const char *mode,
                   int64_t now_ns, int64_t taken, int64_t total)
{
    if (!journal_is_open()) return;
    line_t line;
    line_begin(&line, subject, "start");
    json_write_integer(&line.json, "now_ns", now_ns);
    json_write_integer(&line.json, "taken", taken);
    json_write_integer(&line.json, "total", total);
    add_configuration(&line, config, mode);
    line_end(&line);
    note_run(subject, config, mode);
}

void journal_change(const journal_subject_t *subject, const journal_change_t *change)
{
    if (!journal_is_open()) return;
    line_t line;
    line_begin(&line, subject, "change");
    json_write_string(&line.json, "origin", change->origin);
    json_write_string(&line.json, "mode", change->mode);
    json_write_string(&line.json, "goal", change->goal);
    json_write_exact(&line.json, "budget", change->budget);
    line_end(&line);
    pthread_mutex_lock(&runs_lock);
    going_on_t *going_on = find_run(subject->run);
    if (going_on != NULL) going_on->mode = change->mode;
    pthread_mutex_unlock(&runs_lock);
}

void journal_limit(const journal_subject_t *subject, int64_t events)
{
    if (!journal_is_open()) return;
    /* Before the line: a newer file that somebody begins meanwhile is to have it too. */
    pthread_mutex_lock(&runs_lock);
    going_on_t *going_on = find_run(subject->run);
    if (going_on != NULL) going_on->limit = events;
    pthread_mutex_unlock(&runs_lock);
    write_limit(subject, events);
}

void journal_align(const journal_subject_t *subject, int64_t origin_ns)
{
    if (!journal_is_open()) return;
    line_t line;
    line_begin(&line, subject, "align");
    json_write_integer(&line.json, "origin_ns", origin_ns);
    line_end(&line);
}

void journal_forecast(const journal_subject_t *subject, int64_t now_ns, const forecast_t *forecast)
{
    if (!journal_is_open()) return;
    line_t line;
    line_begin(&line, subject, "forecast");
    json_write_integer(&line.json, "now_ns", now_ns);
    json_write_exact(&line.json, "rate_per_s", forecast->rate_per_s);
    json_write_exact(&line.json, "confidence", forecast->confidence);
    if (forecast->has_changes) {
        json_write_open_array(&line.json, "changes");
        for (int i = 0; i < RATE_AVERAGES; i++)
            json_write_exact(&line.json, NULL, forecast->changes[i]);
        json_write_close_array(&line.json);
    }
    line_end(&line);
}

void journal_restart(const journal_subject_t *subject, int64_t now_ns, int64_t total)
{
    if (!journal_is_open()) return;
    line_t line;
    line_begin(&line, subject, "restart");
    json_write_integer(&line.json, "now_ns", now_ns);
    json_write_integer(&line.json, "total", total);
    line_end(&line);
}

void journal_trigger(const journal_subject_t *subject, int64_t start_ns, int64_t end_ns, int64_t available)
{
    if (!journal_is_open()) return;
    line_t line;
    line_begin(&line, subject, "trigger");
    json_write_integer(&line.json, "start_ns", start_ns);
    json_write_integer(&line.json, "end_ns", end_ns);
    json_write_integer(&line.json, "available", available);
    line_end(&line);
}

void journal_decision(const journal_subject_t *subject, const journal_look_t *look,
                      const decision_t *decision, const governor_stats_t *stats)
{
    if (!journal_is_open()) return;
    line_t line;
    line_begin(&line, subject, "decision");
    json_write_integer(&line.json, "now_ns", look->now_ns);
    if (look->probed) {
        json_write_integer(&line.json, "total", look->total);
        json_write_integer(&line.json, "elapsed_us", look->elapsed_us);
    }
    json_write_integer(&line.json, "own_ns", look->own_ns);
    json_write_boolean(&line.json, "blind", look->blind);
    json_write_boolean(&line.json, "fire", decision->fire);
    json_write_string(&line.json, "reason", reason_names[decision->reason]);
    json_write_integer(&line.json, "wake_ns", decision->wake_ns);
    json_write_integer(&line.json, "pending", decision->pending);
    json_write_exact(&line.json, "oldest_s", decision->oldest_s);
    json_write_exact(&line.json, "waiting", decision->waiting);
    json_write_exact(&line.json, "growth", decision->growth);
    json_write_exact(&line.json, "price", decision->price);
    json_write_exact(&line.json, "rate_per_s", decision->rate_per_s);
    json_write_exact(&line.json, "interval_s", decision->interval_s);
    json_write_integer(&line.json, "own_batches", stats->own.batches);
    json_write_integer(&line.json, "own_events", stats->own.events);
    json_write_exact(&line.json, "own_waited_s", stats->own.waited_s);
    json_write_integer(&line.json, "shadow_batches", stats->shadow.batches);
    json_write_integer(&line.json, "shadow_events", stats->shadow.events);
    json_write_exact(&line.json, "shadow_waited_s", stats->shadow.waited_s);
    line_end(&line);
}

static void add_waits(json_writer_t *json, const char *const keys[8], const wait_summary_t *waits)
{
    json_write_integer(json, keys[0], waits->batches);
    json_write_integer(json, keys[1], waits->events);
    json_write_exact(json, keys[2], waits->waited_s);
    json_write_exact(json, keys[3], waits->mean_s);
    json_write_exact(json, keys[4], waits->p50_s);
    json_write_exact(json, keys[5], waits->p95_s);
    json_write_exact(json, keys[6], waits->p99_s);
    json_write_exact(json, keys[7], waits->max_s);
}

void journal_summary(const journal_subject_t *subject, const governor_stats_t *stats,
                     const journal_counts_t *counts)
{
    static const char *const own[8] = {"own_batches", "own_events", "own_waited_s", "own_mean_s",
                                       "own_p50_s",   "own_p95_s",  "own_p99_s",    "own_max_s"};
    static const char *const shadow[8] = {"shadow_batches", "shadow_events", "shadow_waited_s",
                                          "shadow_mean_s",  "shadow_p50_s",  "shadow_p95_s",
                                          "shadow_p99_s",   "shadow_max_s"};
    if (!journal_is_open()) return;
    line_t line;
    line_begin(&line, subject, "summary");
    add_waits(&line.json, own, &stats->own);
    add_waits(&line.json, shadow, &stats->shadow);
    json_write_exact(&line.json, "debt_batches", stats->debt_batches);
    json_write_integer(&line.json, "seen", stats->seen);
    json_write_integer(&line.json, "decisions", counts->decisions);
    json_write_integer(&line.json, "probes", counts->probes);
    json_write_integer(&line.json, "faults", counts->faults);
    line_end(&line);
    pthread_mutex_lock(&runs_lock);
    going_on_t *going_on = find_run(subject->run);
    if (going_on != NULL) going_on->mode = NULL;
    pthread_mutex_unlock(&runs_lock);
}
