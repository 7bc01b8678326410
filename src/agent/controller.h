/*
 * The one thread of ours in a driver: asks the predictor for a forecast of every governed query once an update period,
 * tells it what the queries have seen and done, and has it replaced when it is gone or silent. It is a plain thread
 * that the JVM does not know, with all signals blocked, and it starts with the first governed query.
 *
 * Stream threads never wait for it: they meet in an exchange_t, for as long as a copy takes.
 */
#ifndef ADAPTIVESTREAM_AGENT_CONTROLLER_H
#define ADAPTIVESTREAM_AGENT_CONTROLLER_H

#include "agent/exchange.h"
#include "common/options.h"

#include <stdbool.h>

/* From now on the query is forecast. Starts the thread if this is the first; *options is that of all queries and must
 * live on. Not for predictor=off, where a query has no exchange. */
void controller_enlist(exchange_t *exchange, const options_t *options);

/* The query has ended. The exchange is the controller's from now on: the predictor is told the last of it, and it is
 * destroyed; at once where there is nobody to tell. Waits for nothing. */
void controller_strike_off(exchange_t *exchange);

/*
 * Whether the predictor is lost and the job's own schedule is to rule meanwhile (on_predictor_loss=fallback). It is
 * lost once it has neither been connected nor answered in time for an update period, and at least a second: a restart
 * takes less, and the last forecast is good that long. Where there is none on purpose, or no program was found, none
 * is lost.
 */
bool controller_is_lost(void);

/* For VMDeath: the predictor is ended, and the thread does nothing more. Takes 50 ms at most. */
void controller_leave(void);

#endif
