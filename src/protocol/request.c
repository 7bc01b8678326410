#include "protocol/request.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HISTORY_DIGITS = 3 };

const char *const request_op_names[REQUEST_OPS] = {
    [REQUEST_HELLO] = "hello",   [REQUEST_PREDICT] = "predict", [REQUEST_OBSERVE] = "observe",
    [REQUEST_HEALTH] = "health", [REQUEST_STATUS] = "status",   [REQUEST_SET] = "set",
};

static const double rate_maximum_per_s = 1e15;

static bool read_history(json_reader_t *json, double *history, size_t *count)
{
    *count = 0;
    json_read_array(json);
    while (json_read_element(json)) {
        if (*count == PROTOCOL_HISTORY)
            return json_read_fail(json, "30 numbers are expected, there are more");
        if (!json_read_number(json, &history[*count])) return false;
        if (!(history[*count] >= 0 && history[*count] <= rate_maximum_per_s))
            return json_read_fail(json, "a rate is not from 0 to 1e15 events/s");
        ++*count;
    }
    if (json->fault == NULL && *count < PROTOCOL_HISTORY)
        return json_read_fail(json, "30 numbers are expected, there are fewer");
    return json->fault == NULL;
}

/* The value of one member of an op that is no observation. */
static bool read_member(json_reader_t *json, const char *key, request_t *request, size_t *history_count)
{
    const request_op_t op = request->op;
    bool known;
    if (op == REQUEST_HELLO && strcmp(key, "token") == 0)
        return json_read_string(json, request->token, sizeof request->token);
    if (op == REQUEST_HELLO && strcmp(key, "client") == 0)
        return json_read_string(json, request->client, sizeof request->client);
    const bool names_query =
        op == REQUEST_PREDICT || op == REQUEST_SET || op == REQUEST_STATUS || op == REQUEST_HEALTH;
    if (names_query && strcmp(key, "query") == 0)
        return json_read_string(json, request->query, sizeof request->query);
    if (op == REQUEST_PREDICT && strcmp(key, "history") == 0)
        return read_history(json, request->history, history_count);
    if (op == REQUEST_PREDICT && strcmp(key, "time_ms") == 0)
        return fields_read_time(json, &request->time_ms);
    if (op == REQUEST_STATUS && strcmp(key, "from") == 0) {
        if (!json_read_integer(json, &request->from)) return false;
        return request->from >= 0 || json_read_fail(json, "it is below 0");
    }
    if (op == REQUEST_SET && !change_read_member(json, key, &request->change, &known)) return false;
    if (op == REQUEST_SET && known) return true;
    return json_read_skip(json);
}

static bool find_op(const char *word, request_op_t *op)
{
    for (int i = 0; i < REQUEST_OPS; i++) {
        if (strcmp(word, request_op_names[i]) != 0) continue;
        *op = (request_op_t)i;
        return true;
    }
    return false;
}

/* What has to be there once all members are read. */
static const char *missing_in(const request_t *request, size_t history_count)
{
    switch (request->op) {
    case REQUEST_HELLO:
        return request->token[0] == '\0' ? "token is missing" : NULL;
    case REQUEST_PREDICT:
        if (request->query[0] == '\0') return "query is missing: the label of the query";
        return history_count == 0 ? "history is missing: the rates of the last 30 seconds" : NULL;
    case REQUEST_SET:
        if (request->query[0] == '\0') return "query is missing: a label, or * for all";
        if (change_asks(&request->change)) return NULL;
        return "nothing to set: mode, goal and budget are missing";
    default:
        return NULL;
    }
}

static void clear(request_t *request)
{
    request->token[0] = request->client[0] = request->query[0] = '\0';
    request->time_ms = FIELD_UNKNOWN;
    request->from = 0;
    request->change = (change_t){.has_mode = false};
}

bool request_read(const char *line, size_t length, request_t *request, char *error, size_t error_size)
{
    char op[PROTOCOL_WORD_SIZE];
    clear(request);
    if (!message_look(line, length, "op", op, sizeof op, &request->id, error, error_size)) return false;
    if (!find_op(op, &request->op)) {
        snprintf(error, error_size,
                 op[0] == '\0' ? "op is missing"
                               : "op: '%s' is unknown; known are hello, predict, observe, "
                                 "health, status and set",
                 op);
        return false;
    }
    if (request->op == REQUEST_OBSERVE) observation_clear(&request->observation);

    json_reader_t json;
    char key[FIELD_NAME_SIZE];
    size_t history_count = 0;
    json_read_begin(&json, line, length);
    json_read_object(&json);
    while (json_read_member(&json, key, sizeof key)) {
        const bool right = request->op == REQUEST_OBSERVE
                               ? observation_read_member(&json, key, &request->observation)
                               : read_member(&json, key, request, &history_count);
        if (!right) return message_wrong(&json, key, error, error_size);
    }
    if (request->op == REQUEST_OBSERVE) return observation_check(&request->observation, error, error_size);
    const char *missing = missing_in(request, history_count);
    if (missing == NULL) return true;
    snprintf(error, error_size, "%s", missing);
    return false;
}

static void begin(json_writer_t *json, char *buffer, size_t size, message_id_t id, request_op_t op)
{
    message_begin(json, buffer, size, id);
    json_write_string(json, "op", request_op_names[op]);
}

size_t request_write_hello(char *buffer, size_t size, message_id_t id, const char *token, const char *client)
{
    json_writer_t json;
    begin(&json, buffer, size, id, REQUEST_HELLO);
    json_write_string(&json, "token", token);
    json_write_string(&json, "client", client);
    return message_end(&json);
}

size_t request_write_predict(char *buffer, size_t size, message_id_t id, const char *query,
                             const double history[PROTOCOL_HISTORY], int64_t time_ms)
{
    json_writer_t json;
    begin(&json, buffer, size, id, REQUEST_PREDICT);
    json_write_string(&json, "query", query);
    json_write_open_array(&json, "history");
    for (size_t i = 0; i < PROTOCOL_HISTORY; i++)
        json_write_number(&json, NULL, history[i], HISTORY_DIGITS);
    json_write_close_array(&json);
    if (time_ms != FIELD_UNKNOWN) json_write_integer(&json, "time_ms", time_ms);
    return message_end(&json);
}

size_t request_write_observe(char *buffer, size_t size, const observation_t *observation)
{
    json_writer_t json;
    begin(&json, buffer, size, REQUEST_NO_ID, REQUEST_OBSERVE);
    observation_write(&json, observation);
    return message_end(&json);
}

size_t request_write_health(char *buffer, size_t size, message_id_t id, const char *query)
{
    json_writer_t json;
    begin(&json, buffer, size, id, REQUEST_HEALTH);
    if (query != NULL) json_write_string(&json, "query", query);
    return message_end(&json);
}

size_t request_write_status(char *buffer, size_t size, message_id_t id, const char *query, int64_t from)
{
    json_writer_t json;
    begin(&json, buffer, size, id, REQUEST_STATUS);
    if (query != NULL && query[0] != '\0') json_write_string(&json, "query", query);
    if (from > 0) json_write_integer(&json, "from", from);
    return message_end(&json);
}

size_t request_write_set(char *buffer, size_t size, message_id_t id, const char *query,
                         const change_t *change)
{
    json_writer_t json;
    begin(&json, buffer, size, id, REQUEST_SET);
    json_write_string(&json, "query", query);
    change_write(&json, change);
    return message_end(&json);
}
