#include "predictor/dashboard.h"

#include "monitor/monitor.h"
#include "monitor/steady_clock.h"
#include "predictor/server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { WISHES = 16 };

/* A change that the page asks for, on its way from the dashboard's thread to the service's. */
typedef struct {
    char query[PROTOCOL_LABEL_SIZE];
    change_t change;
} wish_t;

struct dashboard {
    monitor_t *monitor;
    listener_t listener;
    const char *model;
    int64_t started_ns;
    atomic_llong requests;
    int wish_fd; /* can be read while there are wishes */
    pthread_mutex_t lock;
    wish_t wishes[WISHES];
    size_t wished;
};

static int64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ------------------------------------------------------------------------------------------------ in the service's thread */

static void observed(void *context, const observation_t *observation)
{
    dashboard_t *dashboard = context;
    monitor_observe(dashboard->monitor, observation);
}

static void predicted(void *context, const char *query, int64_t time_ms, const answer_t *answer)
{
    dashboard_t *dashboard = context;
    atomic_fetch_add_explicit(&dashboard->requests, 1, memory_order_relaxed);
    int64_t now_ms = wall_ms();
    /* Where the history ended; a time that cannot be is none. */
    bool told = time_ms != FIELD_UNKNOWN && time_ms > now_ms - 60000 && time_ms < now_ms + 60000;
    monitored_forecast_t forecast = {
        .time_ms = told ? time_ms : now_ms,
        .rate = answer->rate,
        .effective = answer->effective,
        .confidence = answer->confidence,
        .has_quantiles = answer->has_quantiles,
        .low = answer->low,
        .high = answer->high,
        .elapsed_us = answer->elapsed_us,
    };
    memcpy(forecast.model, answer->model, sizeof forecast.model);
    monitor_forecast(dashboard->monitor, query, &forecast);
}

static void changed(void *context, const char *query, const change_t *change)
{
    dashboard_t *dashboard = context;
    monitor_note_change(dashboard->monitor, query, change);
}

static void called(void *context, service_t *service)
{
    dashboard_t *dashboard = context;
    uint64_t count;
    if (read(dashboard->wish_fd, &count, sizeof count) < 0) return;
    pthread_mutex_lock(&dashboard->lock);
    for (size_t i = 0; i < dashboard->wished; i++)
        service_set(service, dashboard->wishes[i].query, &dashboard->wishes[i].change);
    dashboard->wished = 0;
    pthread_mutex_unlock(&dashboard->lock);
}

/* ------------------------------------------------------------------------------------------------ in the dashboard's thread */

static bool wish(void *context, const char *query, const change_t *change)
{
    dashboard_t *dashboard = context;
    pthread_mutex_lock(&dashboard->lock);
    bool room = dashboard->wished < WISHES;
    if (room) {
        wish_t *next = &dashboard->wishes[dashboard->wished++];
        snprintf(next->query, sizeof next->query, "%s", query);
        next->change = *change;
    }
    pthread_mutex_unlock(&dashboard->lock);
    uint64_t one = 1;
    return room && write(dashboard->wish_fd, &one, sizeof one) == sizeof one;
}

static void health(void *context, monitor_health_t *into)
{
    dashboard_t *dashboard = context;
    into->model = dashboard->model;
    into->requests = atomic_load_explicit(&dashboard->requests, memory_order_relaxed);
    into->uptime_s = (double)(steady_clock_ns() - dashboard->started_ns) / 1e9;
}

/* ------------------------------------------------------------------------------------------------ */

dashboard_t *dashboard_start(const char *address, bool any_port, const char *token, const char *model,
                             char *error, size_t error_size)
{
    dashboard_t *dashboard = calloc(1, sizeof *dashboard);
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (dashboard == NULL || fd < 0) {
        snprintf(error, error_size, "dashboard: no memory or no descriptor is left");
        free(dashboard);
        if (fd >= 0) close(fd);
        return NULL;
    }
    dashboard->model = model;
    dashboard->started_ns = steady_clock_ns();
    dashboard->wish_fd = fd;
    pthread_mutex_init(&dashboard->lock, NULL);
    dashboard->listener = (listener_t){.observed = observed,
                                       .predicted = predicted,
                                       .changed = changed,
                                       .called = called,
                                       .descriptor = fd,
                                       .context = dashboard};
    monitor_options_t options = {.address = address,
                                 .any_port = any_port,
                                 .token = token,
                                 .change = wish,
                                 .health = health,
                                 .context = dashboard};
    dashboard->monitor = monitor_start(&options, error, error_size);
    if (dashboard->monitor != NULL) return dashboard;
    dashboard_stop(dashboard);
    return NULL;
}

void dashboard_stop(dashboard_t *dashboard)
{
    if (dashboard == NULL) return;
    monitor_stop(dashboard->monitor);
    pthread_mutex_destroy(&dashboard->lock);
    close(dashboard->wish_fd);
    free(dashboard);
}

const char *dashboard_address(const dashboard_t *dashboard)
{
    return monitor_address(dashboard->monitor);
}

const listener_t *dashboard_listener(const dashboard_t *dashboard)
{
    return &dashboard->listener;
}
