/*
 * A predictor for test_controller.c that misbehaves on demand. Its --state-dir is the folder in which it finds its
 * orders: a file of one of these names.
 *
 *     silent    it listens and accepts, and never answers
 *     garbage   answers are no JSON
 *     mute      it never announces where it listens
 *     lies      its announcement is no announcement
 *     crash     it ends at once, with code 3
 *
 * Else it answers as the real one, and each predict with an effective rate that is the sum of the history and
 * confidence 0.5. The lines that it hears are appended to the file "heard" there, and "pid" holds its process id.
 */
/* links: protocol common */
#include "protocol/answer.h"
#include "protocol/child.h"
#include "protocol/request.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *folder = "/nonexistent";

static bool ordered(const char *order)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, order);
    return access(path, F_OK) == 0;
}

static void note(const char *line, size_t length)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/heard", folder);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, line, length) != (ssize_t)length) exit(9);
    close(fd);
}

/* Whoever reads it finds a whole number, or the one before. */
static void note_pid(void)
{
    char path[4096], draft[4096];
    snprintf(path, sizeof path, "%s/pid", folder);
    snprintf(draft, sizeof draft, "%s/pid.new", folder);
    FILE *file = fopen(draft, "w");
    if (!file || fprintf(file, "%d\n", (int)getpid()) < 0 || fclose(file) != 0 || rename(draft, path) != 0)
        exit(9);
}

static void answer(int client, const char *line, size_t length)
{
    static request_t request;
    static answer_t reply;
    char error[PROTOCOL_ERROR_SIZE], text[1024];
    size_t size = 0;
    note(line, length + 1);
    if (ordered("silent")) return;
    if (ordered("garbage")) {
        if (write(client, "{\"v\":1,,}\n", 10) != 10) exit(8);
        return;
    }
    if (!request_read(line, length, &request, error, sizeof error)) exit(7);
    memset(&reply, 0, sizeof reply);
    reply.id = request.id;
    reply.ok = true;
    reply.pid = getpid();
    if (request.op == REQUEST_HELLO) size = answer_write_hello(text, sizeof text, &reply);
    if (request.op == REQUEST_HEALTH) {
        strcpy(reply.status, "ready");
        size = answer_write_health(text, sizeof text, &reply);
    }
    if (request.op == REQUEST_PREDICT) {
        for (int i = 0; i < PROTOCOL_HISTORY; i++)
            reply.effective += request.history[i];
        reply.rate = 1;
        reply.confidence = 0.5;
        strcpy(reply.query, request.query);
        strcpy(reply.model, "fake");
        size = answer_write_predict(text, sizeof text, &reply);
    }
    if (size > 0 && write(client, text, size) != (ssize_t)size) exit(6);
}

/* Until the client or the parent is gone. */
static void serve(int client, int parent)
{
    static char in[4 * PROTOCOL_LINE_MAXIMUM];
    size_t length = 0;
    for (;;) {
        struct pollfd fds[2] = {{.fd = client, .events = POLLIN}, {.fd = parent, .events = POLLIN}};
        poll(fds, 2, -1);
        char byte;
        if (fds[1].revents && read(parent, &byte, 1) <= 0) exit(0);
        if (!fds[0].revents) continue;
        ssize_t got = read(client, in + length, sizeof in - length);
        if (got <= 0) return;
        length += (size_t)got;
        char *begin = in, *end;
        while ((end = memchr(begin, '\n', length))) {
            answer(client, begin, (size_t)(end - begin));
            length -= (size_t)(end - begin) + 1;
            begin = end + 1;
        }
        memmove(in, begin, length);
    }
}

int main(int argc, char **argv)
{
    int parent = -1;
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--parent-fd") == 0) parent = atoi(argv[i + 1]);
        if (strcmp(argv[i], "--state-dir") == 0) folder = argv[i + 1];
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char text[CHILD_LINE_SIZE];
    note_pid();
    if (ordered("crash")) return 3;
    if (read(parent, text, sizeof text) <= 0) return 4;
    int server = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    if (bind(server, (struct sockaddr *)&address, size) || listen(server, 4) ||
        getsockname(server, (struct sockaddr *)&address, &size))
        return 5;
    const child_ready_t ready = {.port = ntohs(address.sin_port), .pid = getpid()};
    size_t length = child_write_ready(text, sizeof text, &ready);
    if (ordered("lies")) length = (size_t)snprintf(text, sizeof text, "here I am\n");
    if (!ordered("mute") && write(parent, text, length) != (ssize_t)length) return 6;
    for (;;) {
        struct pollfd fds[2] = {{.fd = server, .events = POLLIN}, {.fd = parent, .events = POLLIN}};
        poll(fds, 2, -1);
        if (fds[1].revents) return 0;
        serve(accept(server, NULL, NULL), parent);
    }
}
