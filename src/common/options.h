/*
 * The options of the agent: one table gives name, type, default, range and help, and drives the agent
 * string, the help text and the "did you mean" of an unknown key. (Names: design of the option table; those
 * of the original system keep their constants' names in lower case.)
 */
#ifndef ADAPTIVESTREAM_COMMON_OPTIONS_H
#define ADAPTIVESTREAM_COMMON_OPTIONS_H

#include "common/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum { MODE_ACTIVE, MODE_MONITORING, MODE_DISABLED, MODE_COUNT } agent_mode_t;
typedef enum { GOAL_BALANCED, GOAL_STRICT, GOAL_LATENCY, GOAL_COST, GOAL_COUNT } goal_t;
typedef enum { POLICY_ADAPTIVE, POLICY_FIXED, POLICY_RATE, POLICY_REACTIVE, POLICY_COUNT } policy_t;
typedef enum { DEFAULT_TRIGGER_LEAVE, DEFAULT_TRIGGER_GOVERN, DEFAULT_TRIGGER_COUNT } default_trigger_t;
typedef enum {
    FORECAST_BY_AUTO,
    FORECAST_BY_NONE,
    FORECAST_BY_LSTM,
    FORECAST_BY_EMA,
    FORECAST_BY_HOLT,
    FORECAST_BY_RIDGE,
    FORECAST_BY_LAST,
    FORECAST_BY_COUNT
} forecaster_choice_t;
typedef enum { LOSS_FALLBACK, LOSS_ADAPT, LOSS_COUNT } loss_choice_t;

extern const char *const agent_mode_names[MODE_COUNT];
extern const char *const goal_names[GOAL_COUNT];
extern const char *const policy_names[POLICY_COUNT];
extern const char *const default_trigger_names[DEFAULT_TRIGGER_COUNT];
extern const char *const forecaster_choice_names[FORECAST_BY_COUNT];
extern const char *const loss_choice_names[LOSS_COUNT];

enum { OPTION_TEXT_SIZE = 512 };

typedef struct {
    agent_mode_t mode;
    goal_t goal;
    double budget; /* beta: batches allowed per batch of the job's own trigger; 0.1 to 10 */
    policy_t policy;
    int64_t
        min_interval_ns; /* never fire sooner than this after the last trigger; 0 to 1 h, default 100 ms */
    int64_t max_interval_ns;      /* 10 ms to 24 h, default 30 s */
    int64_t max_wait_ns;          /* longest wait of a pending event; 0 = by goal; up to 24 h */
    int64_t update_period_ns;     /* between forecasts, and updates of policy `rate`; 100 ms to 60 s */
    int64_t fallback_interval_ns; /* 0 = the job's own trigger, or 2 s where it has none; 10 ms to 24 h */
    default_trigger_t default_trigger;
    int64_t warmup_ns; /* arrivals seen before the rule takes over; 0 to 1 h, default 30 s */
    int64_t poll_ns;   /* slot of decisions; 0 = by trigger (T0/20 within 25 ms and 1 s); 10 ms to 60 s */
    char queries
        [OPTION_TEXT_SIZE]; /* names or ids to govern, separated by '+' or ';'; '*' matches any run of characters */
    char predictor[OPTION_TEXT_SIZE];            /* "spawn", "off", or HOST:PORT of a shared one */
    int64_t predictor_port;                      /* of a spawned one; 1 to 65535 */
    char predictor_path[OPTION_TEXT_SIZE];       /* the program; "" = searched */
    char predictor_token_file[OPTION_TEXT_SIZE]; /* of a shared one; "" = none */
    forecaster_choice_t forecaster;
    char model[OPTION_TEXT_SIZE]; /* file; "" = built into the predictor */
    loss_choice_t on_predictor_loss;
    char state_dir[OPTION_TEXT_SIZE]; /* "" = none */
    char dashboard[OPTION_TEXT_SIZE]; /* HOST:PORT or "off" */
    char config[OPTION_TEXT_SIZE];    /* file with more of these options; "" = none */
    char journal[OPTION_TEXT_SIZE];   /* "" = none */
    int64_t journal_size_bytes; /* of it and its older files; 0 = no bound; 1 MB to 1 TB, default 256 MB */
    char log[OPTION_TEXT_SIZE]; /* "stderr" or a file */
    log_level_t log_level;
} options_t;

void options_defaults(options_t *options);

/* Sets one option. On failure *options is unchanged and `error` holds one sentence that names the key, the
 * value, what is allowed and, for an unknown key, the nearest known one. */
bool options_set(options_t *options, const char *name, const char *value, char *error, size_t error_size);

/* Reads "key=value,key=value" (NULL or "" is the default set) on top of what *options holds. On failure
 * *options may be half-set and must not be used; `error` is as above. Later keys win over earlier ones. */
bool options_parse(const char *text, options_t *options, char *error, size_t error_size);

/* The same without a look at options that contradict each other, which only the whole set shows. */
bool options_parse_unchecked(const char *text, options_t *options, char *error, size_t error_size);

bool options_is_known(const char *name);

/* The known option that `name` looks like, or NULL. */
const char *options_nearest(const char *name);

/* True when `queries` selects a query of this name (NULL when unnamed) and id. */
bool options_select_query(const options_t *options, const char *name, const char *id);

/* Of each option its name, default, help and range, in lines of up to 80 columns. */
void options_print_help(FILE *out);

#endif
