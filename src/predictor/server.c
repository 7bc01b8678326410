#include "predictor/server.h"

#include "common/log.h"
#include "monitor/steady_clock.h"
#include "predictor/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    BACKLOG = 128,
    ACCEPTS_A_TURN = 16,
    EVENTS_A_TURN = 64,
};

/* The descriptors beside those of the clients. */
enum { LISTENER, SIGNALS, PARENT, WATCHER, FIXED_COUNT };

_Static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLHUP == POLLHUP && EPOLLERR == POLLERR,
               "what connections ask for is told to epoll as it is");

static const char *const tag = "Predictor";

/* When a new client cannot be taken, for want of a descriptor say. */
static const int64_t accept_pause_ns = INT64_C(100000000);
/* Who has not said hello and has been silent that long makes room for a new client. */
static const int64_t idle_ns = INT64_C(30000000000);
/* And so does who has said hello and then been silent much longer: agents are heard of several times a second. */
static const int64_t lost_ns = INT64_C(300000000000);

typedef struct {
    const server_config_t *config;
    service_t *service;
    size_t count;
    connection_t *clients[SERVER_CLIENTS_MAXIMUM];
    int epoll; /* poll() would look at every client for each of hundreds of decisions a second */
    short fixed_watched[FIXED_COUNT], fixed_came[FIXED_COUNT];
    int64_t accept_after_ns, warned_ns;
    char scratch[PROTOCOL_LINE_MAXIMUM + 1];
} server_t;

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in ip;
        memcpy(&ip, address, sizeof ip);
        return ntohl(ip.sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family != AF_INET6) return false;
    struct sockaddr_in6 ip;
    memcpy(&ip, address, sizeof ip);
    return IN6_IS_ADDR_LOOPBACK(&ip.sin6_addr);
}

static int port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) return 0;
    struct sockaddr_in6 ip6;
    struct sockaddr_in ip4;
    memcpy(&ip6, &address, sizeof ip6);
    memcpy(&ip4, &address, sizeof ip4);
    return ntohs(address.ss_family == AF_INET6 ? ip6.sin6_port : ip4.sin_port);
}

static int listen_at(const struct addrinfo *address)
{
    const int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    /* Connections of a predecessor that are still fading away are no reason to be refused the port. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) return fd;
    const int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int server_listen(const char *host, int *port, bool *loopback, bool *taken, char *error, size_t error_size)
{
    char service[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    snprintf(service, sizeof service, "%d", *port);
    *taken = false;
    const int failure = getaddrinfo(host, service, &hints, &found);
    if (failure != 0) {
        snprintf(error, error_size, "cannot find the address '%s': %s", host, gai_strerror(failure));
        return -1;
    }
    *loopback = is_loopback(found->ai_addr);
    const int fd = listen_at(found);
    if (fd < 0) {
        *taken = errno == EADDRINUSE;
        snprintf(error, error_size, "cannot listen at %s port %d: %s", host, *port, strerror(errno));
    } else {
        *port = port_of(fd);
    }
    freeaddrinfo(found);
    return fd;
}

static void remove_client(server_t *server, size_t index)
{
    connection_destroy(server->clients[index]);
    server->clients[index] = server->clients[--server->count];
}

/* One place, from whoever has been silent longest of those who have been for too long; false when nobody has. */
static bool make_place(server_t *server, int64_t now_ns)
{
    size_t oldest = server->count;
    for (size_t i = 0; i < server->count; i++) {
        const connection_t *client = server->clients[i];
        if (now_ns - client->active_ns < (client->session.authorised ? lost_ns : idle_ns)) continue;
        if (oldest == server->count || client->active_ns < server->clients[oldest]->active_ns) oldest = i;
    }
    if (oldest == server->count) return false;
    remove_client(server, oldest);
    return true;
}

static void turn_away(server_t *server, int fd, int64_t now_ns)
{
    static const char sorry[] = "{\"v\":1,\"error\":\"too many clients\"}\n";
    const ssize_t sent = send(fd, sorry, sizeof sorry - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent; /* he sees the end either way */
    close(fd);
    const int64_t minute_ns = INT64_C(60000000000);
    if (server->warned_ns != 0 && now_ns - server->warned_ns < minute_ns) return;
    server->warned_ns = now_ns;
    log_line(LOG_WARNING, tag, "%zu clients are connected, which is all there may be; others are turned away",
             server->count);
}

static void accept_clients(server_t *server, int64_t now_ns)
{
    const int on = 1, buffer = PROTOCOL_LINE_MAXIMUM;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        const int fd = accept4(server->config->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == ECONNABORTED || errno == EINTR) continue;
            /* The listener stays readable, so whatever the error is, trying on at once would take a whole processor. */
            if (errno != EAGAIN && errno != EWOULDBLOCK) server->accept_after_ns = now_ns + accept_pause_ns;
            return;
        }
        if (server->count == server->config->clients_maximum && !make_place(server, now_ns)) {
            turn_away(server, fd, now_ns);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        /* A client whose machine has gone without a word would keep its place for ever. */
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &(int){60}, sizeof(int));
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &(int){20}, sizeof(int));
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &(int){3}, sizeof(int));
        /* The kernel would let a buffer grow to megabytes for a client that takes nothing. */
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
        connection_t *client = connection_create(fd, now_ns);
        if (client == NULL) {
            close(fd);
            return;
        }
        server->clients[server->count++] = client;
    }
}

/* Milliseconds that may be waited: until the first of the deadlines, for ever without one. */
static int timeout_ms(const server_t *server, int64_t now_ns)
{
    int64_t due_ns = server->accept_after_ns != 0 ? server->accept_after_ns : INT64_MAX;
    for (size_t i = 0; i < server->count; i++) {
        if (connection_has_work(server->clients[i], now_ns)) return 0;
        const int64_t client_ns = connection_due_ns(server->clients[i], server->config->patience_ns);
        if (client_ns < due_ns) due_ns = client_ns;
    }
    if (due_ns == INT64_MAX) return -1;
    const int64_t wait_ms = due_ns <= now_ns ? 0 : (due_ns - now_ns + 999999) / 1000000;
    return wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms;
}

static bool watches(const server_config_t *config)
{
    return config->watcher != NULL && config->watcher->called != NULL;
}

/* Has epoll wait for `events` of `fd`, and tell of it by `data`; *watched is what it waits for so far. */
static bool watch(const server_t *server, int fd, epoll_data_t data, short events, short *watched)
{
    struct epoll_event asked = {.events = (uint32_t)events, .data = data};
    if (events == *watched) return true;
    if (epoll_ctl(server->epoll, EPOLL_CTL_MOD, fd, &asked) != 0 &&
        (errno != ENOENT || epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &asked) != 0))
        return false;
    *watched = events;
    return true;
}

static bool watch_fixed(server_t *server)
{
    const server_config_t *config = server->config;
    const int descriptors[FIXED_COUNT] = {
        [LISTENER] = config->listener,
        [SIGNALS] = config->signals,
        [PARENT] = config->parent,
        [WATCHER] = watches(config) ? config->watcher->descriptor : -1,
    };
    for (int i = 0; i < FIXED_COUNT; i++) {
        const short events = i == LISTENER && server->accept_after_ns != 0 ? 0 : POLLIN;
        server->fixed_came[i] = 0;
        if (descriptors[i] >= 0 && !watch(server, descriptors[i], (epoll_data_t){.u64 = (uint64_t)i}, events,
                                          &server->fixed_watched[i]))
            return false;
    }
    return true;
}

/* One of whom epoll cannot take note, for want of memory, could never be served. */
static void watch_clients(server_t *server)
{
    for (size_t i = server->count; i-- > 0;) {
        connection_t *client = server->clients[i];
        client->came = 0;
        if (!watch(server, client->fd, (epoll_data_t){.ptr = client}, connection_events(client),
                   &client->watched))
            remove_client(server, i);
    }
}

/* False when nothing can be waited for any more. */
static bool wait_for_events(server_t *server, int64_t now_ns)
{
    struct epoll_event events[EVENTS_A_TURN];
    if (!watch_fixed(server)) return false;
    watch_clients(server);
    const int count = epoll_wait(server->epoll, events, EVENTS_A_TURN, timeout_ms(server, now_ns));
    if (count < 0) return errno == EINTR;
    for (int i = 0; i < count; i++) {
        const epoll_data_t data = events[i].data;
        if (data.u64 < FIXED_COUNT)
            server->fixed_came[data.u64] = (short)events[i].events;
        else
            ((connection_t *)data.ptr)->came = (short)events[i].events;
    }
    return true;
}

/* Whoever has started us says nothing more; when he is gone there is an end to read. */
static bool parent_is_gone(const server_t *server)
{
    char waste[256];
    if (server->fixed_came[PARENT] == 0) return false;
    const ssize_t count = recv(server->config->parent, waste, sizeof waste, MSG_DONTWAIT);
    return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

static void serve_clients(server_t *server, int64_t now_ns)
{
    /* From the last one down: who is removed is replaced by one that has been served already. */
    for (size_t i = server->count; i-- > 0;) {
        connection_t *client = server->clients[i];
        const bool wanted = client->came != 0 || connection_has_work(client, now_ns);
        if ((wanted && !connection_serve(client, server->service, client->came, now_ns, server->scratch)) ||
            !connection_in_time(client, now_ns, server->config->patience_ns))
            remove_client(server, i);
    }
}

static server_end_t loop(server_t *server)
{
    int64_t now_ns = steady_clock_ns();
    for (;;) {
        if (!wait_for_events(server, now_ns)) return SERVER_FAILED;
        now_ns = steady_clock_ns();
        if (server->accept_after_ns != 0 && now_ns >= server->accept_after_ns) server->accept_after_ns = 0;
        if (parent_is_gone(server)) return SERVER_ORPHANED;
        if (server->fixed_came[SIGNALS] != 0) return SERVER_STOPPED;
        if (server->fixed_came[WATCHER] != 0)
            server->config->watcher->called(server->config->watcher->context, server->service);
        serve_clients(server, now_ns);
        if (server->fixed_came[LISTENER] != 0) accept_clients(server, now_ns);
    }
}

server_end_t server_run(const server_config_t *config, service_t *service)
{
    server_t *server = calloc(1, sizeof *server);
    if (server == NULL) return SERVER_FAILED;
    server->config = config;
    server->service = service;
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    const server_end_t end = server->epoll < 0 ? SERVER_FAILED : loop(server);
    const int saved = errno;
    if (server->epoll >= 0) close(server->epoll);
    while (server->count > 0)
        remove_client(server, server->count - 1);
    free(server);
    errno = saved;
    return end;
}
