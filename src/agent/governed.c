#include "agent/governed.h"

#include "agent/agent.h"
#include "agent/clock.h"
#include "agent/spark.h"
#include "agent/wait.h"
#include "common/log.h"

#include <stdio.h>

static const char tag[] = "AdaptiveStream";
static const jlong latest_target_ms = INT64_MAX / NS_PER_MS / 2;
static const int64_t usual_default_ms = 2000; /* fallback_interval of a job without a trigger interval */
enum { FRAME_REFERENCES = 32 * SPARK_SOURCES_MAX, LOOKS = 3 };

typedef struct {
    jni_view_t view;
    query_t *query;
    jobject spark_query;
    spark_sources_t sources;
    partitions_t *partitions; /* of the query */
    jlong target_ms;
    int64_t epoch_ns; /* of the wall clock when the wait's end was last worked out */
} governed_wait_t;

/* Leaves the thread's query alone for good, and says why. */
static governed_t leave_alone(note_t *note, const char *label, const char *why)
{
    note->state = NOTE_LEFT;
    log_line(LOG_INFO, tag, "query %s: %s", label, why);
    return GOVERNED_NOT;
}

typedef enum {
    SOURCE_ANSWERED,
    SOURCE_SILENT,
    SOURCE_STOPPED, /* stop() has interrupted the question: after the wait, Spark's loop ends by itself */
} answer_t;

/* Asks the source for its end. The reason of a silence is in the view. */
static answer_t ask(governed_wait_t *wait, int64_t *total)
{
    jni_begin(&wait->view, wait->view.env);
    spark_probe(&wait->view, &wait->sources, wait->partitions, total);
    if (!wait->view.failed) return SOURCE_ANSWERED;
    jni_view_t inner;
    jni_begin(&inner, wait->view.env);
    bool active = spark_is_active(&inner, wait->spark_query);
    if (!active && !inner.failed) return SOURCE_STOPPED;
    if (wait->view.interrupted) {
        jni_begin(&inner, wait->view.env);
        spark_interrupt_self(&inner); /* the next sleep throws it, as Spark's own would */
    }
    return SOURCE_SILENT;
}

/* A first look that failed, at a source that may be down for a moment only. */
static governed_t look_again(governed_wait_t *wait, note_t *note, const char *label)
{
    if (++note->failed_looks < LOOKS) return GOVERNED_NOT;
    char why[400];
    snprintf(why, sizeof why, "cannot be read (%s); the job's own schedule is kept", wait->view.failure);
    return leave_alone(note, label, why);
}

static bool is_selected(const options_t *options, const query_identity_t *identity)
{
    return options_select_query(options, identity->name[0] ? identity->name : NULL, identity->id);
}

/* Where batches and sources of a query stand whose sources can be asked. */
static answer_t find_beginning(governed_wait_t *wait, query_beginning_t *beginning)
{
    wait->partitions = beginning->partitions = partitions_create();
    if (!wait->partitions) jni_fail(&wait->view, "no memory");
    if (!wait->view.failed)
        spark_available(&wait->view, wait->spark_query, &wait->sources, wait->partitions,
                        &beginning->available);
    if (wait->view.failed) return SOURCE_SILENT;
    answer_t answer = ask(wait, &beginning->total);
    if (beginning->total < beginning->available) beginning->total = beginning->available;
    return answer;
}

/* A query that may be governed: where it stands, and its governor. */
static governed_t begin(governed_wait_t *wait, const options_t *options, note_t *note,
                        const spark_sight_t *sight, const query_identity_t *identity)
{
    query_beginning_t beginning = {
        .trigger_ns = note->interval_ms * NS_PER_MS,
        .limit = sight->limit,
        .rows_only = sight->sight == SIGHT_ROWS,
        .mixed = sight->mixed,
        .why = sight->reason,
    };
    answer_t answer = SOURCE_ANSWERED;
    if (beginning.rows_only) {
        spark_progress_t progress;
        spark_progress(&wait->view, wait->spark_query, &progress);
        beginning.batch_id = progress.rows > 0 ? progress.batch_id : progress.batch_id - 1;
        if (wait->view.failed) answer = SOURCE_SILENT;
    } else {
        answer = find_beginning(wait, &beginning);
    }
    if (answer != SOURCE_ANSWERED) {
        partitions_destroy(beginning.partitions);
        return answer == SOURCE_STOPPED ? GOVERNED_ENDED : look_again(wait, note, query_label(identity));
    }
    beginning.now_ns = clock_monotonic_ns();
    beginning.epoch_ns = clock_epoch_ns();
    note->query = query_begin(identity, options, &beginning);
    if (note->query && !beginning.rows_only)
        log_line(LOG_DEBUG, tag, "query %s: Kafka is asked %s", query_label(identity),
                 spark_asks_directly(&wait->sources) ? "directly" : "through the source");
    note->state = note->query ? NOTE_GOVERNED : NOTE_LEFT;
    return note->query ? GOVERNED_ENDED : GOVERNED_NOT;
}

/* The first wait of a query: may it be governed? Only GOVERNED_ENDED with a note in NOTE_GOVERNED goes on. */
static governed_t look_at(governed_wait_t *wait, const options_t *options, note_t *note)
{
    query_identity_t identity = {.id = "of unknown id"};
    spark_sight_t sight;

    wait->spark_query = spark_query_of_thread(&wait->view);
    if (!wait->spark_query) {
        note->state = NOTE_LEFT;
        return GOVERNED_NOT;
    }
    spark_identity(&wait->view, wait->spark_query, &identity);
    const char *label = query_label(&identity);
    if (wait->view.failed) return look_again(wait, note, label);
    if (!is_selected(options, &identity))
        return leave_alone(note, label, "not selected by queries=; the job's own schedule is kept");

    spark_sources(&wait->view, wait->spark_query, &wait->sources);
    if (!wait->view.failed) spark_look(&wait->view, &wait->sources, &sight);
    if (wait->view.failed) return look_again(wait, note, label);
    if (sight.sight == SIGHT_NONE) {
        char why[400];
        snprintf(why, sizeof why, "%s; the job's own schedule is kept", sight.reason);
        return leave_alone(note, label, why);
    }
    return begin(wait, options, note, &sight, &identity);
}

/* Every later wait begins with the trigger that has just ended. */
static bool hear_trigger(governed_wait_t *wait)
{
    int64_t available = 0;
    wait->spark_query = spark_query_of_thread(&wait->view);
    if (!wait->spark_query) jni_fail(&wait->view, "this thread's query is not found any more");
    if (wait->partitions) {
        spark_sources(&wait->view, wait->spark_query, &wait->sources);
        spark_available(&wait->view, wait->spark_query, &wait->sources, wait->partitions, &available);
    } else {
        spark_progress_t progress;
        spark_progress(&wait->view, wait->spark_query, &progress);
        if (!wait->view.failed) available = query_count_rows(wait->query, progress.batch_id, progress.rows);
    }
    if (!wait->view.failed) {
        query_trigger(wait->query, clock_monotonic_ns(), available);
        return true;
    }
    char what[400];
    snprintf(what, sizeof what, "its offsets cannot be read (%s)", wait->view.failure);
    query_fault(wait->query, clock_monotonic_ns(), what);
    return false;
}

/* One question to the source, for the next decision. */
static answer_t probe(governed_wait_t *wait, query_look_t *look)
{
    answer_t answer = ask(wait, &look->total);
    int64_t answered_ns = clock_monotonic_ns();
    look->elapsed_ns = answered_ns - look->now_ns;
    look->now_ns = answered_ns;
    look->probed = answer == SOURCE_ANSWERED;
    if (answer == SOURCE_SILENT) {
        char what[400];
        snprintf(what, sizeof what, "the source did not answer (%s)", wait->view.failure);
        query_fault(wait->query, answered_ns, what);
    }
    return answer;
}

/* Sleeps until `until_ns`, or until the wall clock has been set: also when that was after the end of the wait was
 * worked out and before the sleep began. */
static bool sleep_until(const governed_wait_t *wait, int64_t until_ns)
{
    do {
        if (!wait_slice(wait->view.env, until_ns)) return false;
        int64_t step_ns = clock_epoch_ns() - wait->epoch_ns;
        if (step_ns > 2 * NS_PER_MS || step_ns < -2 * NS_PER_MS) return true;
    } while (clock_monotonic_ns() < until_ns && !agent_is_dying());
    return true;
}

static int64_t own_end_ns(governed_wait_t *wait)
{
    wait->epoch_ns = clock_epoch_ns();
    query_align(wait->query, wait->epoch_ns);
    return wait->target_ms * NS_PER_MS + wait->epoch_ns;
}

/* How long to sleep after a decision not to fire, or not to act on it. */
static int64_t sleep_end_ns(const governed_wait_t *wait, const query_look_t *look, const decision_t *decision)
{
    const bool own_end = look->now_ns >= look->own_ns;
    int64_t until_ns = decision->fire ? look->own_ns : decision->wake_ns;
    if (until_ns <= look->now_ns) { /* a probe is wanted at once; after a slow one that has to wait */
        until_ns = query_next_probe_ns(wait->query);
        const bool too_late = query_keeps_schedule(wait->query) &&
                              !query_is_answered_by(wait->query, look->now_ns, look->own_ns);
        if (!own_end && (too_late || until_ns > look->own_ns)) until_ns = look->own_ns;
    }
    const int64_t longest_ns = look->now_ns + query_trigger_ns(wait->query);
    if (until_ns > longest_ns) until_ns = longest_ns;
    if (!query_acts(wait->query) && until_ns > look->own_ns) until_ns = look->own_ns;
    return until_ns;
}

/* The first look needs no answer of the source: the governor knows what is pending, or that it must be asked soon.
 * Where the job's own schedule ends the wait anyway a question must not delay it, so it is put early. */
static bool is_to_ask(governed_wait_t *wait, int64_t now_ns, bool awoken)
{
    if (!query_keeps_schedule(wait->query)) return awoken && query_wants_answer(wait->query, now_ns);
    return query_wants_answer(wait->query, now_ns) &&
           query_is_answered_by(wait->query, now_ns, own_end_ns(wait));
}

/* The wait itself. No trigger is let go empty before the source was asked once, unless the job's own schedule is kept. */
static governed_t decide_until_fired(governed_wait_t *wait)
{
    for (bool awoken = false; !agent_is_dying(); awoken = true) {
        query_look_t look = {.now_ns = clock_monotonic_ns()};
        if (is_to_ask(wait, look.now_ns, awoken) && probe(wait, &look) == SOURCE_STOPPED)
            return GOVERNED_ENDED;
        look.own_ns = own_end_ns(wait);
        decision_t decision = query_decide(wait->query, &look);
        bool own_end = look.now_ns >= look.own_ns;
        bool unasked = decision.reason == REASON_IDLE && !query_may_probe(wait->query, look.now_ns);
        if (own_end && unasked) return GOVERNED_ENDED; /* nothing known to wait for, and no asking now */
        if (query_acts(wait->query) ? decision.fire : own_end) return GOVERNED_ENDED;
        if (!sleep_until(wait, sleep_end_ns(wait, &look, &decision))) return GOVERNED_INTERRUPTED;
    }
    return GOVERNED_NOT;
}

static governed_t govern(governed_wait_t *wait, const options_t *options, note_t *note)
{
    if (note->state == NOTE_NEW) {
        governed_t result = look_at(wait, options, note);
        wait->query = note->query;
        if (note->state != NOTE_GOVERNED) return result;
    } else {
        wait->query = note->query;
        wait->partitions = query_partitions(wait->query);
        if (!hear_trigger(wait)) {
            if (query_is_released(wait->query)) note->state = NOTE_LEFT;
            return GOVERNED_NOT;
        }
        /* Spark is told an interval where the job has none, so watching such a wait would slow it down. */
        if (query_is_disabled(wait->query) || (note->default_trigger && !query_acts(wait->query)))
            return GOVERNED_NOT;
    }
    governed_t result = decide_until_fired(wait);
    if (query_is_released(wait->query)) note->state = NOTE_LEFT;
    return result;
}

bool governed_is_own_wait(JNIEnv *env, const note_t *note, jobject clock)
{
    jni_view_t view;
    jni_begin(&view, env);
    if (!note->executor || note->interval_ms <= 0 || !jni_push(&view, 8)) return false;
    jobject executor = (*env)->NewLocalRef(env, note->executor);
    jobject its_clock =
        executor ? jni_optional_field(&view, executor, "clock", "Lorg/apache/spark/util/Clock;") : NULL;
    bool same = its_clock && (*env)->IsSameObject(env, its_clock, clock);
    jni_pop(&view);
    return same;
}

governed_t governed_wait(JNIEnv *env, const options_t *options, note_t *note, jlong target_ms)
{
    if (target_ms > latest_target_ms || target_ms < 0) return GOVERNED_NOT;
    governed_wait_t wait = {.target_ms = target_ms};
    jni_begin(&wait.view, env);
    if (!jni_push(&wait.view, FRAME_REFERENCES)) return GOVERNED_NOT;
    governed_t result = govern(&wait, options, note);
    jni_pop(&wait.view);
    return result;
}

static jlong default_interval_ms(jni_view_t *view, const options_t *options)
{
    query_identity_t identity;
    jobject query = spark_query_of_thread(view);
    if (!query) return -1;
    spark_identity(view, query, &identity);
    const bool wanted = options->default_trigger == DEFAULT_TRIGGER_GOVERN && options->mode == MODE_ACTIVE &&
                        spark_has_processing_time_trigger(view, query) && !view->failed &&
                        is_selected(options, &identity);
    if (!wanted) return 0;
    return options->fallback_interval_ns > 0 ? options->fallback_interval_ns / NS_PER_MS : usual_default_ms;
}

jlong governed_default_interval_ms(JNIEnv *env, const options_t *options)
{
    jni_view_t view;
    jni_begin(&view, env);
    if (!jni_push(&view, 32)) return 0;
    const jlong interval_ms = default_interval_ms(&view, options);
    jni_pop(&view);
    return interval_ms;
}
