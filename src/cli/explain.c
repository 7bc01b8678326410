/*
 * adaptivestream explain: why a trigger fired when it did, from a journal or of a running predictor.
 */
#include "monitor/explain.h"
#include "benchmark/journal_observations.h"
#include "cli/commands.h"
#include "cli/plain_text.h"
#include "cli/predictor_client.h"
#include "cli/time_of_day.h"
#include "common/wrapped.h"
#include "monitor/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ERROR_SIZE = 1024, WIDTH = 100, INDENT = 14 };

typedef struct {
    const char *query, *journal, *at;
    int64_t at_ms;
    predictor_place_t place;
} options_of_explain_t;

static void print_labelled(const char *label, const char *text)
{
    char plain[EXPLAIN_SIZE];
    plain_text(text, plain, sizeof plain);
    wrapped_print(stdout, plain, (size_t)printf("%-*s", INDENT, label), INDENT,
                  wrapped_width(stdout, WIDTH, WIDTH));
}

static void observed(void *context, const observation_t *observation)
{
    store_observe(context, observation, 0);
}

static void explain_query(const store_query_t *query)
{
    char text[EXPLAIN_SIZE], words[WORDS_SIZE];
    const logged_t *latest = store_logged(query, 0);
    const observed_decision_t *decision = &query->status.decision;
    if (latest != NULL) {
        explain_trigger(&query->status, latest, text);
        print_labelled("Last trigger", text);
    }
    /* The decision that fired it has been told already. */
    if (!decision->fire || latest == NULL || decision->time_ms > latest->start_ms + 500) {
        explain_decision(&query->status, text);
        print_labelled("Then", text);
    }
    words_savings(query, query->last_ms, words);
    print_labelled("So far", words);
}

static int explain_journal(const options_of_explain_t *options)
{
    char error[ERROR_SIZE];
    store_t store;
    journal_told_t told;
    store_create(&store);
    const journal_listener_t listener = {.observed = observed, .context = &store};
    bool read =
        journal_tell(options->journal, options->query, options->at_ms, &listener, &told, error, sizeof error);
    if (read && store.count == 0) {
        read = false;
        snprintf(error, sizeof error, "%s: nothing%s%s%s", options->journal,
                 options->query ? " of query " : "", options->query ? options->query : "",
                 options->at ? " before that time" : "");
    }
    for (size_t i = 0; read && i < store.count; i++) {
        if (i > 0) printf("\n");
        explain_query(store.queries[i]);
    }
    store_destroy(&store);
    if (read) return EXIT_OK;
    fprintf(stderr, "adaptivestream explain: %s\n", error);
    return EXIT_FAILED;
}

static int explain_running(const options_of_explain_t *options)
{
    char error[ERROR_SIZE], text[EXPLAIN_SIZE];
    static predictor_client_t client;
    predictor_status_t status;
    bool told = predictor_client_open(&client, &options->place, error, sizeof error);
    if (told) {
        told = predictor_client_status(&client, options->query, &status, error, sizeof error);
        predictor_client_close(&client);
    }
    if (told && status.count == 0) {
        told = false;
        snprintf(error, sizeof error, "no query%s%s is known to the predictor yet", options->query ? " " : "",
                 options->query ? options->query : "");
    }
    if (!told) {
        fprintf(stderr, "adaptivestream explain: %s\n", error);
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < status.count; i++) {
        explain_decision(&status.queries[i], text);
        print_labelled("Latest", text);
        const char *state = words_state(status.queries[i].state);
        if (*state != '\0') print_labelled("State", state);
        if (status.queries[i].why[0] != '\0') print_labelled("Why", status.queries[i].why);
    }
    predictor_status_free(&status);
    return EXIT_OK;
}

int command_explain(int argc, char **argv)
{
    options_of_explain_t options = {.at_ms = INT64_MAX};
    const flag_t table[] = {
        {.name = "--journal",
         .type = FLAG_TEXT,
         .value = &options.journal,
         .argument = "FILE",
         .help = "the agent's journal; without it a running predictor is asked"},
        {.name = "--at",
         .type = FLAG_TEXT,
         .value = &options.at,
         .argument = "TIME",
         .help = "what was decided last before then: \"2026-11-26 04:00:00\" (UTC); needs --journal"},
        PREDICTOR_FLAGS(options.place),
    };
    flags_t flags = {
        .command = "explain",
        .summary = "Says in sentences why a trigger fired when it did, or why it did not, and what your own "
                   "trigger would have done.",
        .table = table,
        .count = sizeof table / sizeof table[0],
        .operands_help = "[QUERY]",
        .operands_maximum = 1,
        .operands_anywhere = true,
    };
    int exit_code;
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    if (flags.operand_count > 0) options.query = flags.operands[0];
    if (options.at != NULL && options.journal == NULL)
        return flags_usage_error(&flags,
                                 "--at needs --journal: a running predictor knows the latest decision alone");
    if (options.at != NULL && !time_of_day_parse(options.at, &options.at_ms))
        return flags_usage_error(&flags, "--at %s: not a time as in \"2026-11-26 04:00:00\" (UTC)",
                                 options.at);
    return options.journal != NULL ? explain_journal(&options) : explain_running(&options);
}
