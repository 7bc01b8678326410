/* Advice by messages: what an agent tells becomes what it is told, what was learnt is kept and found again, and what makes no
 * sense is refused. */
/* links: predictor advice control traffic common */
#include "common/random.h"
#include "learnt_trains.h"
#include "predictor/builtin_model.h"
#include "predictor/state_file.h"
#include "service_client.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const int64_t second_ns = 1000000000, first_ms = 1790000000000;
enum { SLOTS = 10 };

static model_t model;
static char folder[] = "/tmp/test_query_advice_XXXXXX";
static int64_t clock_ns = 1;

static int64_t now_ns(void)
{
    return clock_ns;
}

static service_t *create(background_t *background, const char *state_dir)
{
    const service_config_t config = {
        .token = token,
        .settings = {.automatic = true,
                     .forecaster = FORECASTER_LSTM,
                     .model = &model,
                     .state_dir = state_dir,
                     .background = background},
        .queries_maximum = 100,
        .now_ns = now_ns,
        .pid = 1,
    };
    service_t *service = service_create(&config);
    assert_non_null(service);
    return service;
}

static const double no_history[PROTOCOL_HISTORY];

/* The same until its confidence is above `least`, or 0 where that is 0: what learns may hold the advisor for a moment. */
static answer_t await_confidence(service_t *service, session_t *session, const char *query, int64_t time_ms,
                                 double least)
{
    const time_t end = time(NULL) + 60;
    for (;;) {
        const answer_t given = predict(service, session, query, no_history, time_ms);
        if (least > 0 ? given.confidence > least : given.confidence == 0) return given;
        if (time(NULL) >= end)
            fail_msg("%s at %lld: confidence %g", query, (long long)time_ms, given.confidence);
        usleep(1000);
        clock_ns += second_ns; /* advice is given once a second */
    }
}

/* A second as the agent tells it, with what it is configured as when that is new. */
static void tell_second(service_t *service, session_t *session, const char *query, random_t *random,
                        int64_t second, const observed_config_t *config)
{
    static observation_t observation;
    const int64_t start_ms = first_ms + second * 1000;
    clock_ns += second_ns;
    observation_clear(&observation);
    strcpy(observation.status.query, query);
    observation.status.time_ms = start_ms + 1000;
    observation.status.has_config = config != NULL;
    if (config != NULL) observation.status.config = *config;
    observation.slots_start_ms = start_ms;
    observation.slots_width_ms = 100;
    observation.slot_count = SLOTS;
    for (int64_t i = 0; i < SLOTS; i++)
        observation.slots[i] = trains(random, start_ms / 100 + i);
    observation.trigger_count = 1;
    observation.triggers[0] = (observed_trigger_t){
        .start_ms = start_ms + 100, .end_ms = start_ms + 350, .events = 100, .reason = "price"};
    submit(service, session, request_write_observe(line, sizeof line, &observation));
    assert_string_equal(answer, "");
}

static observed_config_t usual(void)
{
    observed_config_t config = {
        .trigger_s = 2,
        .mode = "active",
        .goal = "balanced",
        .policy = "adaptive",
        .budget = 1,
        .slot_s = 0.1,
        .min_interval_s = 0.1,
        .max_interval_s = 30,
        .max_wait_s = 4,
        .warmup_s = 30,
        .update_period_s = 1,
        .fallback_s = 0,
    };
    return config;
}

/* The one file in the folder that ends with `ending`; false: there is none. */
static bool find_file(const char *ending, char *path, size_t size)
{
    DIR *directory = opendir(folder);
    bool found = false;
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        const size_t length = strlen(entry->d_name);
        if (length < strlen(ending) || strcmp(entry->d_name + length - strlen(ending), ending) != 0) continue;
        assert_false(found);
        snprintf(path, size, "%s/%s", folder, entry->d_name);
        found = true;
    }
    closedir(directory);
    return found;
}

static void empty_folder(void)
{
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (entry->d_name[0] != '.') assert_int_equal(unlinkat(dirfd(directory), entry->d_name, 0), 0);
    closedir(directory);
}

/* What was learnt is in its file then. */
static void end(service_t *service, background_t *background)
{
    service_destroy(service);
    background_stop(background);
}

static session_t friendly(service_t *service)
{
    session_t session = {.authorised = false};
    say_hello(service, &session);
    return session;
}

static void what_was_learnt_is_found_and_served(void **state)
{
    (void)state;
    uint8_t bytes[ADVISOR_STATE_MAXIMUM];
    char path[STATE_PATH_SIZE];
    random_t random;
    const observed_config_t config = usual();
    random_seed(&random, 5, 0);

    /* A query leaves a file when its predictor ends; nothing was learnt in a few seconds, so there is no advice. */
    background_t *background = background_start(0.05);
    service_t *service = create(background, folder);
    session_t session = friendly(service);
    for (int64_t second = 0; second < 5; second++)
        tell_second(service, &session, "click/s", &random, second, second == 0 ? &config : NULL);
    answer_t given = predict(service, &session, "click/s", no_history, first_ms + 5000);
    assert_true(given.confidence == 0 && isnan(given.effective) && !given.has_changes);
    end(service, background);
    assert_true(find_file(".state", path, sizeof path));
    assert_non_null(strstr(path, "/click_s-"));

    /* One that holds what an hour and a half have taught is followed from the second that follows the first slots on. */
    const size_t size = learn_trains(bytes, sizeof bytes);
    assert_true(size > 0 && state_file_write(path, bytes, size));
    background = background_start(0.05);
    service = create(background, folder);
    session = friendly(service);
    tell_second(service, &session, "click/s", &random, 0, &config);
    given = await_confidence(service, &session, "click/s", first_ms + 1000, 0.5);
    assert_true(given.confidence <= 1 && given.effective > 0);
    assert_string_equal(given.model, "learned");
    assert_true(given.has_changes);
    double sum = 0, most = 0;
    for (int i = 0; i < PROTOCOL_CHANGES; i++) {
        sum += given.changes[i];
        most = fmax(most, fabs(given.changes[i]));
    }
    assert_true(fabs(sum) < 1e-5 && most > 0.01);

    /* Another goal is another file, and nothing is known of it; back again, the first one is found. */
    observed_config_t other = config;
    strcpy(other.goal, "latency");
    tell_second(service, &session, "click/s", &random, 1, &other);
    await_confidence(service, &session, "click/s", first_ms + 2000, 0);
    tell_second(service, &session, "click/s", &random, 2, &config);
    await_confidence(service, &session, "click/s", first_ms + 3000, 0.5);
    end(service, background);
    empty_folder();
}

static void a_file_that_is_none_is_put_aside(void **state)
{
    (void)state;
    char path[STATE_PATH_SIZE], aside[STATE_PATH_SIZE];
    const observed_config_t config = usual();
    random_t random;
    random_seed(&random, 5, 0);
    background_t *background = background_start(0.05);
    assert_true(state_file_path(folder, "clicks", LEARNT_RULE, path, sizeof path));
    assert_true(state_file_write(path, (const uint8_t *)"not one of ours", 15));
    service_t *service = create(background, folder);
    session_t session = friendly(service);
    tell_second(service, &session, "clicks", &random, 0, &config);
    assert_true(predict(service, &session, "clicks", no_history, first_ms + 1000).confidence == 0);
    end(service, background);
    assert_true(find_file(".refused", aside, sizeof aside));
    assert_true(find_file(".state", path, sizeof path));
    empty_folder();
}

/* A folder that cannot be made is said once and harms nobody. */
static void a_folder_that_cannot_be_costs_nothing(void **state)
{
    (void)state;
    const observed_config_t config = usual();
    random_t random;
    random_seed(&random, 5, 0);
    background_t *background = background_start(0.05);
    service_t *service = create(background, "/proc/nothing/here");
    session_t session = friendly(service);
    tell_second(service, &session, "clicks", &random, 0, &config);
    predict(service, &session, "clicks", no_history, first_ms + 1000);
    end(service, background);
}

/* More queries than there is room for, a clock that is set back, and configurations that nobody can be advised under. */
static void there_is_an_end_to_it(void **state)
{
    (void)state;
    observed_config_t config = usual();
    random_t random;
    random_seed(&random, 5, 0);
    service_t *service = create(NULL, NULL);
    session_t session = friendly(service);
    for (int i = 0; i < 3 * ADVISED_MAXIMUM; i++) {
        char query[16];
        snprintf(query, sizeof query, "query %d", i);
        tell_second(service, &session, query, &random, i, &config);
        assert_true(predict(service, &session, query, no_history, first_ms + 1000 * (i + 1)).confidence == 0);
    }
    tell_second(service, &session, "query 0", &random, -3600, NULL);
    assert_true(predict(service, &session, "query 0", no_history, first_ms - 3600 * 1000).confidence == 0);
    const struct {
        double trigger_s, budget;
        const char *goal, *policy, *mode;
    } strange[] = {{0, 1, "balanced", "adaptive", "active"},     {NAN, 1, "balanced", "adaptive", "active"},
                   {1e300, 1, "balanced", "adaptive", "active"}, {2, -1, "balanced", "adaptive", "active"},
                   {2, NAN, "balanced", "adaptive", "active"},   {2, 1, "cheapest", "adaptive", "active"},
                   {2, 1, "balanced", "rate", "active"},         {2, 1, "balanced", "adaptive", "disabled"}};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        config.trigger_s = strange[i].trigger_s;
        config.budget = strange[i].budget;
        strcpy(config.goal, strange[i].goal);
        strcpy(config.policy, strange[i].policy);
        strcpy(config.mode, strange[i].mode);
        tell_second(service, &session, "query 1", &random, 100 + (int64_t)i, &config);
        assert_true(predict(service, &session, "query 1", no_history, first_ms + 101000 + 1000 * (int64_t)i)
                        .confidence == 0);
    }
    service_destroy(service);
}

typedef struct {
    int64_t calls;
    background_result_t result;
} worked_t;

static background_result_t count(void *context)
{
    worked_t *worked = context;
    __atomic_add_fetch(&worked->calls, 1, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&worked->result, __ATOMIC_SEQ_CST);
}

static int64_t calls(const worked_t *worked)
{
    return __atomic_load_n(&worked->calls, __ATOMIC_SEQ_CST);
}

static void await_calls(const worked_t *worked, int64_t least)
{
    const time_t deadline = time(NULL) + 60;
    while (calls(worked) < least) {
        assert_true(time(NULL) < deadline);
        usleep(1000);
    }
}

static void whoever_has_work_is_called_until_he_is_done(void **state)
{
    (void)state;
    worked_t first = {.result = BACKGROUND_WORKED}, second = {.result = BACKGROUND_WORKED},
             lazy = {.result = BACKGROUND_IDLE}, late = {.result = BACKGROUND_IDLE};
    background_t *background = background_start(1);
    assert_non_null(background);
    assert_true(background_add(background, count, &first));
    assert_true(background_add(background, count, &second));
    assert_true(background_add(background, count, &lazy));
    await_calls(&first, 100);
    await_calls(&second, 100);
    await_calls(&lazy, 100);
    __atomic_store_n(&first.result, BACKGROUND_DONE, __ATOMIC_SEQ_CST);
    await_calls(&second, calls(&second) + 10);
    const int64_t until_then = calls(&first);
    await_calls(&second, calls(&second) + 100);
    assert_int_equal(calls(&first), until_then);
    /* Where nobody has anything to do, whoever is new need not wait for the end of the pause; at the end all are called. */
    __atomic_store_n(&second.result, BACKGROUND_IDLE, __ATOMIC_SEQ_CST);
    assert_true(background_add(background, count, &late));
    await_calls(&late, 1);
    const int64_t before = calls(&second);
    background_stop(background);
    assert_true(calls(&second) > before && calls(&first) == until_then);
}

/* A place is free again when its query has ended, for one that came too late too; a changed option is no reason to forget; a
 * message that comes late is no clock that was set back, and one that was loses nothing that was learnt. */
static void places_and_what_was_learnt_are_kept(void **state)
{
    (void)state;
    static observation_t ended;
    uint8_t bytes[ADVISOR_STATE_MAXIMUM];
    char path[STATE_PATH_SIZE];
    observed_config_t config = usual();
    random_t random;
    random_seed(&random, 5, 0);
    background_t *background = background_start(0.05);
    service_t *service = create(background, folder);
    session_t session = friendly(service);
    const size_t size = learn_trains(bytes, sizeof bytes);
    assert_true(state_file_path(folder, "late", LEARNT_RULE, path, sizeof path));
    assert_true(size > 0 && state_file_write(path, bytes, size));
    for (int i = 0; i < ADVISED_MAXIMUM; i++)
        tell_second(service, &session, (const char *[]){"a", "b", "c", "d", "e", "f", "g", "h"}[i], &random,
                    0, &config);
    tell_second(service, &session, "late", &random, 0, &config);
    assert_true(predict(service, &session, "late", no_history, first_ms + 1000).confidence == 0);
    observation_clear(&ended);
    strcpy(ended.status.query, "b");
    strcpy(ended.status.state, "ended");
    submit(service, &session, request_write_observe(line, sizeof line, &ended));
    tell_second(service, &session, "late", &random, 1, NULL);
    await_confidence(service, &session, "late", first_ms + 2000, 0.5);

    config.min_interval_s = 0.2;
    config.origin_ms = 40;
    tell_second(service, &session, "late", &random, 2, &config);
    await_confidence(service, &session, "late", first_ms + 3000, 0.5);
    clock_ns += 10 * second_ns; /* of ours, while we did not run */
    tell_second(service, &session, "late", &random, 3, NULL);
    await_confidence(service, &session, "late", first_ms + 4000, 0.5);
    tell_second(service, &session, "late", &random, -3600, NULL);
    tell_second(service, &session, "late", &random, -3599, NULL);
    await_confidence(service, &session, "late", first_ms - 3598 * 1000, 0.5);
    end(service, background);
    empty_folder();
}

static int set_up(void **state)
{
    (void)state;
    char said[256];
    bool replaced;
    return !(mkdtemp(folder) != NULL && model_choose(NULL, &model, &replaced, said, sizeof said));
}

static int tear_down(void **state)
{
    (void)state;
    model_free(&model);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_learnt_is_found_and_served),
        cmocka_unit_test(a_file_that_is_none_is_put_aside),
        cmocka_unit_test(a_folder_that_cannot_be_costs_nothing),
        cmocka_unit_test(there_is_an_end_to_it),
        cmocka_unit_test(whoever_has_work_is_called_until_he_is_done),
        cmocka_unit_test(places_and_what_was_learnt_are_kept),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
