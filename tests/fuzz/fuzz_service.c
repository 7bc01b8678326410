/* Lines of any bytes at a whole service: each is answered by at most one line, which is one; forecasts are numbers. The lines
 * of an input come from a client that has said hello where its first byte is odd. */
/* links: predictor */
#include "predictor/builtin_model.h"
#include "predictor/service.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char token[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static char line[PROTOCOL_LINE_MAXIMUM], answer[PROTOCOL_LINE_MAXIMUM + 1];
static service_t *service;

static void check(int holds)
{
    if (!holds) abort();
}

static int64_t now_ns(void)
{
    static int64_t clock_ns;
    return clock_ns += 1000;
}

/* One for all inputs, as queries of many clients meet in it; ridge, because it keeps what it is told. */
static void begin(void)
{
    static model_t model;
    char error[256];
    if (service != NULL) return;
    check(builtin_model_load(&model, error, sizeof error));
    const service_config_t config = {
        .token = token,
        .settings = {.forecaster = FORECASTER_RIDGE, .model = &model},
        .queries_maximum = 20,
        .now_ns = now_ns,
    };
    service = service_create(&config);
    check(service != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    begin();
    session_t session = {.authorised = data[0] % 2 == 1};
    const char *at = (const char *)data + 1, *end = (const char *)data + size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop != NULL ? stop : end) - at);
        if (length > PROTOCOL_LINE_MAXIMUM - 1) length = PROTOCOL_LINE_MAXIMUM - 1;
        memcpy(line, at, length);
        const reply_t reply = service_answer(service, &session, line, length, answer);
        check(reply.length <= PROTOCOL_LINE_MAXIMUM);
        if (reply.length > 0) {
            check(memchr(answer, '\n', reply.length) == answer + reply.length - 1);
            answer_t given;
            char error[PROTOCOL_ERROR_SIZE];
            if (answer[0] == '{') check(answer_read(answer, reply.length, &given, error, sizeof error));
        }
        at = stop != NULL ? stop + 1 : end;
    }
    return 0;
}
