/*
 * Asks a running predictor for a change of a query's mode, goal or budget: what set, freeze and release share.
 */
#ifndef ADAPTIVESTREAM_CLI_ASK_CHANGE_H
#define ADAPTIVESTREAM_CLI_ASK_CHANGE_H

#include "cli/predictor_client.h"
#include "protocol/message.h"

/* `query`: its label, or "*" for all. Prints `done` after the query's name, or on stderr why not. Returns the exit code. */
int ask_change(const char *command, const predictor_place_t *place, const char *query, const change_t *change,
               const char *done);

#endif
