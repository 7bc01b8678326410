#include "agent/controller.h"

#include "agent/clock.h"
#include "agent/config_watch.h"
#include "agent/line_limit.h"
#include "agent/predictor_link.h"
#include "protocol/request.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char tag[] = "Controller";
enum { STACK_SIZE = 256 * 1024, LONGEST_SLEEP_MS = 500, MOST_ENDED = 16 };
static const int64_t least_grace_ns = 1000 * (int64_t)NS_PER_MS;

/* A governed query in the list, or one that has ended and whose last word is still to be sent. */
typedef struct entry {
    uint64_t number; /* ascending along the list */
    exchange_t *exchange;
    bool ended;           /* then the exchange is ours */
    uint64_t told_serial; /* of the connection that its configuration was told to */
    bool forecast;        /* one has come */
    bool follows;         /* has been told what the config file said before it came */
    struct entry *next;
} entry_t;

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER; /* held for copies in memory only */
static entry_t *list;
static uint64_t last_number;
static bool deaf; /* nobody is left to tell anything to; guarded by list_lock */

static atomic_bool started, leaving;
/* From when on the predictor counts as lost, unless the thread says otherwise by then: it may be held up by a resolver.
 * INT64_MAX: never. */
static _Atomic int64_t lost_from_ns = INT64_MAX;
static atomic_int waker = -1; /* where a byte is written when the thread is to look at the list now */

/* What follows is the thread's alone. */
static struct {
    const options_t *options;
    predictor_link_t link;
    line_limit_t lines;
    int woken; /* the other end of `waker` */
    bool lost;
    uint64_t asked, told;     /* the number of the query that was asked about, and told of, last */
    uint64_t forecast_serial; /* of the connection that the latest forecast came by */
    change_t from_file;       /* all that the config file has come to say since the driver's start */
    int64_t config_ns;        /* when it is looked at next */
    char line[PROTOCOL_LINE_MAXIMUM];
    observation_t observation;
} own;

#define SAY(level, now_ns, ...) log_line(line_limit(&own.lines, level, now_ns), tag, __VA_ARGS__)

/* The first entry after `number`. @locks_required list_lock */
static entry_t *entry_after(uint64_t number)
{
    entry_t *entry = list;
    while (entry && entry->number <= number)
        entry = entry->next;
    return entry;
}

/* @locks_required list_lock */
static void forget(entry_t *gone)
{
    entry_t **link = &list;
    while (*link != gone)
        link = &(*link)->next;
    *link = gone->next;
    exchange_destroy(gone->exchange);
    free(gone);
}

/* Those whose last word can no longer be sent, or too many of them: a predictor may be away for long. */
static void forget_ended(size_t most)
{
    size_t count = 0;
    pthread_mutex_lock(&list_lock);
    for (const entry_t *entry = list; entry; entry = entry->next)
        count += entry->ended;
    for (entry_t *entry = list, *next; entry && count > most; entry = next) {
        next = entry->next;
        if (!entry->ended) continue;
        forget(entry);
        count--;
    }
    pthread_mutex_unlock(&list_lock);
}

/* An answer to a predict. */
static void take_answer(void *context, uint64_t number, int64_t asked_ns, const answer_t *answer)
{
    (void)context;
    const bool effective = isfinite(answer->effective);
    forecast_t forecast = {
        .rate_per_s = effective ? answer->effective : answer->rate,
        .confidence = effective && isfinite(answer->confidence) ? answer->confidence : 0,
    };
    forecast.has_changes = answer->has_changes && forecast.confidence > 0;
    if (forecast.has_changes) memcpy(forecast.changes, answer->changes, sizeof forecast.changes);
    if (answer->error[0]) return;
    const bool forecasts = isfinite(forecast.rate_per_s);
    char first[PROTOCOL_LABEL_SIZE] = "";
    pthread_mutex_lock(&list_lock);
    entry_t *entry = entry_after(number - 1);
    const bool listed = entry && entry->number == number;
    if (listed && answer->has_change) exchange_post_change(entry->exchange, &answer->change);
    if (listed && forecasts) {
        exchange_post(entry->exchange, forecast, asked_ns);
        if (!entry->forecast) strcpy(first, exchange_query(entry->exchange));
        entry->forecast = true;
    }
    pthread_mutex_unlock(&list_lock);
    if (!forecasts) return;
    const bool back = own.forecast_serial != 0 && own.forecast_serial != own.link.serial;
    own.forecast_serial = own.link.serial;
    if (back)
        SAY(LOG_INFO, clock_monotonic_ns(), "forecasts are back after %" PRId64 " ms",
            (clock_monotonic_ns() - own.link.unhealthy_ns) / NS_PER_MS);
    if (first[0] != '\0')
        SAY(LOG_INFO, clock_monotonic_ns(), "query %s: forecasts begin (%s)", first,
            answer->model[0] ? answer->model : "model unknown");
}

typedef enum { VISIT_DONE, VISIT_NO_ROOM, VISIT_AT_END } visit_t;

/* The next entry after *number that is not after `last`, whose number it becomes; NULL at the end. @locks_required list_lock */
static entry_t *next_entry(uint64_t *number, uint64_t last)
{
    entry_t *entry = entry_after(*number);
    if (!entry || entry->number > last) return NULL;
    *number = entry->number;
    return entry;
}

/* Asks for a forecast of the next query; where there is no history yet, or no forecaster, at least for what somebody
 * wants to change of it. */
static visit_t ask_next(uint64_t *number, uint64_t last, int64_t now_ns)
{
    double history[PROTOCOL_HISTORY];
    char query[PROTOCOL_LABEL_SIZE];
    int64_t end_ms = 0;
    if (!predictor_link_has_room(&own.link)) return VISIT_NO_ROOM;
    pthread_mutex_lock(&list_lock);
    entry_t *entry = next_entry(number, last);
    const bool wanted = entry && !entry->ended && !exchange_is_released(entry->exchange);
    const bool known = wanted && own.options->forecaster != FORECAST_BY_NONE &&
                       exchange_history(entry->exchange, history, &end_ms);
    if (wanted) strcpy(query, exchange_query(entry->exchange));
    pthread_mutex_unlock(&list_lock);
    if (!entry) return VISIT_AT_END;
    if (!wanted) return VISIT_DONE;
    const message_id_t id = predictor_link_id(&own.link);
    const size_t length = known ? request_write_predict(own.line, sizeof own.line, id, query, history, end_ms)
                                : request_write_health(own.line, sizeof own.line, id, query);
    predictor_link_ask(&own.link, own.line, length, *number, now_ns);
    return VISIT_DONE;
}

/* Tells what the next query has seen and done. */
static visit_t tell_next(uint64_t *number, uint64_t last, int64_t now_ns)
{
    (void)now_ns;
    if (connection_room(&own.link.connection) < PROTOCOL_LINE_MAXIMUM) return VISIT_NO_ROOM;
    pthread_mutex_lock(&list_lock);
    entry_t *entry = next_entry(number, last);
    if (entry) {
        exchange_take(entry->exchange, entry->told_serial != own.link.serial, clock_wall_ms(),
                      &own.observation);
        entry->told_serial = own.link.serial;
        if (entry->ended) forget(entry);
    }
    pthread_mutex_unlock(&list_lock);
    if (!entry) return VISIT_AT_END;
    predictor_link_tell(&own.link, own.line,
                        request_write_observe(own.line, sizeof own.line, &own.observation));
    return VISIT_DONE;
}

/* Visits every query once while there is room, beginning after *place, where the last round ran out of it: otherwise a full
 * socket would always be filled by the same ones. */
static void go_round(uint64_t *place, visit_t (*visit)(uint64_t *number, uint64_t last, int64_t now_ns),
                     int64_t now_ns)
{
    const uint64_t begin = *place;
    visit_t result = VISIT_DONE;
    while (result == VISIT_DONE && predictor_link_is_ready(&own.link))
        result = visit(place, UINT64_MAX, now_ns);
    if (result != VISIT_AT_END) return;
    *place = 0;
    result = VISIT_DONE;
    while (result == VISIT_DONE && predictor_link_is_ready(&own.link))
        result = visit(place, begin, now_ns);
}

static int64_t grace_ns(void)
{
    const int64_t period_ns = own.options->update_period_ns;
    return period_ns > least_grace_ns ? period_ns : least_grace_ns;
}

/* A file system may hang: then this thread does, and its queries are to fall back. */
static bool look_at_config(int64_t now_ns, change_t *news)
{
    if (now_ns < own.config_ns) return false; /* a query's end or a new connection brings us here sooner */
    own.config_ns = now_ns + own.options->update_period_ns;
    const int64_t lost_ns = atomic_load(&lost_from_ns), held_up_ns = now_ns + grace_ns();
    if (own.options->on_predictor_loss == LOSS_FALLBACK && held_up_ns < lost_ns)
        atomic_store(&lost_from_ns, held_up_ns);
    const bool changed = config_watch_look(news);
    atomic_store(&lost_from_ns, lost_ns);
    return changed;
}

/* Queries that begin later start with the options of the driver's start: they are told what the file says by now. */
static void follow_config(int64_t now_ns)
{
    change_t news, all = own.from_file;
    const bool changed = look_at_config(now_ns, &news);
    if (changed) change_add(&all, &news);
    own.from_file = all;
    all.has_mode = all.has_mode && all.mode != own.options->mode;
    all.has_goal = all.has_goal && all.goal != own.options->goal;
    all.has_budget = all.has_budget && all.budget != own.options->budget;
    pthread_mutex_lock(&list_lock);
    for (entry_t *entry = list; entry; entry = entry->next) {
        if (entry->follows && changed)
            exchange_post_change(entry->exchange, &news);
        else if (!entry->follows && change_asks(&all))
            exchange_post_change(entry->exchange, &all);
        entry->follows = true;
    }
    pthread_mutex_unlock(&list_lock);
}

static void update(int64_t now_ns)
{
    child_reap();
    go_round(&own.asked, ask_next, now_ns);
    go_round(&own.told, tell_next, now_ns);
    forget_ended(MOST_ENDED);
}

static void look_whether_lost(int64_t now_ns)
{
    const bool fallback = own.options->on_predictor_loss == LOSS_FALLBACK;
    const int64_t from_ns = own.options->forecaster != FORECAST_BY_NONE
                                ? predictor_link_lost_ns(&own.link, grace_ns())
                                : INT64_MAX;
    const bool now_lost = now_ns >= from_ns;
    if (fallback) atomic_store(&lost_from_ns, from_ns);
    if (now_lost == own.lost) return;
    own.lost = now_lost;
    if (now_lost)
        SAY(LOG_WARNING, now_ns, "the predictor is lost: %s until it is back",
            fallback ? "fallback to the job's own schedule" : "queries go on without forecasts");
    else
        SAY(LOG_INFO, now_ns, "the predictor is back: %s",
            fallback ? "the job's own schedule no longer rules" : "forecasts go on");
}

static void sleep_until(int64_t until_ns)
{
    struct pollfd fds[LINK_FDS + 1];
    nfds_t count = (nfds_t)predictor_link_watch(&own.link, fds);
    fds[count++] = (struct pollfd){.fd = own.woken, .events = POLLIN}; /* -1 is passed over */
    const int64_t due_ns = predictor_link_due_ns(&own.link);
    int64_t remaining_ns = (due_ns < until_ns ? due_ns : until_ns) - clock_monotonic_ns();
    if (remaining_ns > LONGEST_SLEEP_MS * (int64_t)NS_PER_MS)
        remaining_ns = LONGEST_SLEEP_MS * (int64_t)NS_PER_MS;
    poll(fds, count, remaining_ns <= 0 ? 0 : (int)((remaining_ns + NS_PER_MS - 1) / NS_PER_MS));
}

/* A query has ended: a driver that ends its last one may be gone in a moment, and the word with it. */
static bool was_woken(void)
{
    char bytes[64];
    return read(own.woken, bytes, sizeof bytes) > 0;
}

static void wake(void)
{
    if (write(atomic_load(&waker), "", 1) < 0) return; /* then it is told at the next update */
}

static void *run(void *unused)
{
    (void)unused;
    Dl_info self = {0};
    pthread_setname_np(pthread_self(), "adaptivestream");
    dladdr(&last_number, &self);
    own.link.answered = take_answer;
    predictor_link_begin(&own.link, own.options, self.dli_fname, clock_monotonic_ns());
    int64_t update_ns = clock_monotonic_ns();
    uint64_t serial = 0;
    look_whether_lost(update_ns); /* before the first step */
    while (!atomic_load(&leaving) && own.link.state != LINK_OFF) {
        const int64_t now_ns = clock_monotonic_ns();
        predictor_link_step(&own.link, now_ns);
        look_whether_lost(now_ns);
        const bool anew = own.link.state == LINK_READY && own.link.serial != serial;
        if (was_woken() || anew || now_ns >= update_ns) { /* one that has just come is asked at once */
            serial = own.link.serial;
            update(now_ns);
            follow_config(now_ns);
            update_ns = now_ns + own.options->update_period_ns;
        }
        sleep_until(update_ns);
    }
    pthread_mutex_lock(&list_lock);
    deaf = true;
    pthread_mutex_unlock(&list_lock);
    forget_ended(0);
    /* The child is killed when the thread that started it ends (PR_SET_PDEATHSIG), and would have no time to put its
     * token file away. */
    while (atomic_load(&leaving))
        pause();
    return NULL;
}

static bool start_thread(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    /* Signals of the process are for the JVM's threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool good = pthread_create(&thread, &attributes, run, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return good;
}

static void start(const options_t *options)
{
    own.options = options;
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) ends[0] = ends[1] = -1;
    own.woken = ends[0];
    atomic_store(&waker, ends[1]);
    if (start_thread()) return;
    pthread_mutex_lock(&list_lock);
    deaf = true;
    pthread_mutex_unlock(&list_lock);
    log_line(LOG_WARNING, tag, "no thread could be started; queries are governed without forecasts");
}

void controller_enlist(exchange_t *exchange, const options_t *options)
{
    entry_t *entry = calloc(1, sizeof *entry);
    if (!entry) return;
    entry->exchange = exchange;
    pthread_mutex_lock(&list_lock);
    entry_t **end = &list;
    while (*end)
        end = &(*end)->next;
    entry->number = ++last_number;
    *end = entry;
    pthread_mutex_unlock(&list_lock);
    if (!atomic_exchange(&started, true)) start(options);
}

void controller_strike_off(exchange_t *exchange)
{
    pthread_mutex_lock(&list_lock);
    entry_t *entry = list;
    while (entry && entry->exchange != exchange)
        entry = entry->next;
    if (!entry)
        exchange_destroy(exchange); /* there was no memory to enlist it */
    else if (deaf)
        forget(entry);
    else
        entry->ended = true;
    pthread_mutex_unlock(&list_lock);
    wake();
}

bool controller_is_lost(void)
{
    const int64_t from_ns = atomic_load(&lost_from_ns);
    return from_ns != INT64_MAX && clock_monotonic_ns() >= from_ns;
}

void controller_leave(void)
{
    atomic_store(&leaving, true);
    if (atomic_load(&started)) child_end_at_exit();
}
