/*
 * Answers: what the predictor says. A client reads all of them but a status into one struct and looks at what is there.
 */
#ifndef ADAPTIVESTREAM_PROTOCOL_ANSWER_H
#define ADAPTIVESTREAM_PROTOCOL_ANSWER_H

#include "protocol/fields.h"
#include "protocol/message.h"
#include "protocol/observation.h"

/* As many as control/arrival_rate.h has averages, and how far from 0 one may be. */
enum { PROTOCOL_CHANGES = 4, PROTOCOL_CHANGE_MAXIMUM = 2 };

typedef struct {
    message_id_t id;
    char error[PROTOCOL_ERROR_SIZE]; /* "" when it is none; what follows is then unknown */

    bool ok; /* hello, set */
    char version[PROTOCOL_WORD_SIZE];
    int64_t pid;

    char query[PROTOCOL_LABEL_SIZE]; /* predict; unknown: nan, "" */
    double rate, effective, confidence;
    bool has_quantiles;
    double low, high; /* the quantiles 0.1 and 0.9; low <= high */
    bool has_changes; /* the advice is to change the exponents of the governor's blend, by: */
    double changes[PROTOCOL_CHANGES];
    char model[PROTOCOL_WORD_SIZE];
    int64_t elapsed_us;
    bool has_change; /* "set" */
    change_t change;

    char status[PROTOCOL_WORD_SIZE]; /* health */
    int64_t queries, requests;
    double uptime_s;
} answer_t;

/* Numbers that are not finite, rates below 0, a confidence outside 0 to 1 and changes beyond their maximum or in another
 * number are wrong. A "set" that asks for what is not
 * known here, as from a newer predictor, is passed over as far as it is not known. */
bool answer_read(const char *line, size_t length, answer_t *answer, char *error, size_t error_size);

size_t answer_write_error(char *buffer, size_t size, message_id_t id, const char *sentence);
/* Of `answer` the members of the op in question are read; the id too. */
size_t answer_write_hello(char *buffer, size_t size, const answer_t *answer);
size_t answer_write_predict(char *buffer, size_t size, const answer_t *answer);
size_t answer_write_health(char *buffer, size_t size, const answer_t *answer);
size_t answer_write_set(char *buffer, size_t size, message_id_t id);

/* {"v":1,"queries":[...]}: begin, then add one after the other until one no longer fits (false; the answer is then as before
 * it), then end with the number of the next one, or -1 when there is none. */
void answer_begin_status(json_writer_t *json, char *buffer, size_t size, message_id_t id);
bool answer_add_status(json_writer_t *json, const observed_status_t *status);
size_t answer_end_status(json_writer_t *json, int64_t next);

#endif
