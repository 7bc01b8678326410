#include "cli/ask_change.h"

#include "cli/plain_text.h"
#include "common/flags.h"
#include "protocol/request.h"

#include <stdio.h>
#include <string.h>

enum { ERROR_SIZE = 512 };

int ask_change(const char *command, const predictor_place_t *place, const char *query, const change_t *change,
               const char *done)
{
    char error[ERROR_SIZE], request[PROTOCOL_LABEL_SIZE * 2 + 256];
    static predictor_client_t client;
    answer_t answer = {.ok = false};
    if (strlen(query) >= PROTOCOL_LABEL_SIZE) {
        fprintf(stderr, "adaptivestream %s: QUERY is too long\n", command);
        return EXIT_USAGE;
    }
    bool told = predictor_client_open(&client, place, error, sizeof error);
    if (told) {
        size_t length;
        const char *line = predictor_client_ask(
            &client, request, request_write_set(request, sizeof request, REQUEST_NO_ID, query, change),
            &length, error, sizeof error);
        told = line != NULL && answer_read(line, length, &answer, error, sizeof error);
        if (told && answer.error[0] != '\0') {
            plain_text(answer.error, error, sizeof error);
            told = false;
        }
        predictor_client_close(&client);
    }
    if (!told) {
        fprintf(stderr, "adaptivestream %s: %s\n", command, error);
        return EXIT_FAILED;
    }
    printf("%s %s\n", strcmp(query, "*") == 0 ? "Every query" : query, done);
    return EXIT_OK;
}
