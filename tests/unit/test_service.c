/* The service without sockets: what is kept of a query, who is told what goes by, and that the built-in model is the one in
 * models/. */
/* links: predictor */
#include "predictor/builtin_model.h"
#include "service_client.h"

#include "forecast/model_file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static model_t model;
static int64_t clock_ns;

static struct {
    int observed, predicted;
    char query[PROTOCOL_LABEL_SIZE];
    int64_t events, time_ms;
    double rate;
} seen;

static int64_t now_ns(void)
{
    return clock_ns += 1000000;
}

static void on_observed(void *context, const observation_t *observation)
{
    assert_ptr_equal(context, &seen);
    seen.observed++;
    strcpy(seen.query, observation->status.query);
    seen.events = observation->slots[0];
}

static void on_predicted(void *context, const char *query, int64_t time_ms, const answer_t *given)
{
    assert_ptr_equal(context, &seen);
    seen.predicted++;
    strcpy(seen.query, query);
    seen.time_ms = time_ms;
    seen.rate = given->rate;
}

static service_t *create(forecaster_kind_t forecaster, size_t queries_maximum)
{
    memset(&seen, 0, sizeof seen);
    const service_config_t config = {
        .token = token,
        .settings = {.forecaster = forecaster, .model = &model},
        .queries_maximum = queries_maximum,
        .now_ns = now_ns,
        .pid = 1,
        .listener = {.observed = on_observed, .predicted = on_predicted, .context = &seen},
    };
    service_t *service = service_create(&config);
    assert_non_null(service);
    return service;
}

static void test_listener_sees_what_friends_send(void **state)
{
    (void)state;
    service_t *service = create(FORECASTER_LSTM, 10);
    session_t friend = {.authorised = false}, stranger = {.authorised = false};
    const double history[PROTOCOL_HISTORY] = {0};
    static observation_t observation;
    observation_clear(&observation);
    strcpy(observation.status.query, "clicks");
    observation.slots_start_ms = 0;
    observation.slots_width_ms = 100;
    observation.slot_count = 1;
    observation.slots[0] = 7;
    say_hello(service, &friend);
    const size_t length = request_write_observe(line, sizeof line, &observation);
    assert_string_equal(submit(service, &friend, length), "");
    assert_int_equal(seen.observed, 1);
    assert_int_equal(seen.events, 7);
    assert_string_equal(seen.query, "clicks");
    const answer_t given = predict(service, &friend, "views", history, 1790000000000);
    assert_int_equal(seen.predicted, 1);
    assert_int_equal(seen.time_ms, 1790000000000);
    assert_true(fabs(seen.rate - given.rate) < 0.001 && given.rate >= 0);
    predict(service, &stranger, "views", history, 1790000000000);
    request_write_observe(line, sizeof line, &observation);
    submit(service, &stranger, length);
    assert_int_equal(seen.predicted + seen.observed, 2);
    service_destroy(service);
}

/* What is asked to change reaches a query that has no history to be forecast from, once, and nobody but friends. */
static void test_health_hands_changes_over(void **state)
{
    (void)state;
    service_t *service = create(FORECASTER_LSTM, 10);
    session_t friend = {.authorised = false}, stranger = {.authorised = false};
    static observation_t observation;
    const change_t change = {.has_mode = true, .mode = MODE_MONITORING, .origin = "page"};
    observation_clear(&observation);
    strcpy(observation.status.query, "clicks");
    say_hello(service, &friend);
    submit(service, &friend, request_write_observe(line, sizeof line, &observation));
    assert_true(service_set(service, "clicks", &change));
    for (int i = 0; i < 4; i++) {
        static const char *const queries[] = {"clicks", "views", NULL, "clicks"};
        session_t *session = i == 0 ? &stranger : &friend;
        submit(service, session, request_write_health(line, sizeof line, REQUEST_NO_ID, queries[i]));
        assert_non_null(strstr(answer, "\"status\":\"ready\""));
        assert_true((strstr(answer, "\"set\":{\"mode\":\"monitoring\",\"origin\":\"page\"}") != NULL) ==
                    (i == 3));
    }
    submit(service, &friend, request_write_health(line, sizeof line, REQUEST_NO_ID, "clicks"));
    assert_null(strstr(answer, "set"));
    service_destroy(service);
}

static void test_longest_unused_query_makes_room(void **state)
{
    (void)state;
    static queries_t queries;
    queries_begin(&queries, 3, NULL);
    for (int i = 0; i < 3; i++)
        assert_non_null(queries_use(&queries, (const char *[]){"a", "b", "c"}[i]));
    queries_use(&queries, "a");
    queries_use(&queries, "d");
    assert_int_equal(queries.count, 3);
    assert_non_null(queries_find(&queries, "a"));
    assert_null(queries_find(&queries, "b"));
    assert_non_null(queries_find(&queries, "c"));
    assert_non_null(queries_find(&queries, "d"));
    /* Found is not used. */
    queries_use(&queries, "e");
    assert_null(queries_find(&queries, "c"));
    queries_end(&queries);
}

/* A forecaster that learns must have seen every second once, however often and late it was asked. */
static void test_learning(void **state)
{
    (void)state;
    double rates[400];
    for (int i = 0; i < 400; i++)
        rates[i] = 100 + (i % 2) * 50;
    static const int steps[][3] = {{1, 1, 1}, {1, 0, 2}, {5, 1, 3}};
    for (size_t way = 0; way < 3; way++) {
        service_t *service = create(FORECASTER_RIDGE, 10);
        session_t friend = {.authorised = false};
        say_hello(service, &friend);
        double error = 0;
        int asked = 0;
        for (int end = 30, i = 0; end < 399; end += steps[way][i++ % 3]) {
            const answer_t given =
                predict(service, &friend, "q", &rates[end - 30], 1790000000000 + end * INT64_C(1000));
            if (end < 300) continue;
            error += fabs(given.rate - rates[end]);
            asked++;
        }
        assert_true(error / asked < 1);
        service_destroy(service);
    }
}

static void test_learning_without_times(void **state)
{
    (void)state;
    service_t *service = create(FORECASTER_RIDGE, 10);
    session_t friend = {.authorised = false};
    say_hello(service, &friend);
    double rates[400], error = 0;
    for (int i = 0; i < 400; i++)
        rates[i] = 100 + (i % 2) * 50;
    for (int end = 30; end < 399; end++) {
        const answer_t given = predict(service, &friend, "q", &rates[end - 30], FIELD_UNKNOWN);
        if (end >= 300) error += fabs(given.rate - rates[end]);
    }
    assert_true(error / 99 < 1);
    service_destroy(service);
}

static void test_builtin_model_is_the_file(void **state)
{
    (void)state;
    model_t file;
    char error[256], said[512];
    bool replaced;
    assert_true(model_load(PROJECT_SOURCE "/models/default.model", &file, error, sizeof error));
    assert_memory_equal(file.parameters, model.parameters,
                        model_parameter_count(&file.shape) * sizeof(float));
    model_free(&file);
    assert_true(model_choose("/nowhere/x.model", &file, &replaced, said, sizeof said));
    assert_true(replaced && strstr(said, "/nowhere/x.model") && strstr(said, "built-in"));
    model_free(&file);
}

/* A model that is right but for other histories would read beyond a request's. */
static void test_model_of_another_history(void **state)
{
    (void)state;
    model_t other, chosen;
    model_shape_t shape = model_default_shape;
    char error[256], said[512], path[64];
    bool replaced;
    shape.history = MODEL_HISTORY + 1;
    shape.units = 16;
    assert_true(model_create(&other, &shape, model_default_outputs));
    snprintf(path, sizeof path, "/tmp/test_service.%ld.model", (long)getpid());
    assert_true(model_save(path, &other, error, sizeof error));
    assert_true(model_choose(path, &chosen, &replaced, said, sizeof said));
    assert_true(replaced && strstr(said, "history is 31 seconds"));
    assert_int_equal(chosen.shape.history, MODEL_HISTORY);
    model_free(&chosen);
    model_free(&other);
    remove(path);
}

static int load_model(void **state)
{
    (void)state;
    char error[256];
    return builtin_model_load(&model, error, sizeof error) ? 0 : -1;
}

static int free_model(void **state)
{
    (void)state;
    model_free(&model);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listener_sees_what_friends_send),
        cmocka_unit_test(test_health_hands_changes_over),
        cmocka_unit_test(test_longest_unused_query_makes_room),
        cmocka_unit_test(test_learning),
        cmocka_unit_test(test_learning_without_times),
        cmocka_unit_test(test_builtin_model_is_the_file),
        cmocka_unit_test(test_model_of_another_history),
    };
    return cmocka_run_group_tests(tests, load_model, free_model);
}
