/*
 * adaptivestream top: the queries of a running predictor, again and again.
 */
#include "cli/commands.h"
#include "cli/predictor_client.h"
#include "cli/query_line.h"
#include "common/interrupt.h"
#include "monitor/words.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { ERROR_SIZE = 512, KEPT = 64, ROWS_AROUND = 6, RETRY_MS = 250, RETRIES = 60 };

/* The latest rates of a query. */
typedef struct {
    char query[PROTOCOL_LABEL_SIZE];
    double rates[SPARK_COUNT];
    size_t count;
} spark_t;

typedef struct {
    bool terminal; /* else it is piped: plain text, one picture after the other */
    struct termios before;
    bool raw;
    spark_t sparks[KEPT];
    size_t kept;
} top_t;

static const double *rates_of(top_t *top, const observed_status_t *status, size_t *count)
{
    size_t i = 0;
    while (i < top->kept && strcmp(top->sparks[i].query, status->query) != 0)
        i++;
    if (i == KEPT) {
        *count = 0;
        return NULL;
    }
    spark_t *spark = &top->sparks[i];
    if (i == top->kept) {
        *spark = (spark_t){.count = 0};
        strcpy(spark->query, status->query);
        top->kept++;
    }
    if (spark->count == SPARK_COUNT)
        memmove(spark->rates, spark->rates + 1, --spark->count * sizeof *spark->rates);
    spark->rates[spark->count++] = status->decision.rate;
    *count = spark->count;
    return spark->rates;
}

/* Where nobody says, as of old. */
static void size_of_terminal(const top_t *top, size_t *rows, size_t *columns)
{
    struct winsize size;
    const bool said = top->terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    *rows = !top->terminal                      ? KEPT
            : said && size.ws_row > ROWS_AROUND ? size.ws_row - ROWS_AROUND
                                                : 24 - ROWS_AROUND;
    *columns = said ? size.ws_col : top->terminal ? 80 : QUERY_LINE_COLUMNS + 1 + SPARK_COUNT;
}

static void end_line(const top_t *top)
{
    fputs(top->terminal ? "\033[K\r\n" : "\n", stdout);
}

static void show(top_t *top, const predictor_status_t *status)
{
    char line[QUERY_LINE_SIZE], clock[16];
    time_t now = time(NULL);
    struct tm parts;
    strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&now, &parts));
    if (top->terminal) fputs("\033[H", stdout);
    double saved_s = 0;
    long long saved_batches = 0;
    for (size_t i = 0; i < status->count; i++) {
        const observed_stats_t *stats = &status->queries[i].stats;
        if (!status->queries[i].has_stats || isnan(stats->own.waited_s) || isnan(stats->shadow.waited_s))
            continue;
        saved_s += stats->shadow.waited_s - stats->own.waited_s;
        saved_batches += (long long)(stats->shadow.batches - stats->own.batches);
    }
    char saved[32];
    words_duration(saved_s, saved, sizeof saved);
    printf("AdaptiveStream %s, %zu quer%s, saved: %s of waiting, %lld batches", clock, status->count,
           status->count == 1 ? "y" : "ies", saved, saved_batches);
    end_line(top);
    end_line(top);
    fputs(query_line_header, stdout);
    end_line(top);
    size_t rows, columns;
    size_of_terminal(top, &rows, &columns);
    const size_t shown = status->count < rows ? status->count : rows;
    for (size_t i = 0; i < shown; i++) {
        size_t count;
        const double *rates = rates_of(top, &status->queries[i], &count);
        query_line(&status->queries[i], rates, count, columns, line);
        fputs(line, stdout);
        end_line(top);
    }
    if (shown < status->count) {
        printf("... and %zu more", status->count - shown);
        end_line(top);
    }
    if (top->terminal) fputs("\033[J\r\n q quits", stdout);
    fflush(stdout);
}

/* The terminal as it was, whatever happened. */
static void begin_terminal(top_t *top)
{
    top->terminal = isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
    if (!top->terminal) return;
    if (tcgetattr(STDIN_FILENO, &top->before) == 0) {
        struct termios raw = top->before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        top->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    }
    fputs("\033[?1049h\033[?25l\033[?7l", stdout); /* the other screen, no cursor, long lines are cut */
}

static void end_terminal(top_t *top)
{
    if (!top->terminal) return;
    fputs("\033[?7h\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    if (top->raw) tcsetattr(STDIN_FILENO, TCSANOW, &top->before);
}

/* Whether somebody wants to leave. */
static bool wait_for_key(const top_t *top, int64_t wait_ns)
{
    struct pollfd input = {.fd = top->terminal ? STDIN_FILENO : -1, .events = POLLIN};
    char key = 0;
    if (poll(&input, 1, (int)(wait_ns / 1000000)) > 0 && read(STDIN_FILENO, &key, 1) <= 0) return true;
    return key == 'q' || key == 'Q' || key == 3 || key == 4 || interrupt_count() > 0;
}

/* Looks once. The first look needs a predictor that answers; later one may start again, which takes a second or so, and is waited
 * for. False with a sentence when it does not come back, or somebody leaves meanwhile (*left). */
static bool look(top_t *top, predictor_client_t *client, const predictor_place_t *place, bool *left,
                 predictor_status_t *status, char error[ERROR_SIZE])
{
    for (int tries = 0; tries < RETRIES; tries++) {
        if (tries > 0 && (*left = wait_for_key(top, RETRY_MS * INT64_C(1000000)))) return false;
        if (client->fd < 0 && !predictor_client_open(client, place, error, ERROR_SIZE)) continue;
        if (predictor_client_status(client, NULL, status, error, ERROR_SIZE)) return true;
        predictor_client_close(client);
        if (top->terminal) fputs("\033[H The predictor does not answer, trying again.\033[K", stdout);
        fflush(stdout);
    }
    return false;
}

static int watch(top_t *top, const predictor_place_t *place, int64_t every_ns, int64_t times)
{
    char error[ERROR_SIZE];
    static predictor_client_t client;
    predictor_status_t status;
    bool left = false, told = predictor_client_open(&client, place, error, sizeof error);
    if (told) begin_terminal(top);
    for (int64_t i = 0; told; i++) {
        told = look(top, &client, place, &left, &status, error);
        if (!told) break;
        show(top, &status);
        predictor_status_free(&status);
        if ((times > 0 && i + 1 == times) || ferror(stdout)) break;
        if (wait_for_key(top, every_ns)) break;
        if (!top->terminal) putchar('\n');
    }
    end_terminal(top);
    predictor_client_close(&client);
    if (told || left) return EXIT_OK;
    fprintf(stderr, "adaptivestream top: %s\n", error);
    return EXIT_FAILED;
}

int command_top(int argc, char **argv)
{
    predictor_place_t place = {.port_given = false};
    int64_t every_ns, times;
    const flag_t table[] = {
        {.name = "--every",
         .type = FLAG_DURATION,
         .value = &every_ns,
         .argument = "SECONDS",
         .preset = "1",
         .minimum = 0.1,
         .maximum = 3600,
         .help = "how often it looks"},
        {.name = "--times",
         .type = FLAG_INTEGER,
         .value = &times,
         .argument = "N",
         .preset = "0",
         .maximum = 1e9,
         .help = "ends after so many looks; 0: goes on"},
        PREDICTOR_FLAGS(place),
    };
    flags_t flags = {
        .command = "top",
        .summary = "Shows the queries of a running predictor, once a second. q or Ctrl-C quits; piped, it "
                   "prints plain text. A predictor that starts again is waited for.",
        .table = table,
        .count = sizeof table / sizeof table[0],
    };
    int exit_code;
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    interrupt_install();
    static top_t top;
    return watch(&top, &place, every_ns, times);
}
