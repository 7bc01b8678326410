#include "predictor/service.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct service {
    service_config_t config;
    forecaster_t *forecaster; /* of a kind that learns it stays one that has seen nothing */
    queries_t queries;
    int64_t begun_ns, requests;
    request_t request;
};

enum { ANSWER_SIZE = PROTOCOL_LINE_MAXIMUM + 1 };

service_t *service_create(const service_config_t *config)
{
    service_t *service = calloc(1, sizeof *service);
    if (service == NULL) return NULL;
    service->config = *config;
    service->begun_ns = config->now_ns();
    queries_begin(&service->queries, config->queries_maximum, &service->config.settings);
    service->forecaster = forecaster_create(config->settings.forecaster, config->settings.model);
    if (service->forecaster != NULL) return service;
    free(service);
    return NULL;
}

void service_destroy(service_t *service)
{
    if (service == NULL) return;
    queries_end(&service->queries);
    forecaster_destroy(service->forecaster);
    free(service);
}

static size_t answer_hello(service_t *service, session_t *session, char *answer, bool *hold_back)
{
    const request_t *request = &service->request;
    if (!token_equal(request->token, service->config.token)) {
        *hold_back = true;
        return answer_write_error(answer, ANSWER_SIZE, request->id, "the token is wrong");
    }
    session->authorised = true;
    const answer_t hello = {.id = request->id, .version = ADAPTIVESTREAM_VERSION, .pid = service->config.pid};
    return answer_write_hello(answer, ANSWER_SIZE, &hello);
}

/* Whoever has not said hello leaves no trace: his label, which may be another's, is not looked up. */
static query_t *query_of(service_t *service, const session_t *session, const char *label)
{
    query_t *query = session->authorised ? queries_use(&service->queries, label) : NULL;
    if (query != NULL && query->learning == NULL && service->config.settings.forecaster == FORECASTER_RIDGE)
        query->learning = forecaster_create(FORECASTER_RIDGE, NULL);
    return query;
}

/* A forecast that is no number, as of a model that has been trained to pieces, must not reach a decision. */
static forecast_t sound(forecast_t forecast, const double *history)
{
    if (!isfinite(forecast.rate_per_s)) forecast.rate_per_s = history[PROTOCOL_HISTORY - 1];
    forecast.has_quantiles = forecast.has_quantiles && isfinite(forecast.low_per_s) &&
                             isfinite(forecast.high_per_s) && forecast.low_per_s <= forecast.high_per_s;
    return forecast;
}

static void hand_over_change(query_t *query, answer_t *answer)
{
    if (!query->has_change) return;
    answer->has_change = true;
    answer->change = query->change;
    query->has_change = false;
}

static size_t answer_predict(service_t *service, const session_t *session, char *text)
{
    const int64_t begun_ns = service->config.now_ns();
    request_t *request = &service->request;
    query_t *query = query_of(service, session, request->query);
    forecaster_t *forecaster = service->forecaster;
    if (query != NULL) {
        query_learn(query, request->history, request->time_ms);
        if (query->learning != NULL) forecaster = query->learning;
    }
    const forecast_t forecast = sound(
        forecaster_forecast(forecaster, request->history, time_of_day_s(request->time_ms)), request->history);
    const query_advice_t advice = query_adviser_advise(query != NULL ? query->adviser : NULL, begun_ns);

    answer_t answer = {
        .id = request->id,
        .rate = forecast.rate_per_s,
        .effective = advice.effective_per_s,
        .confidence = advice.confidence,
        .has_changes = advice.has_changes,
        .has_quantiles = forecast.has_quantiles,
        .low = forecast.low_per_s,
        .high = forecast.high_per_s,
    };
    memcpy(answer.query, request->query, sizeof answer.query);
    memcpy(answer.changes, advice.changes, sizeof answer.changes);
    strcpy(answer.model, advice.source != NULL ? advice.source
                                               : forecaster_kind_names[service->config.settings.forecaster]);
    if (query != NULL) hand_over_change(query, &answer);
    answer.elapsed_us = (service->config.now_ns() - begun_ns) / 1000;
    const listener_t *listener = &service->config.listener;
    if (query != NULL && listener->predicted != NULL)
        listener->predicted(listener->context, request->query, request->time_ms, &answer);
    return answer_write_predict(text, ANSWER_SIZE, &answer);
}

static void observe(service_t *service)
{
    const observation_t *observation = &service->request.observation;
    query_t *query = queries_use(&service->queries, observation->status.query);
    if (query != NULL) {
        observed_status_update(&query->status, &observation->status);
        query_adviser_observe(query->adviser, observation, service->config.now_ns());
    }
    const listener_t *listener = &service->config.listener;
    if (listener->observed != NULL) listener->observed(listener->context, observation);
}

static size_t answer_health(service_t *service, const session_t *session, char *answer)
{
    answer_t health = {
        .id = service->request.id,
        .status = "ready",
        .queries = (int64_t)service->queries.count,
        .requests = service->requests,
        .uptime_s = (double)(service->config.now_ns() - service->begun_ns) / 1e9,
        .pid = service->config.pid,
    };
    strcpy(health.model, forecaster_kind_names[service->config.settings.forecaster]);
    query_t *query = session->authorised ? queries_find(&service->queries, service->request.query) : NULL;
    if (query != NULL) hand_over_change(query, &health);
    return answer_write_health(answer, ANSWER_SIZE, &health);
}

static size_t answer_status(service_t *service, char *answer)
{
    const request_t *request = &service->request;
    json_writer_t json;
    answer_begin_status(&json, answer, ANSWER_SIZE, request->id);
    int64_t next = -1;
    for (size_t i = (size_t)request->from; i < service->queries.count && next < 0; i++) {
        const query_t *query = service->queries.items[i];
        if (query->status.query[0] == '\0') continue;
        if (request->query[0] != '\0' && strcmp(request->query, query->label) != 0) continue;
        if (!answer_add_status(&json, &query->status)) next = (int64_t)i;
    }
    return answer_end_status(&json, next);
}

bool service_set(service_t *service, const char *query, const change_t *change)
{
    bool found = false;
    for (size_t i = 0; i < service->queries.count; i++) {
        query_t *item = service->queries.items[i];
        if (strcmp(query, "*") != 0 && strcmp(query, item->label) != 0) continue;
        if (!item->has_change) item->change = (change_t){.has_mode = false};
        change_add(&item->change, change);
        item->has_change = found = true;
    }
    const listener_t *listener = &service->config.listener;
    if (found && listener->changed != NULL) listener->changed(listener->context, query, change);
    return found;
}

static size_t answer_set(service_t *service, char *answer)
{
    const request_t *request = &service->request;
    if (service_set(service, request->query, &request->change))
        return answer_write_set(answer, ANSWER_SIZE, request->id);
    return answer_write_error(answer, ANSWER_SIZE, request->id,
                              strcmp(request->query, "*") == 0
                                  ? "no query is known yet"
                                  : "no query of this name is known; `adaptivestream status` shows all");
}

static bool needs_hello(const service_t *service, request_op_t op)
{
    return service->config.hello_first || op == REQUEST_OBSERVE || op == REQUEST_SET || op == REQUEST_STATUS;
}

static reply_t answer_json(service_t *service, session_t *session, const char *line, size_t length,
                           char *answer)
{
    reply_t reply = {.length = 0};
    char error[PROTOCOL_ERROR_SIZE];
    request_t *request = &service->request;
    if (!request_read(line, length, request, error, sizeof error)) {
        reply.length = answer_write_error(answer, ANSWER_SIZE, request->id, error);
        return reply;
    }
    if (request->op == REQUEST_HELLO) {
        reply.length = answer_hello(service, session, answer, &reply.hold_back);
        return reply;
    }
    if (!session->authorised && needs_hello(service, request->op)) {
        snprintf(error, sizeof error, "%s needs a hello with the token first", request_op_names[request->op]);
        reply.length = answer_write_error(answer, ANSWER_SIZE, request->id, error);
        return reply;
    }
    switch (request->op) {
    case REQUEST_PREDICT:
        reply.length = answer_predict(service, session, answer);
        break;
    case REQUEST_OBSERVE:
        observe(service);
        break;
    case REQUEST_HEALTH:
        reply.length = answer_health(service, session, answer);
        break;
    case REQUEST_STATUS:
        reply.length = answer_status(service, answer);
        break;
    case REQUEST_SET:
        reply.length = answer_set(service, answer);
        break;
    default:
        break;
    }
    return reply;
}

reply_t service_answer(service_t *service, session_t *session, char *line, size_t length, char *answer)
{
    service->requests++;
    if (length > 0 && line[0] == '{') return answer_json(service, session, line, length, answer);
    reply_t reply = {.length = 0};
    if (service->config.hello_first && !session->authorised) {
        reply.length =
            (size_t)snprintf(answer, ANSWER_SIZE, "error:a hello with the token is needed first\n");
        return reply;
    }
    if (length > 0 && line[length - 1] == '\r') length--;
    line[length] = '\0';
    /* A line with a NUL in it is none of the commands, whatever stands before it. */
    if (memchr(line, '\0', length) != NULL) line[0] = '\0';
    reply.length = plain_answer(&session->plain, line, service->forecaster, answer, ANSWER_SIZE);
    return reply;
}
