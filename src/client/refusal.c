#include "client/refusal.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SERVER_SIZE = 512, ANSWER_MS = 200 };

static const char default_port[] = "9092";

/* 0 where the address answers or may yet do so. */
static int problem_of(const struct addrinfo *address)
{
    int problem = 0;
    socklen_t size = sizeof problem;
    const int handle = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (handle < 0) return errno;
    if (connect(handle, address->ai_addr, address->ai_addrlen) < 0) problem = errno;
    if (problem == EINPROGRESS) {
        struct pollfd wait = {.fd = handle, .events = POLLOUT};
        if (poll(&wait, 1, ANSWER_MS) == 1)
            getsockopt(handle, SOL_SOCKET, SO_ERROR, &problem, &size);
        else
            problem = 0;
    }
    close(handle);
    return problem;
}

/* To what has no IPv6, or no way to it, an IPv6 address says nothing. */
static bool says_nothing(int problem)
{
    return problem == EAFNOSUPPORT || problem == EADDRNOTAVAIL || problem == ENETUNREACH;
}

/* "HOST:PORT", "[::1]:PORT", "HOST"; the text is cut up. */
static bool server_refuses(char *server)
{
    char *protocol = strstr(server, "://"), *host = protocol ? protocol + 3 : server, *end = host;
    const char *port = default_port;
    if (*host == '[') {
        host++;
        end = strchr(host, ']');
        if (!end) return false;
        *end++ = '\0';
    }
    char *colon = strrchr(end, ':');
    if (colon) {
        *colon = '\0';
        port = colon + 1;
    }
    struct addrinfo *addresses = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    if (getaddrinfo(host, port, &hints, &addresses) != 0) return false;
    bool refused = false, hope = false;
    for (const struct addrinfo *address = addresses; address && !hope; address = address->ai_next) {
        const int problem = problem_of(address);
        refused |= problem == ECONNREFUSED;
        hope = problem != ECONNREFUSED && !says_nothing(problem);
    }
    freeaddrinfo(addresses);
    return refused && !hope;
}

bool brokers_refuse(const char *servers)
{
    char server[SERVER_SIZE];
    bool any = false;
    for (const char *at = servers; *at != '\0';) {
        at += strspn(at, ", ");
        const size_t length = strcspn(at, ", ");
        if (length == 0) break;
        if (length >= sizeof server) return false;
        memcpy(server, at, length);
        server[length] = '\0';
        if (!server_refuses(server)) return false;
        any = true;
        at += length;
    }
    return any;
}
