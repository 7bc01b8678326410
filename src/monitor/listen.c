#include "monitor/listen.h"

#include "monitor/monitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64 };

typedef union {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} endpoint_t;

static bool parse_port(const char *text, uint16_t *port)
{
    size_t digits = strspn(text, "0123456789");
    if (digits < 1 || digits > 5 || text[digits] != '\0') return false;
    long value = strtol(text, NULL, 10);
    *port = (uint16_t)value;
    return value <= 65535;
}

/* False when it is not an address of the loopback interface. */
static bool parse_address(const char *address, endpoint_t *endpoint, socklen_t *size)
{
    char host[MONITOR_ADDRESS_SIZE];
    const char *after = address[0] == '[' ? strchr(address, ']') : strchr(address, ':');
    if (address[0] == '[' && after != NULL) after++;
    if (after == NULL) after = address + strlen(address);
    uint16_t port = MONITOR_PORT;
    if (*after != '\0' && (*after != ':' || !parse_port(after + 1, &port))) return false;
    int length = (int)(after - address);
    if (length >= (int)sizeof host) return false;
    snprintf(host, sizeof host, "%.*s", length, address);
    *endpoint = (endpoint_t){.any.sa_family = AF_INET};
    if (strcmp(host, "[::1]") == 0) {
        *size = sizeof endpoint->six;
        endpoint->six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
        endpoint->six.sin6_addr = in6addr_loopback;
        return true;
    }
    *size = sizeof endpoint->four;
    endpoint->four.sin_port = htons(port);
    const char *number = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    return inet_pton(AF_INET, number, &endpoint->four.sin_addr) == 1 &&
           (ntohl(endpoint->four.sin_addr.s_addr) >> 24) == 127;
}

static bool bind_and_listen(int fd, const endpoint_t *endpoint, socklen_t size)
{
    int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    return bind(fd, &endpoint->any, size) == 0 && listen(fd, BACKLOG) == 0;
}

int listen_on(const char *given_as, const char *address, bool any_port, char *bound, size_t bound_size,
              char *error, size_t error_size)
{
    endpoint_t endpoint;
    socklen_t size;
    if (!parse_address(address, &endpoint, &size)) {
        snprintf(error, error_size,
                 "%s%s: not HOST:PORT of this machine's loopback interface, as in 127.0.0.1:9877", given_as,
                 address);
        return -1;
    }
    int fd = socket(endpoint.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool listens = fd >= 0 && bind_and_listen(fd, &endpoint, size);
    if (fd >= 0 && !listens && any_port && errno == EADDRINUSE) {
        /* The port is the same member of both kinds. */
        endpoint.four.sin_port = 0;
        listens = bind_and_listen(fd, &endpoint, size);
    }
    if (!listens) {
        const bool taken = errno == EADDRINUSE;
        snprintf(error, error_size, "%s%s: %s%s%s%s", given_as, address, strerror(errno),
                 taken ? "; a free port: " : "", taken ? given_as : "", taken ? "127.0.0.1:0" : "");
        if (fd >= 0) close(fd);
        return -1;
    }
    getsockname(fd, &endpoint.any, &size);
    char host[INET6_ADDRSTRLEN];
    bool is_six = endpoint.any.sa_family == AF_INET6;
    inet_ntop(endpoint.any.sa_family,
              is_six ? (const void *)&endpoint.six.sin6_addr : &endpoint.four.sin_addr, host, sizeof host);
    snprintf(bound, bound_size, is_six ? "[%s]:%d" : "%s:%d", host, ntohs(endpoint.four.sin_port));
    return fd;
}
