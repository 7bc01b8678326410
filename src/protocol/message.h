/*
 * What all messages between agent and predictor have in common (docs/protocol.md, which says what they mean).
 *
 * Functions that write a message return its length with its line break, or 0 when `size` does not hold it; nothing of it is
 * then to be sent. Functions that read one take a line with or without its line break, allocate nothing and, when they
 * return false, leave one sentence in `error` that names the member.
 */
#ifndef ADAPTIVESTREAM_PROTOCOL_MESSAGE_H
#define ADAPTIVESTREAM_PROTOCOL_MESSAGE_H

#include "common/json_reader.h"
#include "common/json_writer.h"
#include "common/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PROTOCOL_VERSION = 1,
    PROTOCOL_LINE_MAXIMUM = 65536, /* bytes, with the line break */
    PROTOCOL_HISTORY = 30,         /* seconds; MODEL_HISTORY of src/forecast */
    PROTOCOL_PORT = 9876,
    PROTOCOL_LABEL_SIZE = 256, /* of a query, terminated */
    PROTOCOL_WORD_SIZE = 32,   /* of a client, an origin, a model, a state, a reason */
    PROTOCOL_TOKEN_LENGTH = 64,
    PROTOCOL_TOKEN_SIZE = PROTOCOL_TOKEN_LENGTH + 1,
    PROTOCOL_ERROR_SIZE = 256,
};

/* The "id" of a request, which its answer brings back. */
typedef struct {
    bool given;
    int64_t value;
} message_id_t;

/* What somebody has asked to change of a query's options; at least one of the three is given. */
typedef struct {
    bool has_mode, has_goal, has_budget;
    agent_mode_t mode;
    goal_t goal;
    double budget;                   /* BUDGET_MINIMUM to BUDGET_MAXIMUM */
    char origin[PROTOCOL_WORD_SIZE]; /* who: "page", "cli", "file"; "" when not said */
} change_t;

#define BUDGET_MINIMUM 0.1
#define BUDGET_MAXIMUM 10.0

/* Whether one of the three is given. */
bool change_asks(const change_t *change);

/* The later change wins where both say something. */
void change_add(change_t *change, const change_t *later);

/* Writes the members of a change into the object that is open. */
void change_write(json_writer_t *json, const change_t *change);

/* If `key` is a member of a change, reads its value, sets *known and returns whether it was right; a wrong one leaves the
 * change as it was. */
bool change_read_member(json_reader_t *json, const char *key, change_t *change, bool *known);

/* 64 hexadecimal digits. */
bool token_is_valid(const char *token);

/* Compares in a time that does not depend on where they differ. Both are 64 digits or anything else. */
bool token_equal(const char token[PROTOCOL_TOKEN_SIZE], const char other[PROTOCOL_TOKEN_SIZE]);

/* For the readers and writers of messages: begins an object with "v" and the id, ends it with a line break. */
void message_begin(json_writer_t *json, char *buffer, size_t size, message_id_t id);
size_t message_end(json_writer_t *json);

/* Reads "v", which must be PROTOCOL_VERSION, "id" and the string member `name` (which may be missing: then text is "") of
 * a message, and looks at whether the whole of it is JSON. `name` may be NULL. */
bool message_look(const char *line, size_t length, const char *name, char *text, size_t text_size,
                  message_id_t *id, char *error, size_t error_size);

/* Puts into `error` what is wrong in the value of `key`; "" means the message itself. Returns false. */
bool message_wrong(const json_reader_t *json, const char *key, char *error, size_t error_size);

#endif
