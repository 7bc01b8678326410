/*
 * adaptivestream status: what every query does at the moment.
 */
#include "cli/commands.h"
#include "cli/plain_text.h"
#include "cli/predictor_client.h"
#include "cli/query_line.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_SIZE = 512 };

/* False when memory has ended. */
static bool print_json(const predictor_status_t *status)
{
    /* A query came in a line, and may be longer as we write it; what is not written to costs nothing. */
    const size_t size = (status->count + 1) * 2 * PROTOCOL_LINE_MAXIMUM;
    char *buffer = malloc(size);
    if (!buffer) return false;
    json_writer_t json;
    json_write_begin(&json, buffer, size);
    json_write_string(&json, "status", status->health.status);
    json_write_string(&json, "model", status->health.model);
    json_write_integer(&json, "requests", status->health.requests);
    json_write_number(&json, "uptime_s", status->health.uptime_s, 1);
    json_write_integer(&json, "pid", status->health.pid);
    json_write_open_array(&json, "queries");
    for (size_t i = 0; i < status->count; i++) {
        json_write_open_object(&json, NULL);
        observed_status_write(&json, &status->queries[i]);
        json_write_close_object(&json);
    }
    json_write_close_array(&json);
    const bool whole = json_write_end(&json);
    if (whole) puts(buffer);
    free(buffer);
    return whole;
}

/* What the line has no room for: what decides, and the rest of a long name. */
static void print_more(const observed_status_t *query)
{
    char name[PROTOCOL_LABEL_SIZE], label[4 * QUERY_LINE_LABEL + 1], word[PROTOCOL_WORD_SIZE];
    const observed_config_t *config = &query->config;
    plain_text(query->query, name, sizeof name);
    plain_label(query->query, QUERY_LINE_LABEL, label);
    if (strchr(label, '~') != NULL && strchr(name, '~') == NULL) printf("  %s\n", name);
    if (!query->has_config) return;
    plain_text(config->goal, word, sizeof word);
    printf("  goal %s", word[0] != '\0' ? word : "unknown");
    if (isfinite(config->budget)) printf(", budget %g", config->budget);
    plain_text(config->mode, word, sizeof word);
    if (word[0] != '\0') printf(", mode %s", word);
    plain_text(config->origin, word, sizeof word);
    if (word[0] != '\0' && strcmp(word, "options") != 0) printf(", last changed by %s", word);
    if (isfinite(config->trigger_s)) printf("; trigger %gs", config->trigger_s);
    puts("");
}

static void print_text(const predictor_status_t *status)
{
    char line[QUERY_LINE_SIZE];
    printf("Predictor %s, %s, %lld requests in %.0f s, process %lld.\n", status->health.status,
           status->health.model, (long long)status->health.requests, status->health.uptime_s,
           (long long)status->health.pid);
    if (status->count == 0) {
        printf("No query has been heard of yet.\n");
        return;
    }
    printf("\n%s\n", query_line_header);
    for (size_t i = 0; i < status->count; i++) {
        query_line(&status->queries[i], NULL, 0, 0, line);
        printf("%s\n", line);
        print_more(&status->queries[i]);
    }
    printf("\nWaits are means since the query's start, or its latest change of goal or budget;\n"
           "(yours): what the job's own trigger would have made of the same arrivals.\n");
}

int command_status(int argc, char **argv)
{
    predictor_place_t place = {.port_given = false};
    const char *query = NULL;
    bool json = false;
    const flag_t table[] = {
        {.name = "--query", .type = FLAG_TEXT, .value = &query, .argument = "NAME", .help = "only this one"},
        {.name = "--json",
         .type = FLAG_SWITCH,
         .value = &json,
         .help = "print JSON, members as in docs/protocol.md"},
        PREDICTOR_FLAGS(place),
    };
    flags_t flags = {
        .command = "status",
        .summary = "Says what every query of a running predictor does at the moment, and what it has brought "
                   "so far.",
        .table = table,
        .count = sizeof table / sizeof table[0],
    };
    int exit_code;
    char error[ERROR_SIZE];
    static predictor_client_t client;
    predictor_status_t status;
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    bool told = predictor_client_open(&client, &place, error, sizeof error);
    if (told) {
        told = predictor_client_status(&client, query, &status, error, sizeof error);
        predictor_client_close(&client);
    }
    if (!told) {
        fprintf(stderr, "adaptivestream status: %s\n", error);
        return EXIT_FAILED;
    }
    if (query != NULL && status.count == 0) {
        fprintf(
            stderr,
            "adaptivestream status: no query %s is known to the predictor; without --query all are shown\n",
            query);
        predictor_status_free(&status);
        return EXIT_FAILED;
    }
    const bool printed = !json || print_json(&status);
    if (!json) print_text(&status);
    predictor_status_free(&status);
    if (printed) return EXIT_OK;
    fputs("adaptivestream status: out of memory\n", stderr);
    return EXIT_FAILED;
}
