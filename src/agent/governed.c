#include "agent/governed.h"

#include "agent/agent.h"
#include "agent/clock.h"
#include "agent/spark.h"
#include "agent/wait.h"
#include "common/log.h"

#include <stdio.h>

static const char tag[] = "AdaptiveStream";
static const jlong latest_target_ms = INT64_MAX / NS_PER_MS / 2;
enum { FRAME_REFERENCES = 16 * SPARK_SOURCES_MAX };

typedef struct {
    jni_view_t view;
    query_t *query;
    jobject spark_query;
    spark_sources_t sources;
    jlong target_ms;
    bool asked; /* the source was asked in this wait */
} governed_wait_t;

/* Leaves the thread's query alone for good, and says why. */
static governed_t leave_alone(note_t *note, const char *label, const char *why)
{
    note->state = NOTE_LEFT;
    log_line(LOG_INFO, tag, "query %s: %s", label, why);
    return GOVERNED_NOT;
}

/* Something that worked before does not now. */
static governed_t fault(governed_wait_t *wait, note_t *note, const char *what)
{
    char text[400];
    snprintf(text, sizeof text, "%s (%s)", what, wait->view.failure);
    query_fault(wait->query, clock_monotonic_ns(), text);
    if (query_is_released(wait->query)) note->state = NOTE_LEFT;
    return GOVERNED_NOT;
}

/* The first wait of a query: may it be governed? Leaves the note governed, or left alone. */
static void look_at(governed_wait_t *wait, const options_t *options, note_t *note)
{
    query_identity_t identity = {.id = "of unknown id"};
    spark_identity(&wait->view, wait->spark_query, &identity);
    const char *label = query_label(&identity);
    spark_probing_t probing;
    query_beginning_t beginning = {.trigger_ns = note->interval_ms * NS_PER_MS};
    if (!wait->view.failed &&
        !options_select_query(options, identity.name[0] ? identity.name : NULL, identity.id)) {
        leave_alone(note, label, "not selected by queries=; the job's own schedule is kept");
        return;
    }
    spark_sources(&wait->view, wait->spark_query, &wait->sources);
    if (!wait->view.failed) spark_probing(&wait->view, &wait->sources, &probing);
    if (!wait->view.failed && !probing.probeable) {
        leave_alone(note, label, probing.reason);
        return;
    }
    spark_available(&wait->view, wait->spark_query, &wait->sources, &beginning.total);
    if (wait->view.failed) {
        char why[400];
        snprintf(why, sizeof why, "its offsets cannot be read (%s); the job's own schedule is kept",
                 wait->view.failure);
        leave_alone(note, label, why);
        return;
    }
    beginning.limit = probing.limit;
    beginning.now_ns = clock_monotonic_ns();
    beginning.epoch_ns = clock_epoch_ns();
    note->query = query_begin(&identity, options, &beginning);
    note->state = note->query ? NOTE_GOVERNED : NOTE_LEFT;
}

/* Every later wait: the trigger that has just ended. */
static void hear_trigger(governed_wait_t *wait)
{
    int64_t available = 0;
    spark_sources(&wait->view, wait->spark_query, &wait->sources);
    spark_available(&wait->view, wait->spark_query, &wait->sources, &available);
    if (!wait->view.failed) query_trigger(wait->query, clock_monotonic_ns(), available);
}

/* Asks the source for its end. False when the wait is to end without more ado. */
static bool ask(governed_wait_t *wait, query_look_t *look)
{
    int64_t asked_ns = clock_monotonic_ns();
    wait->asked = true;
    jni_begin(&wait->view, wait->view.env);
    spark_probe(&wait->view, &wait->sources, &look->total);
    look->now_ns = clock_monotonic_ns();
    look->elapsed_ns = look->now_ns - asked_ns;
    look->probed = !wait->view.failed;
    if (look->probed) return true;

    jni_view_t inner;
    jni_begin(&inner, wait->view.env);
    bool active = spark_is_active(&inner, wait->spark_query);
    if (!active && !inner.failed) return false; /* stop() interrupted the call: Spark's loop ends by itself */
    char what[400];
    snprintf(what, sizeof what, "the source did not answer (%s)", wait->view.failure);
    query_fault(wait->query, look->now_ns, what);
    if (wait->view.interrupted)
        spark_interrupt_self(&inner); /* the next sleep throws it, as Spark's own would */
    return true;
}

/* Sleeps until `until_ns`, or until the wall clock has been set. */
static bool sleep_until(JNIEnv *env, int64_t until_ns)
{
    int64_t epoch_ns = clock_epoch_ns();
    do {
        if (!wait_slice(env, until_ns)) return false;
        int64_t step_ns = clock_epoch_ns() - epoch_ns;
        if (step_ns > 2 * NS_PER_MS || step_ns < -2 * NS_PER_MS) return true;
    } while (clock_monotonic_ns() < until_ns && !agent_is_dying());
    return true;
}

static int64_t own_end_ns(const governed_wait_t *wait)
{
    int64_t epoch_ns = clock_epoch_ns();
    query_align(wait->query, epoch_ns);
    return wait->target_ms * NS_PER_MS + epoch_ns;
}

/* The wait itself. The first look needs no answer of the source: the governor knows what is pending, or that
 * it must be asked soon. But no trigger is let go empty before the source was asked once. */
static governed_t decide_until_fired(governed_wait_t *wait, const options_t *options)
{
    JNIEnv *env = wait->view.env;
    int64_t longest_sleep_ns = query_trigger_ns(wait->query);
    bool ask_first = false;
    while (!agent_is_dying()) {
        query_look_t look = {.now_ns = clock_monotonic_ns()};
        if (ask_first && query_may_probe(wait->query, look.now_ns) && !ask(wait, &look))
            return GOVERNED_ENDED;
        look.own_ns = own_end_ns(wait);
        decision_t decision = query_decide(wait->query, &look);
        bool own_end = look.now_ns >= look.own_ns;
        bool unseen = !wait->asked && query_may_probe(wait->query, look.now_ns);
        ask_first = true;
        if (unseen && decision.fire && decision.reason == REASON_IDLE) continue;
        if (options->mode == MODE_MONITORING ? own_end : decision.fire) return GOVERNED_ENDED;

        int64_t until_ns = decision.fire ? look.own_ns : decision.wake_ns;
        if (until_ns > look.now_ns + longest_sleep_ns) until_ns = look.now_ns + longest_sleep_ns;
        if (options->mode == MODE_MONITORING && until_ns > look.own_ns) until_ns = look.own_ns;
        if (!sleep_until(env, until_ns)) return GOVERNED_INTERRUPTED;
    }
    return GOVERNED_NOT;
}

static governed_t govern(governed_wait_t *wait, const options_t *options, note_t *note)
{
    if (note->state == NOTE_NEW) {
        wait->spark_query = spark_query_of_thread(&wait->view);
        if (!wait->spark_query) {
            note->state = NOTE_LEFT;
            return GOVERNED_NOT;
        }
        look_at(wait, options, note);
        wait->query = note->query;
        if (note->state != NOTE_GOVERNED) return GOVERNED_NOT;
    } else {
        wait->query = note->query;
        wait->spark_query = spark_query_of_thread(&wait->view);
        if (!wait->spark_query) jni_fail(&wait->view, "this thread's query is not found any more");
        hear_trigger(wait);
        if (wait->view.failed) return fault(wait, note, "its offsets cannot be read");
    }
    governed_t result = decide_until_fired(wait, options);
    if (query_is_released(wait->query)) note->state = NOTE_LEFT;
    return result;
}

/* Whether this is the wait of the noted executor. */
static bool is_executors_clock(JNIEnv *env, note_t *note, jobject clock)
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

governed_t governed_wait(JNIEnv *env, const options_t *options, note_t *note, jobject clock, jlong target_ms)
{
    if (target_ms > latest_target_ms || target_ms < 0 || !is_executors_clock(env, note, clock))
        return GOVERNED_NOT;
    governed_wait_t wait = {.target_ms = target_ms};
    jni_begin(&wait.view, env);
    if (!jni_push(&wait.view, FRAME_REFERENCES)) return GOVERNED_NOT;
    governed_t result = govern(&wait, options, note);
    jni_pop(&wait.view);
    return result;
}
