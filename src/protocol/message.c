#include "protocol/message.h"

#include "common/parse.h"
#include "protocol/fields.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

bool change_asks(const change_t *change)
{
    return change->has_mode || change->has_goal || change->has_budget;
}

void change_add(change_t *change, const change_t *later)
{
    if (later->has_mode) {
        change->has_mode = true;
        change->mode = later->mode;
    }
    if (later->has_goal) {
        change->has_goal = true;
        change->goal = later->goal;
    }
    if (later->has_budget) {
        change->has_budget = true;
        change->budget = later->budget;
    }
    memcpy(change->origin, later->origin, sizeof change->origin);
}

void change_write(json_writer_t *json, const change_t *change)
{
    if (change->has_mode) json_write_string(json, "mode", agent_mode_names[change->mode]);
    if (change->has_goal) json_write_string(json, "goal", goal_names[change->goal]);
    if (change->has_budget) json_write_number(json, "budget", change->budget, 6);
    if (change->origin[0] != '\0') json_write_string(json, "origin", change->origin);
}

static bool read_choice(json_reader_t *json, const char *const *names, int count, int *choice,
                        const char *fault)
{
    char word[PROTOCOL_WORD_SIZE];
    if (!json_read_string(json, word, sizeof word)) return false;
    *choice = name_index(word, names, count);
    return *choice >= 0 || json_read_fail(json, fault);
}

bool change_read_member(json_reader_t *json, const char *key, change_t *change, bool *known)
{
    int choice = 0;
    *known = true;
    if (strcmp(key, "mode") == 0) {
        if (!read_choice(json, agent_mode_names, MODE_COUNT, &choice,
                         "active, monitoring or disabled is expected"))
            return false;
        change->mode = (agent_mode_t)choice;
        return change->has_mode = true;
    }
    if (strcmp(key, "goal") == 0) {
        if (!read_choice(json, goal_names, GOAL_COUNT, &choice,
                         "balanced, strict, latency or cost is expected"))
            return false;
        change->goal = (goal_t)choice;
        return change->has_goal = true;
    }
    /* A wrong value leaves the change as it was: some readers pass over it and use what else there is. */
    if (strcmp(key, "budget") == 0) {
        double budget;
        if (!json_read_number(json, &budget)) return false;
        /* nan is not within the range either. */
        if (!(budget >= BUDGET_MINIMUM && budget <= BUDGET_MAXIMUM))
            return json_read_fail(json, "a number from 0.1 to 10 is expected");
        change->budget = budget;
        return change->has_budget = true;
    }
    if (strcmp(key, "origin") == 0) {
        char origin[sizeof change->origin];
        if (!json_read_string(json, origin, sizeof origin)) return false;
        strcpy(change->origin, origin);
        return true;
    }
    *known = false;
    return true;
}

bool token_is_valid(const char *token)
{
    size_t length = strspn(token, "0123456789abcdefABCDEF");
    return length == PROTOCOL_TOKEN_LENGTH && token[length] == '\0';
}

bool token_equal(const char token[PROTOCOL_TOKEN_SIZE], const char other[PROTOCOL_TOKEN_SIZE])
{
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < PROTOCOL_TOKEN_SIZE; i++)
        difference |= (unsigned char)(token[i] ^ other[i]);
    return difference == 0;
}

void message_begin(json_writer_t *json, char *buffer, size_t size, message_id_t id)
{
    json_write_begin(json, buffer, size > 0 ? size - 1 : 0);
    json_write_integer(json, "v", PROTOCOL_VERSION);
    if (id.given) json_write_integer(json, "id", id.value);
}

size_t message_end(json_writer_t *json)
{
    if (!json_write_end(json) || json->length >= PROTOCOL_LINE_MAXIMUM) return 0;
    json->buffer[json->length++] = '\n'; /* the byte kept back by message_begin() is the terminator's */
    json->buffer[json->length] = '\0';
    return json->length;
}

bool message_wrong(const json_reader_t *json, const char *key, char *error, size_t error_size)
{
    const char *fault = json->fault != NULL ? json->fault : "it is wrong";
    if (key[0] == '\0')
        snprintf(error, error_size, "not a JSON object: %s at byte %zu", fault, json_read_offset(json));
    else
        snprintf(error, error_size, "%s: %s", key, fault);
    return false;
}

bool message_look(const char *line, size_t length, const char *name, char *text, size_t text_size,
                  message_id_t *id, char *error, size_t error_size)
{
    json_reader_t json;
    char key[FIELD_NAME_SIZE] = "";
    int64_t version = FIELD_UNKNOWN;
    *id = (message_id_t){.given = false};
    if (name != NULL) text[0] = '\0';
    json_read_begin(&json, line, length);
    json_read_object(&json);
    while (json_read_member(&json, key, sizeof key)) {
        if (strcmp(key, "v") == 0) {
            if (!json_read_integer(&json, &version)) return message_wrong(&json, "v", error, error_size);
        } else if (strcmp(key, "id") == 0) {
            if (!json_read_integer(&json, &id->value)) return message_wrong(&json, "id", error, error_size);
            id->given = true;
        } else if (name != NULL && strcmp(key, name) == 0) {
            if (!json_read_string(&json, text, text_size))
                return message_wrong(&json, name, error, error_size);
        } else {
            json_read_skip(&json);
        }
    }
    if (!json_read_end(&json)) return message_wrong(&json, "", error, error_size);
    if (version == PROTOCOL_VERSION) return true;
    if (version == FIELD_UNKNOWN)
        snprintf(error, error_size, "v is missing: it is the version of the protocol, 1");
    else
        snprintf(error, error_size, "v: version %" PRId64 " of the protocol is not known here, only 1",
                 version);
    return false;
}
