/* What the predictor costs: from exec to the first answer, memory, and the time from a request to its answer, with one client,
 * with 32 of them that each ask ten times a second, and with 32 that ask again at once. Each figure five times.
 *
 *     bench_predictor PATH/TO/adaptivestream-predictor
 */
/* links: protocol common */
#include "predictor_clients.h"

#include <poll.h>

enum { CLIENTS = 32, REPEATS = 5, STARTS = 20, REQUESTS_PER_S = 10 };

/* As an agent does: a predict, and every tenth time an observe with a second of slots before it. */
static void ask(client_t *client, int number)
{
    static observation_t observation;
    char text[8192], query[32];
    size_t length = 0;
    double history[PROTOCOL_HISTORY];
    snprintf(query, sizeof query, "query %d", number);
    for (int i = 0; i < PROTOCOL_HISTORY; i++)
        history[i] = 1000 + (double)((client->requests * 7 + i * 37 + number) % 400);
    const int64_t time_ms = INT64_C(1790000000000) + client->requests * 1000;
    if (client->requests++ % REQUESTS_PER_S == 0) {
        observation_clear(&observation);
        strcpy(observation.status.query, query);
        strcpy(observation.status.state, "active");
        observation.slots_start_ms = time_ms;
        observation.slots_width_ms = 100;
        observation.slot_count = 10;
        for (size_t i = 0; i < observation.slot_count; i++)
            observation.slots[i] = (int64_t)(100 + i);
        length = request_write_observe(text, sizeof text, &observation);
    }
    length +=
        request_write_predict(text + length, sizeof text - length, REQUEST_NO_ID, query, history, time_ms);
    client->sent_ns = now_ns();
    transmit(client, text, length);
}

/* `count` clients for a time; pause_ns 0: each asks again as soon as it is answered. */
static void load(client_t *clients, int count, int64_t pause_ns, int64_t length_ns)
{
    struct pollfd polled[CLIENTS];
    const int64_t begun_ns = now_ns(), end_ns = begun_ns + length_ns;
    sample_count = 0;
    for (int i = 0; i < count; i++) {
        polled[i] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
        clients[i].sent_ns = 0;
        clients[i].next_ns = begun_ns + pause_ns * i / count;
    }
    for (int busy = 1; busy > 0;) {
        int64_t at_ns = now_ns(), due_ns = at_ns + second_ns;
        busy = at_ns < end_ns;
        for (int i = 0; i < count; i++) {
            if (clients[i].sent_ns == 0 && at_ns >= clients[i].next_ns && at_ns < end_ns) {
                ask(&clients[i], i);
                clients[i].next_ns += pause_ns;
            }
            if (clients[i].sent_ns == 0 && clients[i].next_ns < due_ns) due_ns = clients[i].next_ns;
            busy += clients[i].sent_ns != 0;
        }
        const int64_t wait_ns = due_ns - now_ns();
        const struct timespec wait = {.tv_nsec = wait_ns < 0 ? 0 : wait_ns % second_ns};
        if (ppoll(polled, (nfds_t)count, &wait, NULL) < 0) fail("ppoll");
        for (int i = 0; i < count; i++) {
            if (polled[i].revents == 0 || !receive(&clients[i])) continue;
            if (sample_count < SAMPLES_MAXIMUM)
                samples_us[sample_count++] = (double)(now_ns() - clients[i].sent_ns) / 1000;
            clients[i].sent_ns = 0;
        }
    }
}

static double percentile(double share)
{
    return samples_us[(size_t)(share * (double)(sample_count - 1))];
}

/* Median, lowest and highest of the repeats. */
static void print(const char *name, double *values, int count, const char *unit)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    printf("  %-34s %9.1f %s  (%.1f to %.1f)\n", name, values[count / 2], unit, values[0], values[count - 1]);
}

static void measure(const char *name, const char *program, int count, int64_t pause_ns, int64_t length_ns)
{
    double p50[REPEATS], p99[REPEATS], most[REPEATS], rate[REPEATS], cpu[REPEATS];
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        static client_t clients[CLIENTS];
        const child_t child = predictor_start(program, "off");
        for (int i = 0; i < count; i++)
            join(&clients[i], &child);
        load(clients, count, pause_ns, length_ns);
        if (sample_count == 0) fail("no answers");
        qsort(samples_us, sample_count, sizeof samples_us[0], compare);
        p50[repeat] = percentile(0.5);
        p99[repeat] = percentile(0.99);
        most[repeat] = percentile(1);
        rate[repeat] = (double)sample_count / ((double)length_ns / 1e9);
        for (int i = 0; i < count; i++)
            close(clients[i].fd);
        cpu[repeat] = stop(&child) / (double)sample_count;
    }
    printf("%s\n", name);
    print("request to answer, p50", p50, REPEATS, "us");
    print("request to answer, p99", p99, REPEATS, "us");
    print("request to answer, most", most, REPEATS, "us");
    print("requests", rate, REPEATS, "/s");
    print("processor's time a request", cpu, REPEATS, "us");
}

static double resident_mb(pid_t pid)
{
    char path[64], line[256];
    double kb = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *file = fopen(path, "r");
    if (!file) fail(path);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0) kb = strtod(line + 6, NULL);
    fclose(file);
    return kb / 1024;
}

static void measure_starts(const char *program)
{
    double first_ms[STARTS];
    for (int i = 0; i < STARTS; i++) {
        client_t client;
        const int64_t begun_ns = now_ns();
        const child_t child = predictor_start(program, "off");
        join(&client, &child);
        ask(&client, 0);
        while (!receive(&client)) {
        }
        first_ms[i] = (double)(now_ns() - begun_ns) / 1e6;
        close(client.fd);
        stop(&child);
    }
    printf("start, %d times\n", STARTS);
    print("fork and exec to the first forecast", first_ms, STARTS, "ms");
}

static void measure_memory(const char *program)
{
    static client_t clients[CLIENTS];
    const child_t child = predictor_start(program, "off");
    double idle[1] = {resident_mb(child.pid)}, used[1];
    for (int i = 0; i < CLIENTS; i++)
        join(&clients[i], &child);
    load(clients, CLIENTS, 0, second_ns);
    used[0] = resident_mb(child.pid);
    printf("memory, the most that was resident\n");
    print("idle", idle, 1, "MB");
    print("32 clients and queries at full load", used, 1, "MB");
    for (int i = 0; i < CLIENTS; i++)
        close(clients[i].fd);
    stop(&child);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench_predictor PATH/TO/adaptivestream-predictor\n");
        return 2;
    }
    measure_starts(argv[1]);
    measure_memory(argv[1]);
    measure("1 client, 10 requests/s", argv[1], 1, second_ns / REQUESTS_PER_S, 4 * second_ns);
    measure("32 clients, 10 requests/s each", argv[1], CLIENTS, second_ns / REQUESTS_PER_S, 5 * second_ns);
    measure("32 clients, each asks again at once", argv[1], CLIENTS, 0, 2 * second_ns);
    return 0;
}
