/* What the dashboard costs, and whom it holds up: 50 queries that each tell of ten decisions a second and ask for a forecast
 * every second, in turns without and with 200 clients of the page that are stuck (half of them say nothing, half have asked for
 * the stream of events and never read). Processor and memory of the predictor, and the time from a request to its answer.
 * What memory still grows by is what advice remembers of each query's arrivals: 4 bytes a slot, two hours long.
 *
 *     bench_dashboard PATH/TO/adaptivestream-predictor [SECONDS | --hour]
 */
/* links: protocol common */
#include "predictor_clients.h"

#include <poll.h>

enum { QUERIES = 50, DECISIONS_PER_S = 10, STUCK = 200, TURN_S = 15, SLOT_MS = 100 };

typedef struct {
    client_t client;
    int64_t slot, pending, decisions;
    observed_waits_t own, shadow;
} query_t;

typedef struct {
    int fd;
    bool has_asked;
} stuck_t;

static query_t queries[QUERIES];
static stuck_t stuck[STUCK];
static int64_t cut_off; /* stuck clients that were sent away, and came again */

/* What was measured without [0] and with [1] stuck clients. */
static struct {
    double *samples_us;
    size_t count;
    double cpu_s, length_s;
} turns[2];

/* ------------------------------------------------------------------------------------------------ queries */

static observation_t observation;

static void fill_decision(query_t *query, int64_t now_ms, bool fire)
{
    observed_decision_t *decision = &observation.status.decision;
    observation.status.has_decision = true;
    *decision = (observed_decision_t){.time_ms = now_ms,
                                      .fire = fire,
                                      .pending = query->pending,
                                      .oldest_s = (double)(query->slot % 12) * 0.1,
                                      .waiting = (double)query->pending * 0.3,
                                      .growth = 10,
                                      .price = 400,
                                      .rate = 1000,
                                      .interval_s = 1.4,
                                      .confidence = 0.2};
    strcpy(decision->reason, fire ? "price" : "cheap");
}

static void fill_config(void)
{
    observed_config_t *config = &observation.status.config;
    observation.status.has_config = true;
    *config = (observed_config_t){.trigger_s = 2,
                                  .mode = "active",
                                  .goal = "balanced",
                                  .policy = "adaptive",
                                  .budget = 1,
                                  .slot_s = 0.1,
                                  .min_interval_s = 0.1,
                                  .max_interval_s = 30,
                                  .max_wait_s = 4,
                                  .warmup_s = 30};
}

static void fill_stats(query_t *query)
{
    observation.status.has_stats = true;
    observation.status.stats = (observed_stats_t){.own = query->own,
                                                  .shadow = query->shadow,
                                                  .decisions = query->decisions,
                                                  .probes = query->decisions,
                                                  .debt_batches = 3};
}

static void add_batch(observed_waits_t *waits, int64_t events)
{
    waits->batches++;
    waits->events += events;
    waits->waited_s += 0.6 * (double)events;
    waits->mean_s = 0.6;
    waits->p50_s = 0.5;
    waits->p95_s = 1.2;
    waits->p99_s = waits->max_s = 1.4;
}

/* A decision: the slot before it, and a trigger at every twelfth. */
static size_t write_decision(query_t *query, const char *label, char *text, size_t size)
{
    const int64_t now_ms = query->slot * SLOT_MS;
    const bool fire = query->slot % 12 == 0;
    observation_clear(&observation);
    strcpy(observation.status.query, label);
    strcpy(observation.status.run, "1");
    strcpy(observation.status.state, "active");
    observation.status.time_ms = now_ms;
    observation.slots_start_ms = now_ms - SLOT_MS;
    observation.slots_width_ms = SLOT_MS;
    observation.slot_count = 1;
    observation.slots[0] = 80 + query->slot % 40;
    query->pending += observation.slots[0];
    query->decisions++;
    fill_decision(query, now_ms, fire);
    if (fire) {
        observation.triggers[0] = (observed_trigger_t){
            .start_ms = now_ms, .end_ms = now_ms + 150, .events = query->pending, .reason = "price"};
        observation.shadow[0] =
            (observed_trigger_t){.start_ms = now_ms, .end_ms = FIELD_UNKNOWN, .events = query->pending};
        observation.trigger_count = observation.shadow_count = 1;
        add_batch(&query->own, query->pending);
        add_batch(&query->shadow, query->pending);
        query->pending = 0;
    }
    if (query->decisions == 1) fill_config();
    fill_stats(query);
    query->slot++;
    return request_write_observe(text, size, &observation);
}

static void tell(query_t *query, int number, bool asks)
{
    char text[16384], label[32];
    double history[PROTOCOL_HISTORY];
    snprintf(label, sizeof label, "query %d", number);
    size_t length = write_decision(query, label, text, sizeof text);
    if (asks) {
        for (int i = 0; i < PROTOCOL_HISTORY; i++)
            history[i] = 1000 + (double)((query->slot * 7 + i * 37 + number) % 400);
        length += request_write_predict(text + length, sizeof text - length, REQUEST_NO_ID, label, history,
                                        query->slot * SLOT_MS);
        query->client.sent_ns = now_ns();
    }
    transmit(&query->client, text, length);
}

/* Into every bucket of the history, from 15 minutes wide to 200 ms: so that all memory is in use from the start on. */
static void live_through_a_week(void)
{
    static const struct {
        int64_t length_s, step_ms;
    } parts[] = {{7 * 86400, 900 * 1000}, {86400, 120 * 1000}, {7200, 10 * 1000}, {900, 1000}, {120, 200}};
    const int64_t end_ms = queries[0].slot * SLOT_MS;
    char text[4096], label[32];
    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++) {
        const int64_t next_s = part + 1 < sizeof parts / sizeof *parts ? parts[part + 1].length_s : 0;
        for (int64_t at_ms = end_ms - parts[part].length_s * 1000; at_ms < end_ms - next_s * 1000;
             at_ms += parts[part].step_ms)
            for (int i = 0; i < QUERIES; i++) {
                snprintf(label, sizeof label, "query %d", i);
                observation_clear(&observation);
                strcpy(observation.status.query, label);
                strcpy(observation.status.run, "1");
                observation.status.time_ms = at_ms;
                fill_decision(&queries[i], at_ms, false);
                transmit(&queries[i].client, text, request_write_observe(text, sizeof text, &observation));
            }
    }
}

/* ------------------------------------------------------------------------------------------------ stuck clients */

/* Never waits: once the server takes nobody in, connections wait in its queue, and then outside of it. */
static void join_stuck(stuck_t *client, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    const int room = 4096;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    client->has_asked = false;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (client->fd < 0) fail("socket");
    setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS)
        fail("connect to the dashboard");
}

/* Every other one asks for the stream of events; whoever was sent away comes again. */
static void keep_stuck(int port)
{
    static const char request[] = "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct pollfd polled[STUCK];
    for (int i = 0; i < STUCK; i++)
        polled[i] = (struct pollfd){.fd = stuck[i].fd, .events = POLLRDHUP | POLLOUT};
    if (poll(polled, STUCK, 0) < 0) fail("poll");
    for (int i = 0; i < STUCK; i++) {
        if ((polled[i].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) {
            close(stuck[i].fd);
            join_stuck(&stuck[i], port);
            cut_off++;
        } else if (i % 2 != 0 && !stuck[i].has_asked && (polled[i].revents & POLLOUT) != 0)
            stuck[i].has_asked = send(stuck[i].fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0;
    }
}

static void leave(void)
{
    for (int i = 0; i < STUCK; i++)
        close(stuck[i].fd);
}

/* ------------------------------------------------------------------------------------------------ measuring */

static double resident_mb(pid_t pid)
{
    char path[64], line[1024];
    double kb = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) fail(path);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0) kb = strtod(line + 6, NULL);
    fclose(file);
    return kb / 1024;
}

/* Of the whole process, from the kernel's own clock of it. */
static double cpu_s(pid_t pid)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        fail("clock of the predictor");
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void take_answers(struct pollfd *polled)
{
    for (int i = 0; i < QUERIES; i++) {
        client_t *client = &queries[i].client;
        if (polled[i].revents == 0 || !receive(client)) continue;
        if (sample_count < SAMPLES_MAXIMUM)
            samples_us[sample_count++] = (double)(now_ns() - client->sent_ns) / 1000;
        client->sent_ns = 0;
    }
}

/* A turn: `with` stuck clients or without. */
static void run(const child_t *child, bool with)
{
    struct pollfd polled[QUERIES];
    const int64_t begun_ns = now_ns(), pause_ns = second_ns / DECISIONS_PER_S;
    const double cpu_before_s = cpu_s(child->pid);
    int64_t kept_ns = begun_ns;
    sample_count = 0;
    for (int i = 0; i < QUERIES; i++) {
        polled[i] = (struct pollfd){.fd = queries[i].client.fd, .events = POLLIN};
        queries[i].client.next_ns = begun_ns + pause_ns * i / QUERIES;
    }
    while (now_ns() - begun_ns < TURN_S * second_ns) {
        int64_t due_ns = now_ns() + pause_ns;
        for (int i = 0; i < QUERIES; i++) {
            query_t *query = &queries[i];
            if (now_ns() >= query->client.next_ns) {
                const bool asks = query->slot % DECISIONS_PER_S == i % DECISIONS_PER_S;
                if (asks && query->client.sent_ns != 0) fail("a forecast took longer than a second");
                tell(query, i, asks);
                query->client.next_ns += pause_ns;
            }
            if (query->client.next_ns < due_ns) due_ns = query->client.next_ns;
        }
        if (with && now_ns() - kept_ns > second_ns) {
            keep_stuck(child->web_port);
            kept_ns = now_ns();
        }
        const int64_t wait_ns = due_ns - now_ns();
        const struct timespec wait = {.tv_nsec = wait_ns < 0 ? 0 : wait_ns % second_ns};
        if (ppoll(polled, QUERIES, &wait, NULL) < 0) fail("ppoll");
        take_answers(polled);
    }
    turns[with].cpu_s += cpu_s(child->pid) - cpu_before_s;
    turns[with].length_s += (double)(now_ns() - begun_ns) / 1e9;
    double *all = realloc(turns[with].samples_us, (turns[with].count + sample_count) * sizeof *all);
    if (all == NULL) fail("memory");
    memcpy(all + turns[with].count, samples_us, sample_count * sizeof *all);
    turns[with].samples_us = all;
    turns[with].count += sample_count;
}

static void print_turns(const char *name, int with)
{
    double *samples = turns[with].samples_us;
    const size_t count = turns[with].count;
    qsort(samples, count, sizeof *samples, compare);
    printf("%-24s %8zu %9.0f %9.0f %9.0f %9.1f %%\n", name, count, samples[count / 2],
           samples[(size_t)(0.99 * (double)(count - 1))], samples[count - 1],
           100 * turns[with].cpu_s / turns[with].length_s);
}

int main(int argc, char **argv)
{
    const int length_s = argc < 3 ? 120 : strcmp(argv[2], "--hour") == 0 ? 3600 : atoi(argv[2]);
    if (argc < 2 || argc > 3 || length_s < 2 * TURN_S) {
        fprintf(stderr,
                "usage: bench_dashboard PATH/TO/adaptivestream-predictor [SECONDS (30 or more) | --hour]\n");
        return 2;
    }
    const child_t child = predictor_start(argv[1], "127.0.0.1:0");
    if (child.web_port == 0) fail("no dashboard");
    for (int i = 0; i < QUERIES; i++) {
        join(&queries[i].client, &child);
        queries[i].slot = INT64_C(1790000000000) / SLOT_MS;
    }
    live_through_a_week();
    run(&child, false);
    memset(turns, 0, sizeof turns);
    const double first_mb = resident_mb(child.pid);
    double crowd_mb = 0;
    for (int second = 0; second < length_s; second += 2 * TURN_S) {
        run(&child, false);
        for (int i = 0; i < STUCK; i++)
            join_stuck(&stuck[i], child.web_port);
        keep_stuck(child.web_port);
        run(&child, true);
        leave();
        if (second == 0) crowd_mb = resident_mb(child.pid);
    }
    const double last_mb = resident_mb(child.pid);
    printf("%d queries, %d decisions/s and a forecast/s each, %d s in turns of %d s\n", QUERIES,
           DECISIONS_PER_S, length_s, TURN_S);
    printf("%-24s %8s %9s %9s %9s %11s\n", "stuck browsers", "answers", "p50 us", "p99 us", "most us",
           "processor");
    print_turns("none", 0);
    print_turns("200", 1);
    printf("resident at the start %.1f MB, after the first crowd %.1f MB, at the end %.1f MB\n"
           "stuck browsers that were sent away, and came again: %lld\n",
           first_mb, crowd_mb, last_mb, (long long)cut_off);
    stop(&child);
    return 0;
}
