/* A predictor as an agent starts it, and clients of it, for what measures one. Whatever fails ends the program. */
#ifndef ADAPTIVESTREAM_TESTS_PREDICTOR_CLIENTS_H
#define ADAPTIVESTREAM_TESTS_PREDICTOR_CLIENTS_H

#include "protocol/answer.h"
#include "protocol/child.h"
#include "protocol/request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES_MAXIMUM = 2000000 };

static const char token[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static const int64_t second_ns = INT64_C(1000000000);

typedef struct {
    pid_t pid;
    int pair, port, web_port; /* web_port 0: there is no dashboard */
} child_t;

typedef struct {
    int fd;
    char answer[4096];
    size_t length;
    int64_t sent_ns, next_ns; /* sent_ns 0: nothing is under way */
    int64_t requests;
} client_t;

static double samples_us[SAMPLES_MAXIMUM];
static size_t sample_count;

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * second_ns + now.tv_nsec;
}

/* `dashboard`: where it is, as 127.0.0.1:0, or "off". */
static child_t predictor_start(const char *program, const char *dashboard)
{
    int pair[2];
    char number[16], line[CHILD_LINE_SIZE];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) fail("socketpair");
    child_t child = {.pid = fork(), .pair = pair[0]};
    if (child.pid < 0) fail("fork");
    snprintf(number, sizeof number, "%d", pair[1]);
    if (child.pid == 0) {
        close(pair[0]);
        execl(program, program, "--parent-fd", number, "--port", "0", "--log-level", "warning", "--dashboard",
              dashboard, (char *)NULL);
        _exit(127);
    }
    close(pair[1]);
    const size_t length = child_write_token(line, sizeof line, token);
    if (send(child.pair, line, length, MSG_NOSIGNAL) != (ssize_t)length) fail("token");
    const ssize_t received = recv(child.pair, line, sizeof line, 0);
    child_ready_t ready;
    char error[PROTOCOL_ERROR_SIZE] = "no answer";
    if (received <= 0 || !child_read_ready(line, (size_t)received, &ready, error, sizeof error)) fail(error);
    child.port = (int)ready.port;
    const char *colon = strrchr(ready.dashboard, ':');
    child.web_port = colon != NULL ? atoi(colon + 1) : 0;
    return child;
}

/* Returns the processor's time that it took, in microseconds. */
static double stop(const child_t *child)
{
    struct rusage usage;
    close(child->pair);
    if (wait4(child->pid, NULL, 0, &usage) != child->pid) fail("wait4");
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void transmit(const client_t *client, const char *line, size_t length)
{
    if (send(client->fd, line, length, MSG_NOSIGNAL) != (ssize_t)length) fail("send");
}

/* One line, which is thrown away. False: it is not whole yet. */
static bool receive(client_t *client)
{
    const ssize_t count =
        recv(client->fd, client->answer + client->length, sizeof client->answer - client->length, 0);
    if (count <= 0) fail("recv");
    client->length += (size_t)count;
    if (client->answer[client->length - 1] != '\n') return false;
    answer_t answer;
    char error[PROTOCOL_ERROR_SIZE];
    if (!answer_read(client->answer, client->length, &answer, error, sizeof error) || answer.error[0] != '\0')
        fail(client->answer);
    client->length = 0;
    return true;
}

static void join(client_t *client, const child_t *child)
{
    const int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)child->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *client = (client_t){.fd = socket(AF_INET, SOCK_STREAM, 0)};
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    char line[512];
    transmit(client, line, request_write_hello(line, sizeof line, REQUEST_NO_ID, token, "bench"));
    while (!receive(client)) {
    }
}

static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

#endif
