#include "protocol/answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    RATE_DIGITS = 3,
    CONFIDENCE_DIGITS = 4,
    CHANGE_DIGITS = 6,
    STATUS_ENDING_SIZE = 48, /* ],"next":N} and the line break */
};

#define NUMBER(member)                                                                                       \
    {                                                                                                        \
#member, FIELD_NUMBER, offsetof(answer_t, member), 0                                                 \
    }
#define INTEGER(member)                                                                                      \
    {                                                                                                        \
#member, FIELD_INTEGER, offsetof(answer_t, member), 0                                                \
    }
#define BOOLEAN(member)                                                                                      \
    {                                                                                                        \
#member, FIELD_BOOLEAN, offsetof(answer_t, member), 0                                                \
    }
#define TEXT(member)                                                                                         \
    {                                                                                                        \
#member, FIELD_TEXT, offsetof(answer_t, member), sizeof(((answer_t *)NULL)->member)                  \
    }

static const field_t fields[] = {
    TEXT(error),  BOOLEAN(ok),       TEXT(version),      INTEGER(pid), TEXT(query),
    NUMBER(rate), NUMBER(effective), NUMBER(confidence), TEXT(model),  INTEGER(elapsed_us),
    TEXT(status), INTEGER(requests), NUMBER(uptime_s),
};

enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

static bool read_quantiles(json_reader_t *json, answer_t *answer)
{
    char key[FIELD_NAME_SIZE];
    bool low = false, high = false;
    json_read_object(json);
    while (json_read_member(json, key, sizeof key)) {
        if (strcmp(key, "0.1") == 0)
            low = json_read_number(json, &answer->low);
        else if (strcmp(key, "0.9") == 0)
            high = json_read_number(json, &answer->high);
        else
            json_read_skip(json);
    }
    if (json->fault != NULL) return false;
    answer->has_quantiles = low && high;
    /* nan is refused as well. */
    if (answer->has_quantiles && !(answer->low >= 0 && answer->high >= answer->low))
        return json_read_fail(json, "they are below 0 or not in order");
    return true;
}

static bool read_changes(json_reader_t *json, answer_t *answer)
{
    size_t count = 0;
    json_read_array(json);
    for (; json_read_element(json); count++) {
        double change;
        if (!json_read_number(json, &change)) return false;
        if (!(fabs(change) <= PROTOCOL_CHANGE_MAXIMUM))
            return json_read_fail(json, "one is not from -2 to 2");
        if (count < PROTOCOL_CHANGES) answer->changes[count] = change;
    }
    if (json->fault != NULL) return false;
    if (count != PROTOCOL_CHANGES) return json_read_fail(json, "there are not four");
    return answer->has_changes = true;
}

static bool read_change(json_reader_t *json, answer_t *answer)
{
    char key[FIELD_NAME_SIZE];
    answer->change = (change_t){.has_mode = false};
    json_read_object(json);
    while (json_read_member(json, key, sizeof key)) {
        /* A value that is not known here is as good as none: so look first, and pass over it. */
        json_reader_t ahead = *json;
        bool known;
        if (!change_read_member(&ahead, key, &answer->change, &known) || !known)
            json_read_skip(json);
        else
            *json = ahead;
    }
    answer->has_change = change_asks(&answer->change);
    return json->fault == NULL;
}

static bool read_member(json_reader_t *json, const char *key, answer_t *answer)
{
    if (strcmp(key, "quantiles") == 0) return read_quantiles(json, answer);
    if (strcmp(key, "changes") == 0) return read_changes(json, answer);
    if (strcmp(key, "set") == 0) return read_change(json, answer);
    /* In a status it is an array, which is not for this reader. */
    if (strcmp(key, "queries") == 0)
        return json_read_kind(json) == JSON_KIND_NUMBER ? json_read_integer(json, &answer->queries)
                                                        : json_read_skip(json);
    if (!fields_read_member(json, key, fields, FIELD_COUNT, answer)) return false;
    if (strcmp(key, "rate") == 0 && !(answer->rate >= 0))
        return json_read_fail(json, "it is below 0 or null");
    if (strcmp(key, "effective") == 0 && !(answer->effective >= 0))
        return json_read_fail(json, "it is below 0 or null");
    if (strcmp(key, "confidence") == 0 && !(answer->confidence >= 0 && answer->confidence <= 1))
        return json_read_fail(json, "it is not from 0 to 1");
    return true;
}

bool answer_read(const char *line, size_t length, answer_t *answer, char *error, size_t error_size)
{
    fields_clear(fields, FIELD_COUNT, answer);
    answer->has_quantiles = answer->has_changes = answer->has_change = false;
    answer->low = answer->high = NAN;
    answer->queries = FIELD_UNKNOWN;
    if (!message_look(line, length, NULL, NULL, 0, &answer->id, error, error_size)) return false;
    json_reader_t json;
    char key[FIELD_NAME_SIZE];
    json_read_begin(&json, line, length);
    json_read_object(&json);
    while (json_read_member(&json, key, sizeof key))
        if (!read_member(&json, key, answer)) return message_wrong(&json, key, error, error_size);
    return true;
}

size_t answer_write_error(char *buffer, size_t size, message_id_t id, const char *sentence)
{
    json_writer_t json;
    message_begin(&json, buffer, size, id);
    json_write_string(&json, "error", sentence);
    return message_end(&json);
}

size_t answer_write_hello(char *buffer, size_t size, const answer_t *answer)
{
    json_writer_t json;
    message_begin(&json, buffer, size, answer->id);
    json_write_boolean(&json, "ok", true);
    json_write_string(&json, "version", answer->version);
    json_write_integer(&json, "pid", answer->pid);
    return message_end(&json);
}

static void write_change(json_writer_t *json, const answer_t *answer)
{
    if (!answer->has_change) return;
    json_write_open_object(json, "set");
    change_write(json, &answer->change);
    json_write_close_object(json);
}

size_t answer_write_predict(char *buffer, size_t size, const answer_t *answer)
{
    json_writer_t json;
    message_begin(&json, buffer, size, answer->id);
    json_write_string(&json, "query", answer->query);
    json_write_number(&json, "rate", answer->rate, RATE_DIGITS);
    if (!isnan(answer->effective)) json_write_number(&json, "effective", answer->effective, RATE_DIGITS);
    json_write_number(&json, "confidence", answer->confidence, CONFIDENCE_DIGITS);
    if (answer->has_changes) {
        json_write_open_array(&json, "changes");
        for (int i = 0; i < PROTOCOL_CHANGES; i++)
            json_write_number(&json, NULL, answer->changes[i], CHANGE_DIGITS);
        json_write_close_array(&json);
    }
    if (answer->has_quantiles) {
        json_write_open_object(&json, "quantiles");
        json_write_number(&json, "0.1", answer->low, RATE_DIGITS);
        json_write_number(&json, "0.9", answer->high, RATE_DIGITS);
        json_write_close_object(&json);
    }
    json_write_string(&json, "model", answer->model);
    json_write_integer(&json, "elapsed_us", answer->elapsed_us);
    write_change(&json, answer);
    return message_end(&json);
}

size_t answer_write_health(char *buffer, size_t size, const answer_t *answer)
{
    json_writer_t json;
    message_begin(&json, buffer, size, answer->id);
    json_write_string(&json, "status", answer->status);
    json_write_string(&json, "model", answer->model);
    json_write_integer(&json, "queries", answer->queries);
    json_write_integer(&json, "requests", answer->requests);
    json_write_number(&json, "uptime_s", answer->uptime_s, 3);
    json_write_integer(&json, "pid", answer->pid);
    write_change(&json, answer);
    return message_end(&json);
}

size_t answer_write_set(char *buffer, size_t size, message_id_t id)
{
    json_writer_t json;
    message_begin(&json, buffer, size, id);
    json_write_boolean(&json, "ok", true);
    return message_end(&json);
}

void answer_begin_status(json_writer_t *json, char *buffer, size_t size, message_id_t id)
{
    message_begin(json, buffer, size < PROTOCOL_LINE_MAXIMUM ? size : PROTOCOL_LINE_MAXIMUM, id);
    json_write_open_array(json, "queries");
    /* Kept back for the end. */
    json->size = json->size > STATUS_ENDING_SIZE ? json->size - STATUS_ENDING_SIZE : 0;
    const size_t closing = 2;
    if (json->length + closing > json->size) json->overflow = true;
}

bool answer_add_status(json_writer_t *json, const observed_status_t *status)
{
    const json_writer_t before = *json;
    json_write_open_object(json, NULL);
    observed_status_write(json, status);
    json_write_close_object(json);
    if (!json->overflow) return true;
    *json = before;
    return false;
}

size_t answer_end_status(json_writer_t *json, int64_t next)
{
    json->size += STATUS_ENDING_SIZE;
    json_write_close_array(json);
    if (next >= 0) json_write_integer(json, "next", next);
    return message_end(json);
}
