/* Every reader of messages on any bytes. The first byte says which; what is accepted is written and read again as the same,
 * what is refused is refused by a sentence. */
/* links: protocol common */
#include "protocol/answer.h"
#include "protocol/child.h"
#include "protocol/request.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char buffer[4 * PROTOCOL_LINE_MAXIMUM], again[4 * PROTOCOL_LINE_MAXIMUM];
static request_t request, request_again;
static char error[PROTOCOL_ERROR_SIZE];

static void check(int holds)
{
    if (!holds) abort();
}

/* 0: it does not fit in a line, which is for the writer to say. */
static size_t write_request(char *to, const request_t *from)
{
    switch (from->op) {
    case REQUEST_HELLO:
        return request_write_hello(to, sizeof buffer, from->id, from->token, from->client);
    case REQUEST_PREDICT:
        return request_write_predict(to, sizeof buffer, from->id, from->query, from->history, from->time_ms);
    case REQUEST_OBSERVE:
        return request_write_observe(to, sizeof buffer, &from->observation);
    case REQUEST_HEALTH:
        return request_write_health(to, sizeof buffer, from->id, from->query[0] != '\0' ? from->query : NULL);
    case REQUEST_STATUS:
        return request_write_status(to, sizeof buffer, from->id, from->query, from->from);
    default:
        return request_write_set(to, sizeof buffer, from->id, from->query, &from->change);
    }
}

static void fuzz_request(const char *line, size_t length)
{
    error[0] = '\0';
    if (!request_read(line, length, &request, error, sizeof error)) {
        check(error[0] != '\0');
        return;
    }
    const size_t written = write_request(buffer, &request);
    check(written <= PROTOCOL_LINE_MAXIMUM);
    if (written == 0) return;
    check(buffer[written - 1] == '\n' && memchr(buffer, '\n', written - 1) == NULL);
    /* Numbers are rounded when they are written, so it is what was read back that must stay the same. */
    check(request_read(buffer, written, &request_again, error, sizeof error));
    check(request_again.op == request.op);
    const size_t second = write_request(again, &request_again);
    check(second == written && memcmp(again, buffer, written) == 0);
    if (request.op != REQUEST_OBSERVE) return;
    check(request.observation.slot_count <= OBSERVATION_SLOTS_MAXIMUM);
    check(request.observation.trigger_count <= OBSERVATION_TRIGGERS_MAXIMUM);
    check(request.observation.status.cost_count <= OBSERVATION_COSTS_MAXIMUM);
}

static void fuzz_answer(const char *line, size_t length)
{
    static answer_t answer;
    if (!answer_read(line, length, &answer, error, sizeof error)) {
        check(error[0] != '\0');
        return;
    }
    check(isnan(answer.rate) || (answer.rate >= 0 && isfinite(answer.rate)));
    check(isnan(answer.effective) || (answer.effective >= 0 && isfinite(answer.effective)));
    check(isnan(answer.confidence) || (answer.confidence >= 0 && answer.confidence <= 1));
    check(!answer.has_quantiles || (answer.low >= 0 && answer.low <= answer.high));
    check(!answer.change.has_budget ||
          (answer.change.budget >= BUDGET_MINIMUM && answer.change.budget <= BUDGET_MAXIMUM));
}

static void fuzz_child(const char *line, size_t length)
{
    char token[PROTOCOL_TOKEN_SIZE];
    child_ready_t ready;
    if (child_read_token(line, length, token, error, sizeof error)) check(token_is_valid(token));
    if (child_read_ready(line, length, &ready, error, sizeof error))
        check(ready.port > 0 && ready.port < 65536);
}

/* Whatever the reader does with JSON, skipping must find the same end as reading member by member. */
static void fuzz_reader(const char *line, size_t length)
{
    json_reader_t whole, parts;
    json_read_begin(&whole, line, length);
    json_read_skip(&whole);
    const bool right = json_read_end(&whole);
    check(right == (whole.fault == NULL) && json_read_offset(&whole) <= length);
    json_read_begin(&parts, line, length);
    if (json_read_kind(&parts) != JSON_KIND_OBJECT) return;
    char key[8];
    json_read_object(&parts);
    while (json_read_member(&parts, key, sizeof key)) {
        check(strlen(key) < sizeof key);
        json_read_skip(&parts);
    }
    check(json_read_end(&parts) == right);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    /* A copy of its own size, so that a byte read beyond it is seen. */
    const size_t length = size - 1;
    char *line = malloc(length > 0 ? length : 1);
    check(line != NULL);
    if (length > 0) memcpy(line, data + 1, length);
    switch (data[0] % 4) {
    case 0:
        fuzz_request(line, length);
        break;
    case 1:
        fuzz_answer(line, length);
        break;
    case 2:
        fuzz_child(line, length);
        break;
    default:
        fuzz_reader(line, length);
        break;
    }
    free(line);
    return 0;
}
