/* What one side writes the other reads; what is wrong is refused by name. */
/* links: protocol common */
#include "protocol/answer.h"
#include "protocol/child.h"
#include "protocol/request.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char buffer[PROTOCOL_LINE_MAXIMUM + 1], error[PROTOCOL_ERROR_SIZE];
static request_t request;
static answer_t answer;
static const char token[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF";
static const message_id_t seven = {.given = true, .value = 7};

static bool read_request(const char *text)
{
    error[0] = '\0';
    return request_read(text, strlen(text), &request, error, sizeof error);
}

static bool read_answer(const char *text)
{
    error[0] = '\0';
    return answer_read(text, strlen(text), &answer, error, sizeof error);
}

static void assert_refused(const char *text, const char *sentence)
{
    assert_false(read_request(text));
    if (strstr(error, sentence) == NULL) fail_msg("%s: '%s' is not '%s'", text, error, sentence);
}

static void test_hello(void **state)
{
    (void)state;
    assert_true(request_write_hello(buffer, sizeof buffer, seven, token, "agent") > 0);
    assert_true(read_request(buffer));
    assert_int_equal(request.op, REQUEST_HELLO);
    assert_true(request.id.given);
    assert_int_equal(request.id.value, 7);
    assert_string_equal(request.token, token);
    assert_string_equal(request.client, "agent");

    const answer_t said = {.id = seven, .ok = true, .version = "0.1.0", .pid = 4711};
    assert_true(answer_write_hello(buffer, sizeof buffer, &said) > 0);
    assert_true(read_answer(buffer));
    assert_true(answer.ok);
    assert_int_equal(answer.pid, 4711);
    assert_string_equal(answer.version, "0.1.0");
    assert_string_equal(answer.error, "");
}

static void test_predict(void **state)
{
    (void)state;
    double history[PROTOCOL_HISTORY];
    for (size_t i = 0; i < PROTOCOL_HISTORY; i++)
        history[i] = (double)i * 1000.5;
    size_t length = request_write_predict(buffer, sizeof buffer, REQUEST_NO_ID, "a \"b\"\n\xc3\xa4", history,
                                          INT64_C(1790000000000));
    assert_true(length > 0);
    assert_int_equal(buffer[length - 1], '\n');
    assert_null(memchr(buffer, '\n', length - 1));
    assert_true(request_read(buffer, length, &request, error, sizeof error));
    assert_false(request.id.given);
    assert_string_equal(request.query, "a \"b\"\n\xc3\xa4");
    assert_memory_equal(request.history, history, sizeof history);
    assert_int_equal(request.time_ms, INT64_C(1790000000000));

    answer_t said = {
        .id = seven,
        .query = "q",
        .rate = 812.5,
        .effective = 790.125,
        .confidence = 0.35,
        .has_quantiles = true,
        .low = 640.25,
        .high = 1010,
        .has_changes = true,
        .changes = {-0.25, 0.125, 0.125, 0},
        .model = "lstm",
        .elapsed_us = 61,
        .has_change = true,
        .change = {
            .has_goal = true, .goal = GOAL_LATENCY, .has_budget = true, .budget = 0.5, .origin = "page"}};
    assert_true(answer_write_predict(buffer, sizeof buffer, &said) > 0);
    assert_true(read_answer(buffer));
    assert_int_equal(answer.id.value, 7);
    assert_true(answer.rate == 812.5 && answer.effective == 790.125 && answer.confidence == 0.35);
    assert_true(answer.has_quantiles && answer.low == 640.25 && answer.high == 1010);
    assert_true(answer.has_changes);
    assert_memory_equal(answer.changes, said.changes, sizeof said.changes);
    assert_string_equal(answer.model, "lstm");
    assert_int_equal(answer.elapsed_us, 61);
    assert_true(answer.has_change && answer.change.has_goal && !answer.change.has_mode);
    assert_int_equal(answer.change.goal, GOAL_LATENCY);
    assert_true(answer.change.budget == 0.5);
    assert_string_equal(answer.change.origin, "page");

    said.effective = NAN;
    said.has_quantiles = said.has_changes = said.has_change = false;
    assert_true(answer_write_predict(buffer, sizeof buffer, &said) > 0);
    assert_true(read_answer(buffer));
    assert_true(isnan(answer.effective));
    assert_false(answer.has_quantiles || answer.has_changes || answer.has_change);
}

static void fill(observation_t *observation)
{
    observation_clear(observation);
    observed_status_t *status = &observation->status;
    strcpy(status->query, "clicks");
    strcpy(status->query_id, "0d4a");
    status->time_ms = 1790000000123;
    strcpy(status->state, "guarded");
    strcpy(status->why, "as many batches as the budget allows");
    status->has_config = status->has_decision = status->has_stats = true;
    status->config.trigger_s = 2;
    strcpy(status->config.goal, "strict");
    status->config.rows_only = true;
    status->config.origin_ms = 500;
    status->config.limit = 0;
    status->decision.fire = true;
    strcpy(status->decision.reason, "price");
    status->decision.pending = 12;
    status->decision.price = 0.000125;
    status->stats.own.batches = 3;
    status->stats.shadow.p99_s = 1.75;
    status->stats.debt_batches = -2.5;
    status->stats.faults = 1;
    observation->slots_start_ms = 1790000000100;
    observation->slots_width_ms = 100;
    observation->slot_count = OBSERVATION_SLOTS_MAXIMUM;
    for (size_t i = 0; i < observation->slot_count; i++)
        observation->slots[i] = (int64_t)(i * i);
    observation->trigger_count = 2;
    observation->triggers[0] =
        (observed_trigger_t){.start_ms = 5, .end_ms = 6, .events = 7, .reason = "price"};
    observation->triggers[1] =
        (observed_trigger_t){.start_ms = 8, .end_ms = 9, .events = 0, .reason = "idle"};
    observation->shadow_count = 1;
    observation->shadow[0] = (observed_trigger_t){.start_ms = 10, .end_ms = FIELD_UNKNOWN, .events = 11};
    status->cost_count = 2;
    status->cost_events[0] = 10;
    status->cost_events[1] = 100;
    status->cost_seconds[0] = 0.25;
    status->cost_seconds[1] = 0.5;
}

static void test_observe(void **state)
{
    (void)state;
    static observation_t said;
    fill(&said);
    const size_t length = request_write_observe(buffer, sizeof buffer, &said);
    assert_true(length > 0);
    assert_true(request_read(buffer, length, &request, error, sizeof error));
    assert_int_equal(request.op, REQUEST_OBSERVE);
    const observation_t *seen = &request.observation;
    assert_string_equal(seen->status.query, "clicks");
    assert_string_equal(seen->status.query_id, "0d4a");
    assert_string_equal(seen->status.run, "");
    assert_int_equal(seen->status.time_ms, 1790000000123);
    assert_string_equal(seen->status.state, "guarded");
    assert_true(seen->status.has_config && seen->status.has_decision && seen->status.has_stats);
    assert_true(seen->status.config.trigger_s == 2 && seen->status.config.rows_only);
    assert_true(isnan(seen->status.config.budget));
    assert_string_equal(seen->status.config.goal, "strict");
    assert_int_equal(seen->status.config.origin_ms, 500);
    assert_int_equal(seen->status.config.limit, 0);
    assert_true(seen->status.decision.fire && seen->status.decision.price == 0.000125);
    assert_int_equal(seen->status.decision.pending, 12);
    assert_int_equal(seen->status.decision.time_ms, FIELD_UNKNOWN);
    assert_int_equal(seen->status.stats.own.batches, 3);
    assert_true(seen->status.stats.shadow.p99_s == 1.75 && seen->status.stats.debt_batches == -2.5);
    assert_int_equal(seen->status.stats.faults, 1);
    assert_int_equal(seen->slots_start_ms, 1790000000100);
    assert_int_equal(seen->slot_count, OBSERVATION_SLOTS_MAXIMUM);
    assert_memory_equal(seen->slots, said.slots, sizeof said.slots);
    assert_int_equal(seen->trigger_count, 2);
    assert_string_equal(seen->triggers[1].reason, "idle");
    assert_int_equal(seen->triggers[0].end_ms, 6);
    assert_int_equal(seen->shadow_count, 1);
    assert_int_equal(seen->shadow[0].events, 11);
    assert_int_equal(seen->shadow[0].end_ms, FIELD_UNKNOWN);
    assert_int_equal(seen->status.cost_count, 2);
    assert_true(seen->status.cost_seconds[1] == 0.5 && seen->status.cost_events[1] == 100);

    /* The next one holds nothing of this one. */
    assert_true(read_request("{\"v\":1,\"op\":\"observe\",\"query\":\"other\"}"));
    assert_int_equal(seen->slot_count + seen->trigger_count + seen->shadow_count + seen->status.cost_count,
                     0);
    assert_false(seen->status.has_config || seen->status.has_decision || seen->status.has_stats);
    assert_string_equal(seen->status.why, "");
}

static void test_status_is_what_was_last_known(void **state)
{
    (void)state;
    static observation_t first, later;
    static observed_status_t status;
    fill(&first);
    observed_status_clear(&status);
    observed_status_update(&status, &first.status);
    observation_clear(&later);
    strcpy(later.status.query, "clicks");
    strcpy(later.status.state, "active");
    later.status.time_ms = 1790000001123;
    observed_status_update(&status, &later.status);
    assert_string_equal(status.state, "active");
    assert_string_equal(status.why, "");
    assert_int_equal(status.time_ms, 1790000001123);
    assert_true(status.has_config && status.config.trigger_s == 2);
    assert_int_equal(status.cost_count, 2);

    /* What the run before was in says nothing of this one. */
    strcpy(later.status.state, "ended");
    observed_status_update(&status, &later.status);
    assert_string_equal(status.state, "ended");
    strcpy(later.status.run, "the next run");
    later.status.state[0] = '\0';
    observed_status_update(&status, &later.status);
    assert_string_equal(status.state, "");
}

static void test_status_comes_in_parts(void **state)
{
    (void)state;
    static observation_t one;
    fill(&one);
    json_writer_t json;
    answer_begin_status(&json, buffer, sizeof buffer, seven);
    int64_t added = 0;
    while (answer_add_status(&json, &one.status))
        added++;
    assert_in_range(added, 50, 300);
    const size_t length = answer_end_status(&json, added);
    assert_in_range(length, PROTOCOL_LINE_MAXIMUM - 1500, PROTOCOL_LINE_MAXIMUM);
    assert_true(answer_read(buffer, length, &answer, error, sizeof error));
    char ending[64];
    snprintf(ending, sizeof ending, "}],\"next\":%d}\n", (int)added);
    assert_string_equal(buffer + length - strlen(ending), ending);
    for (size_t size = 0; size < 100; size++) {
        answer_begin_status(&json, buffer, size, seven);
        assert_false(answer_add_status(&json, &one.status));
        answer_end_status(&json, 0);
    }
}

static void test_other_requests(void **state)
{
    (void)state;
    assert_true(request_write_health(buffer, sizeof buffer, seven) > 0);
    assert_true(read_request(buffer));
    assert_int_equal(request.op, REQUEST_HEALTH);
    assert_true(request_write_status(buffer, sizeof buffer, seven, "clicks", 12) > 0);
    assert_true(read_request(buffer));
    assert_int_equal(request.op, REQUEST_STATUS);
    assert_string_equal(request.query, "clicks");
    assert_int_equal(request.from, 12);
    const change_t change = {.has_mode = true, .mode = MODE_MONITORING, .origin = "cli"};
    assert_true(request_write_set(buffer, sizeof buffer, seven, "*", &change) > 0);
    assert_true(read_request(buffer));
    assert_string_equal(request.query, "*");
    assert_true(request.change.has_mode && !request.change.has_goal && !request.change.has_budget);
    assert_int_equal(request.change.mode, MODE_MONITORING);
    assert_true(answer_write_set(buffer, sizeof buffer, seven) > 0);
    assert_true(read_answer(buffer));
    assert_true(answer.ok);
    const answer_t health = {
        .status = "ready", .model = "lstm", .queries = 2, .requests = 1234, .uptime_s = 60.125, .pid = 5};
    assert_true(answer_write_health(buffer, sizeof buffer, &health) > 0);
    assert_true(read_answer(buffer));
    assert_string_equal(answer.status, "ready");
    assert_int_equal(answer.queries, 2);
    assert_int_equal(answer.requests, 1234);
    assert_true(answer.uptime_s == 60.125);
    assert_true(answer_write_error(buffer, sizeof buffer, seven, "so \"wrong\"") > 0);
    assert_true(read_answer(buffer));
    assert_string_equal(answer.error, "so \"wrong\"");
    assert_int_equal(answer.id.value, 7);
}

static void test_child(void **state)
{
    (void)state;
    char seen[PROTOCOL_TOKEN_SIZE];
    size_t length = child_write_token(buffer, sizeof buffer, token);
    assert_true(length > 0 && child_read_token(buffer, length, seen, error, sizeof error));
    assert_string_equal(seen, token);
    assert_true(token_equal(seen, token));
    seen[63] ^= 1;
    assert_false(token_equal(seen, token));
    assert_false(child_read_token("{\"v\":1,\"token\":\"12\"}", 20, seen, error, sizeof error));
    assert_non_null(strstr(error, "64 hexadecimal digits"));
    child_ready_t ready = {.port = 9876, .dashboard = "127.0.0.1:9877", .pid = 4711}, read;
    length = child_write_ready(buffer, sizeof buffer, &ready);
    assert_true(length > 0 && child_read_ready(buffer, length, &read, error, sizeof error));
    assert_int_equal(read.port, 9876);
    assert_int_equal(read.pid, 4711);
    assert_string_equal(read.dashboard, "127.0.0.1:9877");
    ready.dashboard[0] = '\0';
    length = child_write_ready(buffer, sizeof buffer, &ready);
    assert_non_null(strstr(buffer, "\"dashboard\":null"));
    assert_true(child_read_ready(buffer, length, &read, error, sizeof error));
    assert_string_equal(read.dashboard, "");
    assert_false(child_read_ready("{\"v\":1}", 7, &read, error, sizeof error));
}

#define THIRTY "0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9"

static void test_wrong_requests(void **state)
{
    (void)state;
    assert_refused("", "not a JSON object: an object is expected at byte 0");
    assert_refused("{", "a member's name is expected at byte 1");
    assert_refused("{\"v\":1,\"op\":\"health\"} x", "something follows");
    assert_refused("{\"v\":1,\"op\":\"health\",}", "a member's name is expected");
    assert_refused("{\"v\":1,\"op\":\"hea\\qlth\"}", "wrong escape");
    assert_refused("{\"op\":\"health\"}", "v is missing");
    assert_refused("{\"v\":2,\"op\":\"health\"}", "v: version 2");
    assert_refused("{\"v\":\"1\",\"op\":\"health\"}", "v: a whole number is expected");
    assert_refused("{\"v\":1}", "op is missing");
    assert_refused("{\"v\":1,\"op\":\"dance\"}", "'dance' is unknown");
    assert_refused("{\"v\":1,\"op\":\"hello\"}", "token is missing");
    assert_refused("{\"v\":1,\"op\":\"predict\",\"history\":[" THIRTY "]}", "query is missing");
    assert_refused("{\"v\":1,\"op\":\"predict\",\"query\":\"q\"}", "history is missing");
    assert_refused("{\"v\":1,\"op\":\"predict\",\"query\":\"q\",\"history\":[1]}",
                   "history: 30 numbers are expected");
    assert_refused("{\"v\":1,\"op\":\"predict\",\"query\":\"q\",\"history\":[" THIRTY ",1]}",
                   "there are more");
    assert_refused("{\"v\":1,\"op\":\"predict\",\"query\":\"q\",\"history\":[null]}",
                   "history: a rate is not from 0");
    assert_refused("{\"v\":1,\"op\":\"predict\",\"query\":\"q\",\"history\":[-1]}",
                   "history: a rate is not from 0");
    assert_refused("{\"v\":1,\"op\":\"predict\",\"query\":\"q\",\"history\":[1e999]}", "out of range");
    assert_refused("{\"v\":1,\"op\":\"predict\",\"query\":7}", "query: a string is expected");
    assert_refused("{\"v\":1,\"op\":\"set\",\"query\":\"q\"}", "nothing to set");
    assert_refused("{\"v\":1,\"op\":\"set\",\"query\":\"q\",\"goal\":\"fast\"}", "goal: balanced, strict");
    assert_refused("{\"v\":1,\"op\":\"set\",\"query\":\"q\",\"budget\":11}",
                   "budget: a number from 0.1 to 10");
    assert_refused("{\"v\":1,\"op\":\"status\",\"from\":-1}", "from: it is below 0");
    assert_refused("{\"v\":1,\"op\":\"observe\"}", "query is missing");
    assert_refused("{\"v\":1,\"op\":\"observe\",\"query\":\"q\",\"slots\":{\"start_ms\":5,\"width_ms\":100}}",
                   "no multiple");
    assert_refused("{\"v\":1,\"op\":\"observe\",\"query\":\"q\",\"slots\":{\"counts\":[-1]}}",
                   "slots: a number of events");
    assert_refused("{\"v\":1,\"op\":\"observe\",\"query\":\"q\",\"cost\":{\"events\":[1],\"seconds\":[]}}",
                   "equally many");
    assert_refused("{\"v\":1,\"op\":\"observe\",\"query\":\"q\",\"triggers\":[{}]}",
                   "triggers: start_ms or events");
    assert_refused("{\"v\":1,\"op\":\"observe\",\"query\":\"q\",\"time_ms\":9000000000001}",
                   "time_ms: a time is not");
    assert_refused("{\"v\":1,\"op\":\"predict\",\"query\":\"q\",\"time_ms\":-1}", "time_ms: a time is not");
    assert_refused("{\"v\":1,\"op\":\"observe\",\"query\":\"q\",\"slots\":{\"counts\":[1000000000001]}}",
                   "slots: a number");
    assert_refused("{\"v\":1,\"op\":\"observe\",\"query\":\"q\",\"config\":[]}",
                   "config: an object is expected");

    char deep[200] = "{\"v\":1,\"x\":";
    memset(deep + strlen(deep), '[', 100);
    assert_refused(deep, "nested too deeply");
    /* The id is known even where the rest is wrong, so that the error can name it. */
    assert_refused("{\"v\":1,\"id\":5,\"op\":\"dance\"}", "unknown");
    assert_true(request.id.given && request.id.value == 5);
}

static void test_clocks_may_be_set_back(void **state)
{
    (void)state;
    assert_true(read_request("{\"v\":1,\"op\":\"observe\",\"query\":\"q\",\"config\":{\"origin_ms\":-7},"
                             "\"triggers\":[{\"start_ms\":5,\"end_ms\":4,\"events\":1}]}"));
    assert_int_equal(request.observation.triggers[0].end_ms, 5);
    assert_int_equal(request.observation.status.config.origin_ms, -7);
}

static void test_what_is_unknown_is_passed_over(void **state)
{
    (void)state;
    assert_true(read_request(
        "{\"op\":\"predict\",\"new\":{\"a\":[1,{\"b\":null}],\"c\":\"\\ud83d\\ude00\"},\"query\":\"q\","
        "\"history\":[" THIRTY "],\"token\":5,\"state\":[],\"v\":1}"));
    assert_string_equal(request.query, "q");
    assert_true(read_answer("{\"v\":1,\"rate\":5,\"confidence\":0,\"set\":{\"goal\":\"novel\",\"budget\":2,"
                            "\"x\":[1]},\"new\":{}}"));
    assert_true(answer.has_change && answer.change.has_budget && !answer.change.has_goal);
}

static void test_wrong_answers(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"v\":1,\"rate\":-1}",         "{\"v\":1,\"rate\":null}",
        "{\"v\":1,\"confidence\":1.5}",  "{\"v\":1,\"effective\":null}",
        "{\"v\":1,\"rate\":[]}",         "{\"v\":1,\"quantiles\":{\"0.1\":5,\"0.9\":4}}",
        "{\"v\":3,\"rate\":1}",          "garbage",
        "{\"v\":1,\"changes\":[0,0,0]}", "{\"v\":1,\"changes\":[0,0,0,0,0]}",
        "{\"v\":1,\"changes\":0}",       "{\"v\":1,\"changes\":[0,0,0,2.01]}",
        "{\"v\":1,\"changes\":[]}",      "{\"v\":1,\"changes\":[0,0,null,0]}",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_false(read_answer(lines[i]));
        assert_true(error[0] != '\0');
    }
}

static void test_small_buffers(void **state)
{
    (void)state;
    const size_t needed = request_write_hello(buffer, sizeof buffer, seven, token, "agent");
    for (size_t size = 0; size <= needed; size++) {
        memset(buffer, 'x', needed + 2);
        assert_int_equal(request_write_hello(buffer, size, seven, token, "agent"), 0);
        assert_int_equal(buffer[size], 'x');
    }
    assert_int_equal(request_write_hello(buffer, needed + 1, seven, token, "agent"), needed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello),
        cmocka_unit_test(test_predict),
        cmocka_unit_test(test_observe),
        cmocka_unit_test(test_status_is_what_was_last_known),
        cmocka_unit_test(test_status_comes_in_parts),
        cmocka_unit_test(test_other_requests),
        cmocka_unit_test(test_child),
        cmocka_unit_test(test_wrong_requests),
        cmocka_unit_test(test_clocks_may_be_set_back),
        cmocka_unit_test(test_what_is_unknown_is_passed_over),
        cmocka_unit_test(test_wrong_answers),
        cmocka_unit_test(test_small_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
