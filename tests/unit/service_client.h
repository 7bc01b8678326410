/* A client of the service, without sockets: what it submits, and what it is answered. */
#ifndef ADAPTIVESTREAM_TESTS_SERVICE_CLIENT_H
#define ADAPTIVESTREAM_TESTS_SERVICE_CLIENT_H

#include "predictor/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char token[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static char answer[PROTOCOL_LINE_MAXIMUM + 1], line[PROTOCOL_LINE_MAXIMUM + 1];

/* What is in `line`, `length` bytes with the line break. */
static const char *submit(service_t *service, session_t *session, size_t length)
{
    assert_true(length > 0);
    const reply_t reply = service_answer(service, session, line, length - 1, answer);
    answer[reply.length] = '\0';
    return answer;
}

static void say_hello(service_t *service, session_t *session)
{
    submit(service, session, request_write_hello(line, sizeof line, REQUEST_NO_ID, token, "test"));
    assert_true(session->authorised);
}

static answer_t predict(service_t *service, session_t *session, const char *query, const double *history,
                        int64_t time_ms)
{
    answer_t given;
    char error[PROTOCOL_ERROR_SIZE];
    submit(service, session,
           request_write_predict(line, sizeof line, REQUEST_NO_ID, query, history, time_ms));
    if (!answer_read(answer, strlen(answer), &given, error, sizeof error)) fail_msg("%s: %s", answer, error);
    return given;
}

#endif
