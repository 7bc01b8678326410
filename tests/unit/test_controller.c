/* The controller without a JVM: forecasts reach the queries, and whatever the predictor does, they get over it. */
/* links: forecasts protocol control common */
#include "agent/clock.h"
#include "agent/config_watch.h"
#include "agent/controller.h"
#include "agent/feed.h"
#include "agent/predictor_link.h"
#include "protocol/request.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { QUERIES = 8, DEADLINE_S = 60, RATE_PER_S = 100 };
static const int64_t second_ns = 1000 * (int64_t)NS_PER_MS;
static char folder[64], fake[OPTION_TEXT_SIZE];
static options_t options;

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void order(const char *name)
{
    const int fd = open(in_folder(name), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void call_off(const char *name)
{
    assert_int_equal(unlink(in_folder(name)), 0);
}

static bool was_heard(const char *text)
{
    static char heard[1 << 20];
    FILE *file = fopen(in_folder("heard"), "r");
    const size_t length = file ? fread(heard, 1, sizeof heard - 1, file) : 0;
    if (file) fclose(file);
    heard[length] = '\0';
    return strstr(heard, text) != NULL;
}

/* The fake's process id; 0 while there is none. */
static pid_t child_pid(void)
{
    int pid = 0;
    FILE *file = fopen(in_folder("pid"), "r");
    if (file && fscanf(file, "%d", &pid) != 1) pid = 0;
    if (file) fclose(file);
    return pid;
}

static bool before(int64_t deadline_ns)
{
    nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    return clock_monotonic_ns() < deadline_ns;
}

#define AWAIT(condition)                                                                                     \
    do {                                                                                                     \
        const int64_t deadline_ns_ = clock_monotonic_ns() + DEADLINE_S * second_ns;                          \
        while (!(condition))                                                                                 \
            if (!before(deadline_ns_)) fail_msg("not within %d s: %s", DEADLINE_S, #condition);              \
    } while (0)

static void write_config(const char *text)
{
    FILE *file = fopen(options.config, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) > 0);
    fclose(file);
}

static int set_up(void **state)
{
    (void)state;
    char error[256];
    const ssize_t length = readlink("/proc/self/exe", fake, sizeof fake - 32);
    if (length <= 0) return -1;
    fake[length] = '\0';
    strcpy(strrchr(fake, '/'), "/fake_predictor");
    strcpy(folder, "/tmp/test-controller-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    options_defaults(&options);
    snprintf(options.predictor_path, sizeof options.predictor_path, "%s", fake);
    snprintf(options.state_dir, sizeof options.state_dir, "%s", folder);
    snprintf(options.config, sizeof options.config, "%s/agent.conf", folder);
    char text[sizeof options.config + 8];
    snprintf(text, sizeof text, "config=%s", options.config);
    write_config("# as it was when the driver began\n");
    config_watch_begin(text, &options);
    return options_set(&options, "update_period", "100ms", error, sizeof error) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* ---- the link alone, driven by hand ---- */

static int answers;

static void count_answer(void *context, uint64_t tag, int64_t asked_ns, const answer_t *answer)
{
    assert_ptr_equal(context, folder);
    assert_int_equal(tag, 77);
    assert_true(asked_ns <= clock_monotonic_ns() && !answer->error[0]);
    answers++;
}

static predictor_link_t *begin_link(void)
{
    predictor_link_t *link = calloc(1, sizeof *link);
    assert_non_null(link);
    link->answered = count_answer;
    link->context = folder;
    predictor_link_begin(link, &options, NULL, clock_monotonic_ns());
    return link;
}

static bool step(predictor_link_t *link)
{
    struct pollfd fds[LINK_FDS];
    poll(fds, (nfds_t)predictor_link_watch(link, fds), 1);
    predictor_link_step(link, clock_monotonic_ns());
    return true;
}

static bool is_lost(const predictor_link_t *link, int64_t grace_ns)
{
    return clock_monotonic_ns() >= predictor_link_lost_ns(link, grace_ns);
}

static void end_link(predictor_link_t *link)
{
    const pid_t pid = link->child.pid;
    predictor_link_end(link);
    child_reap();
    if (pid) AWAIT((child_reap(), kill(pid, 0) != 0 && errno == ESRCH));
    free(link);
}

static void a_link_asks_and_is_answered(void **state)
{
    (void)state;
    predictor_link_t *link = begin_link();
    const double history[PROTOCOL_HISTORY] = {1};
    char line[2048];
    AWAIT(step(link) && predictor_link_is_ready(link));
    const size_t length = request_write_predict(line, sizeof line, predictor_link_id(link), "q", history, 1);
    answers = 0;
    assert_true(predictor_link_ask(link, line, length, 77, clock_monotonic_ns()));
    AWAIT(step(link) && answers == 1);
    /* In quiet times it goes on looking whether anybody is there. */
    AWAIT(step(link) && was_heard("\"op\":\"health\""));
    assert_false(is_lost(link, 0));
    end_link(link);
}

static void failures_are_spaced_out(void **state)
{
    (void)state;
    order("crash");
    predictor_link_t *link = begin_link();
    const int64_t start_ns = clock_monotonic_ns();
    AWAIT(step(link) && link->failures == 4);
    /* At once, then after 0.25 and 0.5 s. */
    assert_true(clock_monotonic_ns() - start_ns >= 750 * (int64_t)NS_PER_MS);
    assert_true(link->due_ns - clock_monotonic_ns() > 600 * (int64_t)NS_PER_MS);
    assert_true(is_lost(link, second_ns / 2));
    call_off("crash");
    AWAIT(step(link) && predictor_link_is_ready(link));
    assert_false(is_lost(link, 0));
    end_link(link);
}

static void is_replaced_after(const char *misbehaviour)
{
    order(misbehaviour);
    predictor_link_t *link = begin_link();
    AWAIT(step(link) && link->failures == 1);
    const bool announced = link->serial > 0;
    call_off(misbehaviour);
    AWAIT(step(link) && predictor_link_is_ready(link) && link->serial == (announced ? 2 : 1));
    end_link(link);
}

static void what_misbehaves_is_replaced(void **state)
{
    (void)state;
    is_replaced_after("garbage");
    is_replaced_after("lies");
    is_replaced_after("mute");
    is_replaced_after("silent");
}

static void silence_is_noticed_in_time(void **state)
{
    (void)state;
    predictor_link_t *link = begin_link();
    AWAIT(step(link) && predictor_link_is_ready(link) && child_pid() == link->child.pid);
    order("silent");
    AWAIT(step(link) && !predictor_link_is_ready(link));
    const int64_t silent_ns = link->unhealthy_ns;
    AWAIT(step(link) && link->state != LINK_READY);
    /* The times are what is asked for: how late this thread is woken is another matter. */
    assert_true(silent_ns - link->heard_ns >= LINK_DEADLINE_MS * (int64_t)NS_PER_MS);
    call_off("silent");
    AWAIT(step(link) && predictor_link_is_ready(link));
    end_link(link);
}

static void without_a_program_there_is_no_link(void **state)
{
    (void)state;
    const options_t before = options;
    snprintf(options.predictor_path, sizeof options.predictor_path, "%s", in_folder("nowhere"));
    predictor_link_t *link = begin_link();
    assert_int_equal(link->state, LINK_OFF);
    assert_int_equal(predictor_link_lost_ns(link, 0), INT64_MAX);
    end_link(link);
    options = before;
}

/* The resolver of these tests: one host, at two addresses, as "localhost" often is. */
static struct sockaddr_in faces[2];
static struct addrinfo two_faces[2];

int getaddrinfo(const char *restrict host, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
    (void)hints;
    if (strcmp(host, "two.faces") != 0) return EAI_NONAME;
    for (unsigned i = 0; i < 2; i++) {
        faces[i] = (struct sockaddr_in){.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)atoi(service)),
                                        .sin_addr = {htonl(INADDR_LOOPBACK + 1 - i)}};
        two_faces[i] = (struct addrinfo){.ai_family = AF_INET,
                                         .ai_socktype = SOCK_STREAM,
                                         .ai_addrlen = sizeof faces[i],
                                         .ai_addr = (struct sockaddr *)&faces[i],
                                         .ai_next = i == 0 ? &two_faces[1] : NULL};
    }
    *found = two_faces;
    return 0;
}

void freeaddrinfo(struct addrinfo *found)
{
    assert_ptr_equal(found, two_faces);
}

/* Only the second address of the host is listened at. */
static void every_address_of_a_host_is_tried(void **state)
{
    (void)state;
    const options_t usual = options;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    snprintf(options.predictor, sizeof options.predictor, "two.faces:%d", ntohs(address.sin_port));
    predictor_link_t *link = begin_link();
    int client = -1;
    AWAIT(step(link) && (client = accept(listener, NULL, NULL)) >= 0);
    AWAIT(step(link) && link->state == LINK_GREETING);
    assert_int_equal(link->failures, 0);
    close(listener);
    close(client);
    AWAIT(step(link) && link->state == LINK_WAITING);
    /* Neither is listened at now. */
    AWAIT(step(link) && link->failures == 3);
    end_link(link);
    options = usual;
}

/* ---- the controller's thread, with queries on threads of their own; it is never ended ---- */

typedef struct {
    pthread_t thread;
    exchange_t *exchange;
    atomic_int forecasts; /* of which each was right */
    atomic_bool ends, wrong;
} stream_t;

/* A stream thread: arrivals at a steady rate, seen 50 times a second, after 31 s of them. */
static void *run_stream(void *argument)
{
    stream_t *stream = argument;
    const int64_t epoch_ns = clock_epoch_ns(), begin_ns = clock_monotonic_ns() - 31 * second_ns;
    const decision_t decision = {.reason = REASON_PRICE, .fire = true};
    const governor_stats_t stats = {.seen = 1};
    feed_arrivals(stream->exchange, begin_ns, epoch_ns, 0);
    controller_enlist(stream->exchange, &options);
    while (!atomic_load(&stream->ends)) {
        const int64_t now_ns = clock_monotonic_ns();
        feed_arrivals(stream->exchange, now_ns, epoch_ns, (now_ns - begin_ns) / (second_ns / RATE_PER_S));
        const forecast_t forecast = feed_forecast(stream->exchange, now_ns - second_ns);
        if (forecast.confidence != 0) {
            /* The fake's answer is the number of events in the history. */
            const double error = forecast.rate_per_s - 30.0 * RATE_PER_S;
            if (forecast.confidence != 0.5 || error > 30 || error < -30) atomic_store(&stream->wrong, true);
            atomic_fetch_add(&stream->forecasts, 1);
        }
        const feed_decision_t told = {.decision = &decision, .now_ns = now_ns, .epoch_ns = epoch_ns};
        feed_decision(stream->exchange, &told);
        feed_trigger(stream->exchange, now_ns - second_ns, now_ns, epoch_ns, 5, REASON_PRICE);
        if (feed_wants_stats(stream->exchange)) feed_stats(stream->exchange, &stats, 1, 2, 3);
        nanosleep(&(struct timespec){.tv_nsec = 20 * NS_PER_MS}, NULL);
    }
    feed_end(stream->exchange, &stats, 1, 2, 3);
    controller_strike_off(stream->exchange);
    return NULL;
}

static void start_streams(stream_t streams[QUERIES])
{
    const governor_config_t config = governor_config_of(&options, 2 * second_ns);
    governor_t *governor = governor_create(&config);
    for (int i = 0; i < QUERIES; i++) {
        char name[16];
        snprintf(name, sizeof name, "query-%d", i);
        streams[i].exchange = exchange_create(name, "id", "run");
        assert_non_null(streams[i].exchange);
        feed_configuration(streams[i].exchange, &config, governor, MODE_ACTIVE, "options", 0,
                           clock_epoch_ns());
        assert_int_equal(pthread_create(&streams[i].thread, NULL, run_stream, &streams[i]), 0);
    }
    governor_destroy(governor);
}

/* Whether the predictor was told so, and was not told of the query after that. */
static bool has_ended(int number)
{
    char begin[64];
    snprintf(begin, sizeof begin, "\"query\":\"query-%d\"", number);
    bool ended = false;
    static char heard[1 << 22];
    FILE *file = fopen(in_folder("heard"), "r");
    while (file && fgets(heard, sizeof heard, file))
        if (strstr(heard, begin)) ended = strstr(heard, "\"state\":\"ended\"") != NULL;
    if (file) fclose(file);
    return ended;
}

/* Until each stream has seen a forecast that was asked for after this call. */
static void await_forecasts(stream_t streams[QUERIES])
{
    const int64_t now_ns = clock_monotonic_ns();
    for (int i = 0; i < QUERIES; i++)
        AWAIT(exchange_forecast(streams[i].exchange, now_ns).confidence == 0.5);
}

/* A query that comes later is told all that differs from the options it begins with. */
static void await_config(stream_t streams[QUERIES])
{
    change_t change;
    write_config("goal=cost\n");
    for (int i = 0; i < QUERIES; i++) {
        AWAIT(exchange_take_change(streams[i].exchange, &change));
        assert_true(change.has_goal && change.goal == GOAL_COST && !change.has_mode && !change.has_budget);
        assert_string_equal(change.origin, "file");
    }
    write_config("goal=cost\nbudget=0.5\n");
    AWAIT(exchange_take_change(streams[0].exchange, &change));
    assert_true(!change.has_goal && change.has_budget && change.budget == 0.5);

    exchange_t *late = exchange_create("late", "id", "run");
    assert_non_null(late);
    controller_enlist(late, &options);
    AWAIT(exchange_take_change(late, &change));
    assert_true(change.has_goal && change.goal == GOAL_COST && change.budget == 0.5);
    controller_strike_off(late);

    write_config("# and back again: nothing differs from the start\n");
    AWAIT(exchange_take_change(streams[0].exchange, &change));
    assert_true(change.goal == GOAL_BALANCED && change.budget == 1);
    late = exchange_create("later", "id", "run");
    assert_non_null(late);
    controller_enlist(late, &options);
    write_config("mode=monitoring\n");
    AWAIT(exchange_take_change(late, &change));
    assert_true(change.has_mode && !change.has_goal && !change.has_budget);
    controller_strike_off(late);
}

static void forecasts_reach_every_query(void **state)
{
    (void)state;
    static stream_t streams[QUERIES];
    start_streams(streams);
    await_forecasts(streams);
    for (int i = 0; i < QUERIES; i++) {
        char text[64];
        snprintf(text, sizeof text, "\"query\":\"query-%d\",\"query_id\":\"id\"", i);
        AWAIT(was_heard(text));
    }
    AWAIT(was_heard("\"trigger_s\":2,") && was_heard("\"reason\":\"price\"") && was_heard("\"slots\":"));

    await_config(streams);

    for (int i = 0; i < 5; i++) {
        const pid_t victim = child_pid();
        assert_int_equal(kill(victim, SIGKILL), 0);
        AWAIT(child_pid() != victim && child_pid() != 0);
        await_forecasts(streams);
    }
    assert_int_equal(kill(child_pid(), SIGSTOP), 0);
    await_forecasts(streams);

    order("silent");
    AWAIT(controller_is_lost());
    call_off("silent");
    AWAIT(!controller_is_lost());
    await_forecasts(streams);
    for (int i = 0; i < QUERIES; i++) {
        assert_true(atomic_load(&streams[i].forecasts) > 0);
        assert_false(atomic_load(&streams[i].wrong));
        atomic_store(&streams[i].ends, true);
        pthread_join(streams[i].thread, NULL);
    }
    for (int i = 0; i < QUERIES; i++)
        AWAIT(has_ended(i));
}

static void leaving_ends_the_predictor(void **state)
{
    (void)state;
    const pid_t pid = child_pid();
    assert_int_equal(kill(pid, 0), 0);
    controller_leave();
    AWAIT((waitpid(pid, NULL, WNOHANG), kill(pid, 0) != 0));
    controller_leave(); /* the JVM may say so twice */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_program_there_is_no_link),
        cmocka_unit_test(a_link_asks_and_is_answered),
        cmocka_unit_test(failures_are_spaced_out),
        cmocka_unit_test(what_misbehaves_is_replaced),
        cmocka_unit_test(silence_is_noticed_in_time),
        cmocka_unit_test(every_address_of_a_host_is_tried),
        cmocka_unit_test(forecasts_reach_every_query),
        cmocka_unit_test(leaving_ends_the_predictor),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
