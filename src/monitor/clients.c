#include "monitor/clients.h"

#include <sys/socket.h>

enum { REQUEST_MS = SERVER_REQUEST_S * 1000 };

client_t *clients_begin(clients_t *clients, int fd, int64_t now_ms)
{
    for (int i = 0; i < SERVER_CONNECTIONS; i++) {
        client_t *client = &clients->clients[i];
        if (client->used) continue;
        *client = (client_t){.used = true, .fd = fd, .since_ms = now_ms};
        return client;
    }
    return NULL;
}

void clients_next(client_t *client, int64_t now_ms)
{
    client->since_ms = now_ms;
    client->may_go_on = false;
}

void clients_let_go_on(client_t *client)
{
    client->may_go_on = true;
}

void clients_end(client_t *client)
{
    client->used = false;
}

int64_t clients_tick(clients_t *clients, int64_t now_ms)
{
    int64_t wait_ms = REQUEST_MS;
    for (int i = 0; i < SERVER_CONNECTIONS; i++) {
        client_t *client = &clients->clients[i];
        if (!client->used || client->may_go_on) continue;
        if (now_ms - client->since_ms >= REQUEST_MS) {
            shutdown(client->fd, SHUT_RDWR);
            client->since_ms = now_ms; /* it is gone by then */
        }
        const int64_t left_ms = client->since_ms + REQUEST_MS - now_ms;
        if (left_ms < wait_ms) wait_ms = left_ms;
    }
    return wait_ms;
}
