#include "predictor/query_advice.h"

#include "advice/advisor.h"
#include "common/log.h"
#include "common/parse.h"
#include "monitor/steady_clock.h"
#include "predictor/state_file.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const tag = "Predictor";

enum { RULE_SIZE = 128, SENTENCE_SIZE = 256 };

static const int64_t ns_per_ms = 1000000;
/* Advice that could not be renewed for so long, because learning held the advisor, is none any more. */
static const int64_t oldest_ns = 10 * INT64_C(1000000000);
static const int64_t save_period_ns = 60 * INT64_C(1000000000);
static const int64_t line_gap_ns = 60 * INT64_C(1000000000);
/* Of slots replayed, in one piece of work: the least there is. */
static const int64_t operations = 1;

/* What was told and is not handed over yet. */
typedef struct {
    bool has_config;        /* the adviser's is new */
    int64_t slots_start_ms; /* of the first; slot_count of them without a gap */
    size_t slot_count, batch_count;
    int64_t slots[OBSERVATION_SLOTS_MAXIMUM], events[OBSERVATION_TRIGGERS_MAXIMUM];
    double seconds[OBSERVATION_TRIGGERS_MAXIMUM];
} inbox_t;

/* What is to be written, 1 kB. */
typedef struct {
    size_t size; /* 0: nothing */
    char path[STATE_PATH_SIZE];
    uint8_t bytes[ADVISOR_STATE_MAXIMUM];
} kept_t;

/* Of a query that is advised. What works in the background reads and writes files, which may take any time, and destroys it in
 * the end; who serves only tries the lock. */
typedef struct {
    atomic_bool closing;  /* the last that who serves does with it */
    pthread_mutex_t lock; /* guards what follows up to `inbox`; never held while a file is read or written */
    advisor_t *advisor;
    char path[STATE_PATH_SIZE]; /* "": it is not kept */
    bool unread;                /* what is at `path` is to be read before anything is written there */
    bool refused;               /* a write has failed: it was said, and is not tried again */
    kept_t kept;                /* what was learnt under the configuration before */
    int64_t saved_ns;
    inbox_t inbox;   /* the rest is of who serves alone */
    int64_t told_ms; /* the agent's wall clock in its latest message; and how far it is ahead of ours: */
    int64_t ahead_ns;
    query_advice_t latest;
    int64_t latest_ns;
    advice_kind_t said;
    int64_t said_ns;
} advised_t;

struct query_adviser {
    char label[PROTOCOL_LABEL_SIZE];
    adviser_settings_t *settings;
    bool wanted;             /* it could be advised, under: */
    advisor_config_t config; /* the latest that was told */
    advised_t *advised;      /* NULL: it is not */
};

static const query_advice_t no_advice = {.effective_per_s = NAN};
static atomic_bool full_said;

/* ---- configuration ---- */

static bool to_ns(double seconds, int64_t *ns)
{
    const double most_s = 1e9;
    if (!(seconds >= 0 && seconds <= most_s)) return false; /* nan is refused as well */
    *ns = llround(seconds * 1e9);
    return true;
}

/* False when the query is none that can be advised. */
static bool governor_of(const observed_config_t *told, governor_config_t *config)
{
    const int goal = name_index(told->goal, goal_names, GOAL_COUNT);
    *config =
        (governor_config_t){.policy = POLICY_ADAPTIVE, .budget = told->budget, .rows_only = told->rows_only};
    if (goal < 0 || strcmp(told->policy, policy_names[POLICY_ADAPTIVE]) != 0 || told->rows_only) return false;
    if (strcmp(told->mode, agent_mode_names[MODE_DISABLED]) == 0 || told->origin_ms == FIELD_UNKNOWN)
        return false;
    config->goal = (goal_t)goal;
    config->origin_ns = told->origin_ms * ns_per_ms;
    return told->budget > 0 && to_ns(told->trigger_s, &config->trigger_ns) &&
           to_ns(told->slot_s, &config->slot_ns) && to_ns(told->min_interval_s, &config->min_interval_ns) &&
           to_ns(told->max_interval_s, &config->max_interval_ns) &&
           to_ns(told->max_wait_s, &config->max_wait_ns) && to_ns(told->warmup_s, &config->warmup_ns);
}

static advisor_config_t advisor_of(const adviser_settings_t *settings, const governor_config_t *governor)
{
    return (advisor_config_t){
        .governor = *governor,
        .kind = settings->automatic ? ADVICE_AUTO : (advice_kind_t)settings->forecaster,
        .model = settings->model,
        .learn = settings->background != NULL,
    };
}

/* ---- what is kept ---- */

static void find_path(const query_adviser_t *adviser, const governor_config_t *governor, char *path)
{
    char rule[RULE_SIZE];
    const adviser_settings_t *settings = adviser->settings;
    path[0] = '\0';
    if (settings->state_dir == NULL || settings->background == NULL) return;
    snprintf(rule, sizeof rule, "%" PRId64 " %s %.17g", governor->trigger_ns, goal_names[governor->goal],
             governor->budget);
    if (!state_file_path(settings->state_dir, adviser->label, rule, path, STATE_PATH_SIZE)) path[0] = '\0';
}

/* @locks_required advised->lock */
static void keep(advised_t *advised, kept_t *kept)
{
    kept->size = 0;
    if (advised->path[0] == '\0' || advised->refused || advised->unread) return;
    strcpy(kept->path, advised->path);
    kept->size = advisor_save(advised->advisor, kept->bytes, sizeof kept->bytes);
    if (kept->size > sizeof kept->bytes) kept->size = 0;
}

/* ---- in the background ---- */

static void write_kept(advised_t *advised, const kept_t *kept)
{
    if (kept->size == 0 || state_file_write(kept->path, kept->bytes, kept->size)) return;
    log_line(LOG_WARNING, tag, "%s cannot be written (%s): what is learnt of this query is not kept",
             kept->path, strerror(errno));
    pthread_mutex_lock(&advised->lock);
    advised->refused = true;
    pthread_mutex_unlock(&advised->lock);
}

/* Whether the advisor was told what the file holds, or there is nothing to tell it. */
static bool restore(advised_t *advised, const char *path, const uint8_t *bytes, size_t size)
{
    char error[SENTENCE_SIZE] = "";
    pthread_mutex_lock(&advised->lock);
    const bool current = strcmp(path, advised->path) == 0; /* else there is another file to be read by now */
    const bool taken =
        current && (size == 0 || advisor_restore(advised->advisor, bytes, size, error, sizeof error));
    if (current) advised->unread = false;
    pthread_mutex_unlock(&advised->lock);
    if (!current || taken) return true;
    log_line(LOG_WARNING, tag, "%s: %s; it is kept as .refused, and learning begins anew", path, error);
    return false;
}

static void read_file(advised_t *advised, const char *path)
{
    uint8_t bytes[ADVISOR_STATE_MAXIMUM + 1];
    errno = 0;
    const size_t size = state_file_read(path, bytes, sizeof bytes);
    if (size == 0 && errno != 0 && errno != ENOENT)
        log_line(LOG_WARNING, tag, "%s cannot be read (%s): learning begins anew", path, strerror(errno));
    if (!restore(advised, path, bytes, size)) state_file_refuse(path);
}

static void put_away(advised_t *advised)
{
    kept_t kept;
    write_kept(advised, &advised->kept);
    if (advised->unread) read_file(advised, advised->path);
    pthread_mutex_lock(&advised->lock);
    keep(advised, &kept);
    pthread_mutex_unlock(&advised->lock);
    write_kept(advised, &kept);
    advisor_destroy(advised->advisor);
    pthread_mutex_destroy(&advised->lock);
    free(advised);
}

static background_result_t learn(void *context)
{
    advised_t *advised = context;
    kept_t before, now = {.size = 0};
    char unread[STATE_PATH_SIZE] = "";
    if (atomic_load(&advised->closing)) {
        put_away(advised);
        return BACKGROUND_DONE;
    }
    pthread_mutex_lock(&advised->lock);
    before = advised->kept;
    advised->kept.size = 0;
    if (advised->unread) strcpy(unread, advised->path);
    pthread_mutex_unlock(&advised->lock);
    write_kept(advised, &before);
    if (unread[0] != '\0') read_file(advised, unread);

    pthread_mutex_lock(&advised->lock);
    const bool worked = advisor_work(advised->advisor, operations) > 0;
    const int64_t now_ns = steady_clock_ns();
    if (advised->saved_ns == 0) advised->saved_ns = now_ns;
    if (now_ns - advised->saved_ns >= save_period_ns) {
        keep(advised, &now);
        advised->saved_ns = now_ns;
    }
    pthread_mutex_unlock(&advised->lock);
    write_kept(advised, &now);
    return worked ? BACKGROUND_WORKED : BACKGROUND_IDLE;
}

/* ---- who serves ---- */

static void stop_advising(query_adviser_t *adviser)
{
    advised_t *advised = adviser->advised;
    if (advised == NULL) return;
    adviser->advised = NULL;
    adviser->settings->advised--;
    atomic_store(&advised->closing, true);
    if (adviser->settings->background != NULL)
        background_wake(adviser->settings->background);
    else
        put_away(advised);
}

static bool has_place(const query_adviser_t *adviser)
{
    if (adviser->settings->advised < ADVISED_MAXIMUM) return true;
    if (!atomic_exchange(&full_said, true))
        log_line(LOG_INFO, tag,
                 "query %s: %d queries are advised already, which is all there may be; this one, and further "
                 "ones, go on without",
                 adviser->label, ADVISED_MAXIMUM);
    return false;
}

static void begin_advising(query_adviser_t *adviser)
{
    adviser_settings_t *settings = adviser->settings;
    advised_t *advised = has_place(adviser) ? calloc(1, sizeof *advised) : NULL;
    if (advised == NULL) return;
    advised->advisor = advisor_create(&adviser->config);
    if (advised->advisor == NULL || pthread_mutex_init(&advised->lock, NULL) != 0) {
        advisor_destroy(advised->advisor);
        free(advised);
        return;
    }
    advised->latest = no_advice;
    advised->said = ADVICE_NONE;
    find_path(adviser, &adviser->config.governor, advised->path);
    advised->unread = advised->path[0] != '\0';
    if (settings->background != NULL && !background_add(settings->background, learn, advised)) {
        put_away(advised);
        return;
    }
    adviser->advised = advised;
    settings->advised++;
}

static void put_slots_by(inbox_t *inbox, const observation_t *observation)
{
    const int64_t width_ms = ADVISOR_SLOT_NS / ns_per_ms;
    if (observation->slot_count == 0 || observation->slots_width_ms != width_ms) return;
    const int64_t end_ms = inbox->slots_start_ms + (int64_t)inbox->slot_count * width_ms;
    const bool goes_on = inbox->slot_count > 0 && observation->slots_start_ms == end_ms &&
                         inbox->slot_count + observation->slot_count <= OBSERVATION_SLOTS_MAXIMUM;
    if (!goes_on) { /* what is let go is a gap, as after an agent that was silent */
        inbox->slots_start_ms = observation->slots_start_ms;
        inbox->slot_count = 0;
    }
    memcpy(inbox->slots + inbox->slot_count, observation->slots,
           observation->slot_count * sizeof *inbox->slots);
    inbox->slot_count += observation->slot_count;
}

static void put_batches_by(inbox_t *inbox, const observation_t *observation)
{
    for (size_t i = 0; i < observation->trigger_count; i++) {
        const observed_trigger_t *trigger = &observation->triggers[i];
        if (trigger->events <= 0 || trigger->end_ms == FIELD_UNKNOWN || trigger->start_ms == FIELD_UNKNOWN)
            continue;
        if (inbox->batch_count == OBSERVATION_TRIGGERS_MAXIMUM) return;
        inbox->events[inbox->batch_count] = trigger->events;
        inbox->seconds[inbox->batch_count++] = (double)(trigger->end_ms - trigger->start_ms) * 1e-3;
    }
}

/* Under another trigger, goal or budget something else is learnt, in a file of its own. @locks_required advised->lock */
static void reconfigure(query_adviser_t *adviser, advised_t *advised)
{
    char path[STATE_PATH_SIZE];
    find_path(adviser, &adviser->config.governor, path);
    const bool other = strcmp(path, advised->path) != 0;
    if (other && advised->kept.size == 0) keep(advised, &advised->kept);
    if (!advisor_configure(advised->advisor, &adviser->config) || !other) return;
    strcpy(advised->path, path);
    advised->unread = path[0] != '\0';
    if (adviser->settings->background != NULL) background_wake(adviser->settings->background);
}

/* @locks_required advised->lock */
static void hand_over(query_adviser_t *adviser, advised_t *advised)
{
    inbox_t *inbox = &advised->inbox;
    if (inbox->has_config) reconfigure(adviser, advised);
    for (size_t i = 0; i < inbox->batch_count; i++)
        advisor_batch(advised->advisor, inbox->events[i], inbox->seconds[i]);
    advisor_slots(advised->advisor, inbox->slots_start_ms * ns_per_ms, inbox->slots, inbox->slot_count);
    inbox->has_config = false;
    inbox->batch_count = inbox->slot_count = 0;
}

static void take_config(query_adviser_t *adviser, const observed_config_t *told)
{
    governor_config_t governor;
    adviser->wanted = governor_of(told, &governor);
    if (!adviser->wanted) {
        stop_advising(adviser);
        return;
    }
    adviser->config = advisor_of(adviser->settings, &governor);
    if (adviser->advised != NULL) adviser->advised->inbox.has_config = true;
}

/* The agent's clock has been set back: for an advisor time only goes on, so there is a new one, which is told what was learnt.
 * @locks_required advised->lock */
static void begin_again(const query_adviser_t *adviser, advised_t *advised)
{
    uint8_t bytes[ADVISOR_STATE_MAXIMUM];
    char error[SENTENCE_SIZE];
    advisor_t *other = advisor_create(&adviser->config);
    if (other == NULL) return;
    const size_t size = advisor_save(advised->advisor, bytes, sizeof bytes);
    if (size <= sizeof bytes) advisor_restore(other, bytes, size, error, sizeof error);
    advisor_destroy(advised->advisor);
    advised->advisor = other;
}

/* Now, or with the next one while the advisor is held. */
static void take_over(query_adviser_t *adviser, advised_t *advised, int64_t time_ms)
{
    const int64_t set_back_ms = 2000;
    if (pthread_mutex_trylock(&advised->lock) != 0) return;
    /* By the agent's own stamps: a message that comes late says nothing of its clock. */
    if (time_ms != FIELD_UNKNOWN && time_ms < advised->told_ms - set_back_ms) begin_again(adviser, advised);
    if (time_ms != FIELD_UNKNOWN) advised->told_ms = time_ms;
    hand_over(adviser, advised);
    pthread_mutex_unlock(&advised->lock);
}

void query_adviser_observe(query_adviser_t *adviser, const observation_t *observation, int64_t now_ns)
{
    if (adviser == NULL) return;
    const observed_status_t *status = &observation->status;
    if (status->has_config) take_config(adviser, &status->config);
    if (strcmp(status->state, "ended") == 0) {
        adviser->wanted = false;
        stop_advising(adviser);
    }
    if (adviser->wanted && adviser->advised == NULL) begin_advising(adviser);
    advised_t *advised = adviser->advised;
    if (advised == NULL) return;
    if (status->time_ms != FIELD_UNKNOWN) advised->ahead_ns = status->time_ms * ns_per_ms - now_ns;
    put_batches_by(&advised->inbox, observation);
    put_slots_by(&advised->inbox, observation);
    take_over(adviser, advised, status->time_ms);
}

/* Says whose advice is followed from now on, or that none is any more. @locks_required advised->lock */
static void tell(const query_adviser_t *adviser, advised_t *advised, advice_kind_t kind, int64_t now_ns)
{
    char why[SENTENCE_SIZE];
    if (kind == advised->said || (advised->said_ns != 0 && now_ns - advised->said_ns < line_gap_ns)) return;
    advised->said = kind;
    advised->said_ns = now_ns;
    advisor_explain(advised->advisor, why, sizeof why);
    log_line(LOG_INFO, tag, "query %s: %s: %s", adviser->label,
             kind == ADVICE_NONE ? "decisions are those without a forecast again"
                                 : "decisions follow a forecast now",
             why);
}

static query_advice_t advice_of(const advice_t *given)
{
    query_advice_t advice = {
        .confidence = given->confidence,
        .effective_per_s = given->rate_per_s,
        .has_changes = given->has_changes,
        .source = advice_kind_names[given->kind],
    };
    memcpy(advice.changes, given->changes, sizeof advice.changes);
    const bool sound = given->kind != ADVICE_NONE && given->confidence > 0 && isfinite(given->rate_per_s);
    return sound ? advice : no_advice;
}

query_advice_t query_adviser_advise(query_adviser_t *adviser, int64_t now_ns)
{
    advised_t *advised = adviser != NULL ? adviser->advised : NULL;
    if (advised == NULL || advised->ahead_ns == 0) return no_advice;
    if (pthread_mutex_trylock(&advised->lock) != 0)
        return now_ns - advised->latest_ns <= oldest_ns ? advised->latest : no_advice;
    hand_over(adviser, advised);
    const advice_t given = advisor_advise(advised->advisor, now_ns + advised->ahead_ns);
    advised->latest = advice_of(&given);
    advised->latest_ns = now_ns;
    tell(adviser, advised, given.kind, now_ns);
    pthread_mutex_unlock(&advised->lock);
    return advised->latest;
}

query_adviser_t *query_adviser_create(const char *label, adviser_settings_t *settings)
{
    query_adviser_t *adviser = calloc(1, sizeof *adviser);
    if (adviser == NULL) return NULL;
    strncpy(adviser->label, label, sizeof adviser->label - 1);
    adviser->settings = settings;
    return adviser;
}

void query_adviser_destroy(query_adviser_t *adviser)
{
    if (adviser == NULL) return;
    stop_advising(adviser);
    free(adviser);
}
