#include "monitor/monitor.h"

#include "monitor/http_server.h"
#include "monitor/listen.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct monitor {
    monitor_options_t options;
    char address[MONITOR_ADDRESS_SIZE];
    pthread_mutex_t lock; /* of the store */
    store_t store;
    http_server_t *server;
};

static int64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

monitor_t *monitor_start(const monitor_options_t *options, char *error, size_t error_size)
{
    monitor_t *monitor = calloc(1, sizeof *monitor);
    if (monitor == NULL) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    monitor->options = *options;
    pthread_mutex_init(&monitor->lock, NULL);
    store_create(&monitor->store);
    int fd = listen_on(options->given_as != NULL ? options->given_as : "dashboard=", options->address,
                       options->any_port, monitor->address, sizeof monitor->address, error, error_size);
    if (fd >= 0) monitor->server = http_server_start(monitor, fd, error, error_size);
    if (monitor->server == NULL) {
        monitor_stop(monitor);
        return NULL;
    }
    return monitor;
}

void monitor_stop(monitor_t *monitor)
{
    if (monitor == NULL) return;
    http_server_stop(monitor->server);
    store_destroy(&monitor->store);
    pthread_mutex_destroy(&monitor->lock);
    free(monitor);
}

const char *monitor_address(const monitor_t *monitor)
{
    return monitor->address;
}

const monitor_options_t *monitor_options(const monitor_t *monitor)
{
    return &monitor->options;
}

void monitor_observe(monitor_t *monitor, const observation_t *observation)
{
    int64_t now_ms = monitor->options.replay != NULL ? 0 : wall_ms();
    pthread_mutex_lock(&monitor->lock);
    store_observe(&monitor->store, observation, now_ms);
    pthread_mutex_unlock(&monitor->lock);
}

void monitor_forecast(monitor_t *monitor, const char *query, const monitored_forecast_t *forecast)
{
    pthread_mutex_lock(&monitor->lock);
    store_forecast(&monitor->store, query, forecast);
    pthread_mutex_unlock(&monitor->lock);
}

monitor_standing_t monitor_standing(monitor_t *monitor)
{
    pthread_mutex_lock(&monitor->lock);
    monitor_standing_t standing = {.now_ms = monitor->store.now_ms,
                                   .changes = monitor->store.version,
                                   .forgotten = monitor->store.forgotten,
                                   .queries = monitor->store.count};
    pthread_mutex_unlock(&monitor->lock);
    if (monitor->options.replay == NULL) standing.now_ms = wall_ms();
    return standing;
}

bool monitor_copy_at(monitor_t *monitor, size_t place, store_query_t *copy)
{
    pthread_mutex_lock(&monitor->lock);
    bool found = place < monitor->store.count;
    if (found) memcpy(copy, monitor->store.queries[place], sizeof *copy);
    pthread_mutex_unlock(&monitor->lock);
    return found;
}

bool monitor_copy(monitor_t *monitor, const char *query, store_query_t *copy)
{
    pthread_mutex_lock(&monitor->lock);
    const store_query_t *found = store_find(&monitor->store, query);
    if (found != NULL) memcpy(copy, found, sizeof *copy);
    pthread_mutex_unlock(&monitor->lock);
    return found != NULL;
}

bool monitor_change(monitor_t *monitor, const char *query, const change_t *change)
{
    const monitor_options_t *options = &monitor->options;
    pthread_mutex_lock(&monitor->lock);
    bool known = strcmp(query, "*") == 0 || store_find(&monitor->store, query) != NULL;
    pthread_mutex_unlock(&monitor->lock);
    return known && options->change != NULL && options->change(options->context, query, change);
}

void monitor_note_change(monitor_t *monitor, const char *query, const change_t *change)
{
    pthread_mutex_lock(&monitor->lock);
    store_note_change(&monitor->store, query, change, wall_ms());
    pthread_mutex_unlock(&monitor->lock);
}
