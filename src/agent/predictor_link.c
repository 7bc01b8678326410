#include "agent/predictor_link.h"

#include "agent/clock.h"
#include "agent/shared_token.h"
#include "protocol/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char tag_predictor[] = "Predictor";
static const int64_t ms = NS_PER_MS;
static const int64_t second_ns = 1000 * (int64_t)NS_PER_MS;
enum { MINUTE_S = 60, FIRST_DELAY_MS = 250, LONGEST_DELAY_MS = 30000, CLIENT_ID_HELLO = 0 };

#define SAY(link, level, now_ns, ...)                                                                        \
    log_line(line_limit(&(link)->lines, level, now_ns), tag_predictor, __VA_ARGS__)

void predictor_link_begin(predictor_link_t *link, const options_t *options, const char *library,
                          int64_t now_ns)
{
    char tried[1024];
    link->options = options;
    link->state = LINK_OFF;
    link->child = CHILD_NONE;
    link->connection = CONNECTION_CLOSED;
    link->unhealthy_ns = link->due_ns = now_ns;
    if (strcmp(options->predictor, "off") == 0) return;
    link->shared = parse_address(options->predictor, &link->address);
    if (!link->shared && !program_find(&link->program, options, library, tried, sizeof tried)) {
        log_line(LOG_WARNING, tag_predictor, "%s; queries are governed without forecasts", tried);
        return;
    }
    if (!link->shared) program_prepare(&link->program, options);
    link->state = LINK_WAITING;
}

size_t predictor_link_watch(const predictor_link_t *link, struct pollfd fds[LINK_FDS])
{
    size_t count = 0;
    if (link->child.pair >= 0) fds[count++] = (struct pollfd){.fd = link->child.pair, .events = POLLIN};
    if (link->connection.fd >= 0) {
        const bool writes = !link->connection.connected || connection_has_unsent(&link->connection);
        fds[count++] =
            (struct pollfd){.fd = link->connection.fd, .events = writes ? POLLIN | POLLOUT : POLLIN};
    }
    return count;
}

static int64_t oldest_asked_ns(const predictor_link_t *link)
{
    return link->asked > 0 ? link->outstanding[link->oldest].asked_ns : INT64_MAX / 2;
}

int64_t predictor_link_due_ns(const predictor_link_t *link)
{
    if (link->state == LINK_OFF) return INT64_MAX;
    if (link->state != LINK_READY) return link->due_ns;
    const int64_t ping_ns = link->heard_ns + LINK_PING_MS * ms;
    if (link->asked == 0) return ping_ns;
    return oldest_asked_ns(link) + (link->late ? LINK_PATIENCE_MS : LINK_DEADLINE_MS) * ms;
}

bool predictor_link_is_ready(const predictor_link_t *link)
{
    return link->state == LINK_READY && !link->late;
}

int64_t predictor_link_lost_ns(const predictor_link_t *link, int64_t grace_ns)
{
    return link->state == LINK_OFF || predictor_link_is_ready(link) ? INT64_MAX
                                                                    : link->unhealthy_ns + grace_ns;
}

static void begin_unhealth(predictor_link_t *link, int64_t now_ns)
{
    if (predictor_link_is_ready(link)) link->unhealthy_ns = now_ns;
}

/* Lets go of what there is and says when to try again. `innocent`: it was taken from outside. */
static void fail(predictor_link_t *link, int64_t now_ns, bool innocent, const char *how)
{
    const bool was_ready = link->state == LINK_READY;
    const int64_t health_ns = was_ready ? now_ns - link->ready_ns : 0;
    begin_unhealth(link, now_ns);
    link->state = LINK_WAITING;
    link->late = false;
    link->asked = 0;
    connection_close(&link->connection);
    if (health_ns >= MINUTE_S * second_ns) link->failures = 0;
    int64_t delay_ms = 0;
    if (!innocent || health_ns < second_ns) {
        for (int i = 0; i < link->failures && delay_ms < LONGEST_DELAY_MS; i++)
            delay_ms = delay_ms == 0 ? FIRST_DELAY_MS : 2 * delay_ms;
        if (delay_ms > LONGEST_DELAY_MS) delay_ms = LONGEST_DELAY_MS;
        link->failures++;
    }
    link->due_ns = now_ns + delay_ms * ms;
    char when[48] = "at once";
    if (delay_ms > 0) snprintf(when, sizeof when, "in %g s", (double)delay_ms / 1000);
    SAY(link, LOG_WARNING, now_ns, "%s; %s %s", how,
        link->shared ? "it is connected to again" : "it is started again", when);
}

/* The child has ended or has to. `why`: what is wrong with it, NULL when it has ended by itself or was killed. */
static void give_up_child(predictor_link_t *link, int64_t now_ns, bool stopped, const char *why)
{
    char end[64], how[256];
    const pid_t pid = link->child.pid;
    const child_end_t reason = child_end(&link->child, end, sizeof end);
    snprintf(how, sizeof how, "process %d %s%s", (int)pid, why ? why : end, why ? " and was killed" : "");
    fail(link, now_ns, stopped || (!why && reason == CHILD_KILLED_BY_OTHERS), how);
}

static void give_up(predictor_link_t *link, int64_t now_ns, const char *why)
{
    if (!link->shared) {
        /* The connection may break a moment before the pair does: its end is waited for in child_end(). */
        give_up_child(link, now_ns, false, why);
        return;
    }
    char how[600];
    snprintf(how, sizeof how, "%s %s", link->options->predictor, why ? why : "has closed the connection");
    fail(link, now_ns, false, how);
}

static void greet(predictor_link_t *link, int64_t now_ns)
{
    char line[512];
    const size_t length = request_write_hello(
        line, sizeof line, (message_id_t){.given = true, .value = CLIENT_ID_HELLO}, link->token, "agent");
    link->state = LINK_GREETING;
    link->due_ns = now_ns + LINK_CONNECT_MS * ms;
    if (!connection_send(&link->connection, line, length)) give_up(link, now_ns, NULL);
}

static void connect_to(predictor_link_t *link, int64_t now_ns)
{
    char why[128];
    link->state = LINK_CONNECTING;
    link->due_ns = now_ns + LINK_CONNECT_MS * ms;
    if (!connection_open(&link->connection, link->address.host, link->address.port)) {
        snprintf(why, sizeof why, "cannot be connected to (%s)", strerror(errno));
        give_up(link, now_ns, why);
    } else if (link->connection.connected) {
        greet(link, now_ns);
    }
}

static void try_again(predictor_link_t *link, int64_t now_ns)
{
    if (link->shared) {
        char error[OPTION_TEXT_SIZE + 128];
        if (!shared_token_read(link->options, &link->address, link->token, error, sizeof error) && error[0])
            SAY(link, LOG_WARNING, now_ns, "%s; hello is said without a token", error);
        connect_to(link, now_ns);
        return;
    }
    const int error =
        child_make_token(link->token) ? child_start(&link->child, &link->program, link->token) : EAGAIN;
    if (error) {
        char how[PATH_MAX + 128];
        snprintf(how, sizeof how, "%s cannot be started (%s)", link->program.path, strerror(error));
        fail(link, now_ns, false, how);
        return;
    }
    link->state = LINK_STARTING;
    link->due_ns = now_ns + LINK_START_MS * ms;
}

static void announce(predictor_link_t *link, const child_ready_t *ready, int64_t now_ns)
{
    char taken[48] = "";
    if (ready->port != link->options->predictor_port)
        snprintf(taken, sizeof taken, ", as port %d is taken", (int)link->options->predictor_port);
    SAY(link, LOG_INFO, now_ns, "process %d listens on 127.0.0.1:%d%s%s%s", (int)link->child.pid,
        (int)ready->port, taken, ready->dashboard[0] ? "; dashboard at http://" : "", ready->dashboard);
}

static void listen_to_child(predictor_link_t *link, int64_t now_ns)
{
    child_ready_t ready;
    char error[PROTOCOL_ERROR_SIZE], why[PROTOCOL_ERROR_SIZE + 64];
    if (link->child.pair < 0) return;
    switch (child_listen(&link->child, &ready, error, sizeof error)) {
    case CHILD_QUIET:
        return;
    case CHILD_GONE:
        give_up_child(link, now_ns, false, NULL);
        return;
    case CHILD_GARBLED:
        snprintf(why, sizeof why, "said what is no announcement (%s)", error);
        give_up_child(link, now_ns, false, why);
        return;
    case CHILD_READY:
        if (link->state != LINK_STARTING) return;
        link->address = (address_t){.host = "127.0.0.1", .port = (int)ready.port};
        announce(link, &ready, now_ns);
        connect_to(link, now_ns);
    }
}

static void become_ready(predictor_link_t *link, int64_t now_ns)
{
    link->state = LINK_READY;
    link->ready_ns = link->heard_ns = now_ns;
    link->serial++;
    link->asked = 0;
    link->late = false;
    if (link->shared) SAY(link, LOG_INFO, now_ns, "connected to %s", link->options->predictor);
}

/* Answers come in the order of the requests: those before it were passed over. */
static bool find_request(predictor_link_t *link, int64_t id, link_request_t *request)
{
    for (size_t passed = 0; passed < link->asked; passed++) {
        *request = link->outstanding[(link->oldest + passed) % LINK_OUTSTANDING];
        if (request->id != id) continue;
        link->oldest = (link->oldest + passed + 1) % LINK_OUTSTANDING;
        link->asked -= passed + 1;
        return true;
    }
    return false;
}

/* False when the link was given up. */
static bool hear(predictor_link_t *link, const char *line, size_t length, int64_t now_ns)
{
    char error[PROTOCOL_ERROR_SIZE], why[2 * PROTOCOL_ERROR_SIZE];
    answer_t *answer = &link->answer;
    link_request_t request;
    if (!answer_read(line, length, answer, error, sizeof error)) {
        snprintf(why, sizeof why, "says what is no answer (%s)", error);
        give_up(link, now_ns, why);
        return false;
    }
    link->heard_ns = now_ns;
    if (link->state == LINK_GREETING && (!answer->id.given || answer->id.value == CLIENT_ID_HELLO)) {
        /* Without a token forecasts are answered all the same on the server's own machine, from the history alone. */
        if (answer->ok || (answer->error[0] && !link->token[0])) {
            if (!answer->ok)
                SAY(link, LOG_WARNING, now_ns,
                    "%s wants a token (predictor_token_file=): without one it learns nothing of the queries",
                    link->options->predictor);
            become_ready(link, now_ns);
            return true;
        }
        snprintf(why, sizeof why, "refuses us: %s",
                 answer->error[0] ? answer->error : "hello was not answered with ok");
        give_up(link, now_ns, why);
        return false;
    }
    if (answer->error[0]) SAY(link, LOG_DEBUG, now_ns, "answers: %s", answer->error);
    if (answer->id.given && find_request(link, answer->id.value, &request) && request.tag != 0)
        link->answered(link->context, request.tag, request.asked_ns, answer);
    return true;
}

static void hear_all(predictor_link_t *link, int64_t now_ns)
{
    char *line;
    size_t length;
    while (link->state == LINK_GREETING || link->state == LINK_READY) {
        switch (connection_read(&link->connection, &line, &length)) {
        case CONNECTION_QUIET:
            return;
        case CONNECTION_LOST:
            give_up(link, now_ns, NULL);
            return;
        case CONNECTION_LINE:
            if (!hear(link, line, length, now_ns)) return;
        }
    }
}

/* The host's next address, with the same patience. */
static bool connect_to_next(predictor_link_t *link, int64_t now_ns)
{
    if (!connection_try_next(&link->connection)) return false;
    link->due_ns = now_ns + LINK_CONNECT_MS * ms;
    if (link->connection.connected) greet(link, now_ns);
    return true;
}

static void finish_connecting(predictor_link_t *link, int64_t now_ns)
{
    struct pollfd socket = {.fd = link->connection.fd, .events = POLLOUT};
    if (poll(&socket, 1, 0) != 1) return;
    if (connection_finish(&link->connection)) {
        greet(link, now_ns);
        return;
    }
    if (connect_to_next(link, now_ns)) return;
    char why[128];
    snprintf(why, sizeof why, "cannot be connected to (%s)", strerror(errno));
    give_up(link, now_ns, why);
}

static void ping(predictor_link_t *link, int64_t now_ns)
{
    char line[128];
    const size_t length = request_write_health(line, sizeof line, predictor_link_id(link));
    predictor_link_ask(link, line, length, 0, now_ns);
}

/* What has been heard is taken into account before: a thread of ours that got no processor is not its silence. */
static void look_at_silence(predictor_link_t *link, int64_t now_ns)
{
    const int64_t silent_ns = now_ns - oldest_asked_ns(link);
    const bool late = silent_ns >= LINK_DEADLINE_MS * ms;
    if (late && !link->late) {
        link->unhealthy_ns = now_ns;
        SAY(link, LOG_WARNING, now_ns, "no answer for %d ms", LINK_DEADLINE_MS);
    }
    if (!late && link->late) SAY(link, LOG_INFO, now_ns, "answers again");
    link->late = late;
    const bool stopped = late && child_is_stopped(&link->child);
    if (stopped && !link->shared) {
        give_up_child(link, now_ns, true, "was stopped");
    } else if (silent_ns >= LINK_PATIENCE_MS * ms) {
        give_up(link, now_ns, "does not answer");
    } else if (link->asked == 0 && now_ns >= link->heard_ns + LINK_PING_MS * ms) {
        ping(link, now_ns);
    }
}

void predictor_link_step(predictor_link_t *link, int64_t now_ns)
{
    if (link->state == LINK_WAITING && now_ns >= link->due_ns) try_again(link, now_ns);
    listen_to_child(link, now_ns);
    if (link->state == LINK_CONNECTING) finish_connecting(link, now_ns);
    if (connection_has_unsent(&link->connection) && !connection_flush(&link->connection))
        give_up(link, now_ns, NULL);
    hear_all(link, now_ns);
    if (link->state == LINK_READY)
        look_at_silence(link, now_ns);
    else if (link->state >= LINK_STARTING && now_ns >= link->due_ns &&
             !(link->state == LINK_CONNECTING && connect_to_next(link, now_ns)))
        give_up(link, now_ns, link->state == LINK_STARTING ? "announced nothing" : "does not answer");
}

message_id_t predictor_link_id(const predictor_link_t *link)
{
    return (message_id_t){.given = true, .value = link->next_id + 1};
}

bool predictor_link_ask(predictor_link_t *link, const char *line, size_t length, uint64_t tag, int64_t now_ns)
{
    if (link->state != LINK_READY || length == 0 || link->asked == LINK_OUTSTANDING) return false;
    if (!connection_send(&link->connection, line, length)) return false;
    link->outstanding[(link->oldest + link->asked++) % LINK_OUTSTANDING] =
        (link_request_t){.id = ++link->next_id, .asked_ns = now_ns, .tag = tag};
    return true;
}

bool predictor_link_tell(predictor_link_t *link, const char *line, size_t length)
{
    return link->state == LINK_READY && length > 0 && connection_send(&link->connection, line, length);
}

void predictor_link_end(predictor_link_t *link)
{
    char how[64];
    connection_close(&link->connection);
    if (link->child.pid != 0) child_end(&link->child, how, sizeof how);
    link->state = LINK_OFF;
}
