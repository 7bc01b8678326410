#include "protocol/child.h"

#include "protocol/fields.h"

#include <stdio.h>
#include <string.h>

size_t child_write_token(char *buffer, size_t size, const char *token)
{
    json_writer_t json;
    message_begin(&json, buffer, size, (message_id_t){.given = false});
    json_write_string(&json, "token", token);
    return message_end(&json);
}

bool child_read_token(const char *line, size_t length, char token[PROTOCOL_TOKEN_SIZE], char *error,
                      size_t error_size)
{
    message_id_t id;
    memset(token, 0, PROTOCOL_TOKEN_SIZE);
    if (!message_look(line, length, "token", token, PROTOCOL_TOKEN_SIZE, &id, error, error_size))
        return false;
    if (token_is_valid(token)) return true;
    snprintf(error, error_size, "token: 64 hexadecimal digits are expected");
    return false;
}

size_t child_write_ready(char *buffer, size_t size, const child_ready_t *ready)
{
    json_writer_t json;
    message_begin(&json, buffer, size, (message_id_t){.given = false});
    json_write_integer(&json, "port", ready->port);
    if (ready->dashboard[0] != '\0')
        json_write_string(&json, "dashboard", ready->dashboard);
    else
        json_write_null(&json, "dashboard");
    json_write_integer(&json, "pid", ready->pid);
    return message_end(&json);
}

bool child_read_ready(const char *line, size_t length, child_ready_t *ready, char *error, size_t error_size)
{
    message_id_t id;
    *ready = (child_ready_t){.port = 0};
    if (!message_look(line, length, NULL, NULL, 0, &id, error, error_size)) return false;
    json_reader_t json;
    char key[FIELD_NAME_SIZE];
    json_read_begin(&json, line, length);
    json_read_object(&json);
    while (json_read_member(&json, key, sizeof key)) {
        bool right = true;
        if (strcmp(key, "port") == 0)
            right = json_read_integer(&json, &ready->port);
        else if (strcmp(key, "pid") == 0)
            right = json_read_integer(&json, &ready->pid);
        else if (strcmp(key, "dashboard") == 0 && json_read_kind(&json) == JSON_KIND_STRING)
            right = json_read_string(&json, ready->dashboard, sizeof ready->dashboard);
        else
            json_read_skip(&json);
        if (!right) return message_wrong(&json, key, error, error_size);
    }
    if (ready->port >= 1 && ready->port <= 65535) return true;
    snprintf(error, error_size, "port is missing or not from 1 to 65535");
    return false;
}
