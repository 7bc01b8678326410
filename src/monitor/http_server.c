#include "monitor/http_server.h"

#include "common/json_reader.h"
#include "monitor/clients.h"
#include "monitor/guard.h"
#include "monitor/metrics.h"
#include "monitor/page_files.h"
#include "monitor/steady_clock.h"
#include "monitor/streams.h"
#include "monitor/texts.h"

#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY_OF_CONNECTION = 16 << 10, QUERY_SIZE = PROTOCOL_LABEL_SIZE };

struct http_server {
    monitor_t *monitor;
    struct MHD_Daemon *daemon;
    workspace_t workspace;
    streams_t *streams;
    clients_t clients;
    pthread_t thread;
    int wake_fd;
    atomic_bool stopping;
};

/* One request; its body where it has one. */
typedef struct {
    char body[SERVER_BODY_MAXIMUM];
    size_t length;
    bool too_long;
} request_body_t;

/* ------------------------------------------------------------------------------------------------ clients */

static void on_connection(void *context, struct MHD_Connection *connection, void **client,
                          enum MHD_ConnectionNotificationCode code)
{
    http_server_t *server = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *client = info == NULL ? NULL : clients_begin(&server->clients, info->connect_fd, steady_clock_ms());
    } else if (*client != NULL) {
        clients_end(*client);
        *client = NULL;
    }
}

/* NULL when there is none. */
static client_t *client_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

/* ------------------------------------------------------------------------------------------------ answers */

static const char security_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static void add_headers(struct MHD_Response *response, const char *type)
{
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Content-Security-Policy", security_policy);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "X-Frame-Options", "DENY");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    MHD_add_response_header(response, "Cache-Control", "no-store");
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned status, const char *type,
                                 const char *text, size_t length, enum MHD_ResponseMemoryMode memory)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(length, (void *)(uintptr_t)text, memory);
    if (response == NULL) return MHD_NO;
    add_headers(response, type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) MHD_add_response_header(response, "Allow", "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_error(struct MHD_Connection *connection, unsigned status, const char *sentence)
{
    char text[MONITOR_ERROR_SIZE];
    json_writer_t json;
    json_write_begin(&json, text, sizeof text);
    json_write_integer(&json, "v", 1);
    json_write_string(&json, "error", sentence);
    json_write_end(&json);
    return send_text(connection, status, "application/json", text, json.length, MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result send_workspace(struct MHD_Connection *connection, const http_server_t *server,
                                      size_t length, const char *type)
{
    if (length == 0) return send_error(connection, MHD_HTTP_NOT_FOUND, "no such query");
    return send_text(connection, MHD_HTTP_OK, type, server->workspace.text, length, MHD_RESPMEM_MUST_COPY);
}

/* ------------------------------------------------------------------------------------------------ resources */

static const char *argument(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
    return value == NULL ? "" : value;
}

static int64_t number_argument(struct MHD_Connection *connection, const char *name, int64_t preset,
                               int64_t maximum)
{
    const char *text = argument(connection, name);
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno != 0 || value < 0 || value > maximum) return preset;
    return value;
}

static enum MHD_Result get_overview(http_server_t *server, struct MHD_Connection *connection)
{
    return send_workspace(connection, server, text_overview(&server->workspace, server->monitor),
                          "application/json");
}

static enum MHD_Result get_series(http_server_t *server, struct MHD_Connection *connection)
{
    const int64_t last_ms = INT64_C(1) << 53;
    int64_t range_s = number_argument(connection, "range", 120, 8 * 86400);
    int64_t since_ms = number_argument(connection, "since", 0, last_ms),
            end_ms = number_argument(connection, "end", 0, last_ms);
    return send_workspace(connection, server,
                          text_series(&server->workspace, server->monitor, argument(connection, "query"),
                                      range_s * 1000, since_ms, end_ms),
                          "application/json");
}

static enum MHD_Result get_details(http_server_t *server, struct MHD_Connection *connection)
{
    return send_workspace(connection, server,
                          text_details(&server->workspace, server->monitor, argument(connection, "query")),
                          "application/json");
}

static enum MHD_Result get_metrics(http_server_t *server, struct MHD_Connection *connection)
{
    return send_workspace(connection, server, text_metrics(&server->workspace, server->monitor),
                          METRICS_CONTENT_TYPE);
}

static enum MHD_Result get_health(http_server_t *server, struct MHD_Connection *connection)
{
    return send_workspace(connection, server, text_health(&server->workspace, server->monitor),
                          "application/json");
}

static enum MHD_Result get_events(http_server_t *server, struct MHD_Connection *connection)
{
    struct MHD_Response *response = streams_open(server->streams, connection);
    if (response == NULL)
        return send_error(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                          "too many browsers are looking on; close one");
    client_t *client = client_of(connection);
    if (client != NULL) clients_let_go_on(client);
    add_headers(response, "text/event-stream");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static const struct {
    const char *path;
    enum MHD_Result (*get)(http_server_t *server, struct MHD_Connection *connection);
} resources[] = {
    {"/api/overview", get_overview}, {"/api/series", get_series}, {"/api/details", get_details},
    {"/api/events", get_events},     {"/metrics", get_metrics},   {"/healthz", get_health},
};

static enum MHD_Result get(http_server_t *server, struct MHD_Connection *connection, const char *path)
{
    for (size_t i = 0; i < page_file_count; i++)
        if (strcmp(path, page_files[i].path) == 0)
            return send_text(connection, MHD_HTTP_OK, page_files[i].type, (const char *)page_files[i].bytes,
                             page_files[i].size, MHD_RESPMEM_PERSISTENT);
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        if (strcmp(path, resources[i].path) == 0) return resources[i].get(server, connection);
    return send_error(connection, MHD_HTTP_NOT_FOUND, "there is nothing of this name");
}

/* ------------------------------------------------------------------------------------------------ changes */

/* {"query":"clicks","goal":"latency"}: false with a sentence. */
static bool read_change(const request_body_t *body, char *query, change_t *change, char *error,
                        size_t error_size)
{
    json_reader_t json;
    char key[32];
    *change = (change_t){.has_mode = false};
    query[0] = '\0';
    json_read_begin(&json, body->body, body->length);
    json_read_object(&json);
    while (json_read_member(&json, key, sizeof key)) {
        bool known = false;
        if (strcmp(key, "query") == 0)
            json_read_string(&json, query, QUERY_SIZE);
        else {
            change_read_member(&json, key, change, &known);
            if (!known) json_read_skip(&json);
        }
    }
    if (!json_read_end(&json))
        snprintf(error, error_size, "byte %zu of the body: %s", json_read_offset(&json), json.fault);
    else if (query[0] == '\0')
        snprintf(error, error_size, "query is missing");
    else if (!change_asks(change))
        snprintf(error, error_size, "mode, goal or budget is missing");
    else
        return true;
    return false;
}

static enum MHD_Result set(http_server_t *server, struct MHD_Connection *connection,
                           const request_body_t *body)
{
    char query[QUERY_SIZE], error[MONITOR_ERROR_SIZE];
    change_t change;
    if (!read_change(body, query, &change, error, sizeof error))
        return send_error(connection, MHD_HTTP_BAD_REQUEST, error);
    strcpy(change.origin, "page");
    if (!monitor_change(server->monitor, query, &change))
        return send_error(connection, MHD_HTTP_NOT_FOUND, "no such query");
    static const char ok[] = "{\"v\":1,\"ok\":true}";
    return send_text(connection, MHD_HTTP_OK, "application/json", ok, sizeof ok - 1, MHD_RESPMEM_PERSISTENT);
}

/* ------------------------------------------------------------------------------------------------ requests */

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* The whole request is there: answers it. */
static enum MHD_Result answer(http_server_t *server, struct MHD_Connection *connection, const char *method,
                              const char *path, const request_body_t *body)
{
    guard_headers_t headers = {.host = header(connection, "Host"),
                               .origin = header(connection, "Origin"),
                               .fetch_site = header(connection, "Sec-Fetch-Site")};
    /* Following a link to the page is no foreign script's doing. */
    const char *mode = header(connection, "Sec-Fetch-Mode");
    if (mode != NULL && strcmp(mode, "navigate") == 0) headers.fetch_site = NULL;
    const char *refusal = guard_refusal(&headers);
    if (refusal != NULL) return send_error(connection, MHD_HTTP_FORBIDDEN, refusal);
    if (strcmp(method, "POST") == 0 && strcmp(path, "/api/set") == 0) {
        headers.fetch_site = header(connection, "Sec-Fetch-Site");
        refusal = guard_change_refusal(&headers, header(connection, "X-AdaptiveStream-Token"),
                                       monitor_options(server->monitor)->token);
        if (refusal != NULL) return send_error(connection, MHD_HTTP_FORBIDDEN, refusal);
        if (body->too_long) return send_error(connection, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long");
        return set(server, connection, body);
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return send_error(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are answered here");
    return get(server, connection, path);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    (void)version;
    request_body_t *body = *state;
    if (body == NULL) { /* the head alone has come so far */
        *state = body = calloc(1, sizeof *body);
        return body != NULL ? MHD_YES : MHD_NO;
    }
    if (*upload_size > 0) {
        size_t room = sizeof body->body - body->length, taken = *upload_size < room ? *upload_size : room;
        memcpy(body->body + body->length, upload, taken);
        body->length += taken;
        /* A little more than allowed is read for the sake of an answer; beyond, the line is cut. */
        if (body->too_long) return MHD_NO;
        body->too_long = taken < *upload_size;
        *upload_size = 0;
        return MHD_YES;
    }
    return answer(context, connection, method, path, body);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)code;
    client_t *client = client_of(connection);
    if (client != NULL) clients_next(client, steady_clock_ms());
    free(*state);
    *state = NULL;
}

/* ------------------------------------------------------------------------------------------------ the thread */

static void *serve(void *context)
{
    http_server_t *server = context;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd polled[] = {{.fd = info->epoll_fd, .events = POLLIN},
                              {.fd = server->wake_fd, .events = POLLIN}};
    while (!atomic_load(&server->stopping)) {
        int wait_ms = streams_tick(server->streams, server->monitor, &server->workspace);
        const int64_t clients_ms = clients_tick(&server->clients, steady_clock_ms());
        if (clients_ms < wait_ms) wait_ms = (int)clients_ms;
        MHD_UNSIGNED_LONG_LONG own_ms;
        if (MHD_get_timeout(server->daemon, &own_ms) == MHD_YES && own_ms < (MHD_UNSIGNED_LONG_LONG)wait_ms)
            wait_ms = (int)own_ms;
        poll(polled, 2, wait_ms);
        MHD_run(server->daemon);
    }
    return NULL;
}

/* Signals are for the program's other threads. */
static bool start_thread(http_server_t *server)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&server->thread, NULL, serve, server) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void clean_up(http_server_t *server)
{
    if (server->streams != NULL) streams_resume_all(server->streams);
    if (server->daemon != NULL) MHD_stop_daemon(server->daemon);
    streams_destroy(server->streams);
    workspace_end(&server->workspace);
    if (server->wake_fd >= 0) close(server->wake_fd);
    free(server);
}

http_server_t *http_server_start(monitor_t *monitor, int fd, char *error, size_t error_size)
{
    http_server_t *server = calloc(1, sizeof *server);
    if (server != NULL) {
        server->monitor = monitor;
        server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        server->streams = streams_create();
        if (server->wake_fd >= 0 && server->streams != NULL && workspace_begin(&server->workspace))
            server->daemon = MHD_start_daemon(
                MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, server,
                MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_CONNECTION_LIMIT,
                (unsigned)SERVER_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SERVER_TIMEOUT_S,
                MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_OF_CONNECTION, MHD_OPTION_END);
        if (server->daemon != NULL && start_thread(server)) return server;
    }
    snprintf(error, error_size, "dashboard: the HTTP server does not start: %s",
             errno != 0 ? strerror(errno) : "no memory");
    if (server == NULL || server->daemon == NULL) close(fd); /* else the daemon does */
    if (server != NULL) clean_up(server);
    return NULL;
}

void http_server_stop(http_server_t *server)
{
    if (server == NULL) return;
    atomic_store(&server->stopping, true);
    uint64_t one = 1;
    while (write(server->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    pthread_join(server->thread, NULL);
    clean_up(server);
}
