#include "agent/exchange.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIGGERS_KEPT = 64 };

typedef struct {
    observed_trigger_t triggers[TRIGGERS_KEPT]; /* the latest is [(count - 1) % TRIGGERS_KEPT] */
    size_t count, taken;
} trigger_ring_t;

struct exchange {
    char query[PROTOCOL_LABEL_SIZE]; /* never changes */
    pthread_mutex_t lock;            /* guards all that follows */
    observed_status_t status;
    bool wants_stats, new_config;
    arrival_slots_t arrivals;
    trigger_ring_t own, shadow;
    forecast_t forecast;
    int64_t asked_ns;
    bool has_change;
    change_t change;
};

bool forecast_equal(const forecast_t *a, const forecast_t *b)
{
    bool equal =
        a->rate_per_s == b->rate_per_s && a->confidence == b->confidence && a->has_changes == b->has_changes;
    for (int i = 0; i < RATE_AVERAGES && equal && a->has_changes; i++)
        equal = a->changes[i] == b->changes[i];
    return equal;
}

exchange_t *exchange_create(const char *query, const char *id, const char *run)
{
    exchange_t *exchange = calloc(1, sizeof *exchange);
    if (!exchange) return NULL;
    if (pthread_mutex_init(&exchange->lock, NULL) != 0) {
        free(exchange);
        return NULL;
    }
    observed_status_clear(&exchange->status);
    snprintf(exchange->query, sizeof exchange->query, "%s", query);
    snprintf(exchange->status.query, sizeof exchange->status.query, "%s", query);
    snprintf(exchange->status.query_id, sizeof exchange->status.query_id, "%s", id);
    snprintf(exchange->status.run, sizeof exchange->status.run, "%s", run);
    exchange->wants_stats = true;
    return exchange;
}

void exchange_destroy(exchange_t *exchange)
{
    if (!exchange) return;
    pthread_mutex_destroy(&exchange->lock);
    free(exchange);
}

void exchange_configure(exchange_t *exchange, const observed_config_t *config)
{
    pthread_mutex_lock(&exchange->lock);
    exchange->status.config = *config;
    exchange->new_config = true;
    pthread_mutex_unlock(&exchange->lock);
}

void exchange_arrivals(exchange_t *exchange, int64_t now_ns, int64_t epoch_ns, int64_t total)
{
    pthread_mutex_lock(&exchange->lock);
    arrival_slots_observe(&exchange->arrivals, now_ns - epoch_ns, total);
    pthread_mutex_unlock(&exchange->lock);
}

void exchange_forget_arrivals(exchange_t *exchange)
{
    pthread_mutex_lock(&exchange->lock);
    arrival_slots_restart(&exchange->arrivals);
    pthread_mutex_unlock(&exchange->lock);
}

static void keep(exchange_t *exchange, trigger_ring_t *ring, const observed_trigger_t *trigger)
{
    pthread_mutex_lock(&exchange->lock);
    ring->triggers[ring->count++ % TRIGGERS_KEPT] = *trigger;
    pthread_mutex_unlock(&exchange->lock);
}

void exchange_trigger(exchange_t *exchange, const observed_trigger_t *trigger)
{
    keep(exchange, &exchange->own, trigger);
}

/* Who counts what the shadow has left over must hear of all its events: where a trigger is dropped, the next bears them. */
void exchange_shadow(exchange_t *exchange, const observed_trigger_t *trigger)
{
    trigger_ring_t *ring = &exchange->shadow;
    pthread_mutex_lock(&exchange->lock);
    if (ring->count - ring->taken >= TRIGGERS_KEPT) {
        ring->taken = ring->count - TRIGGERS_KEPT;
        const int64_t events = ring->triggers[ring->taken++ % TRIGGERS_KEPT].events;
        ring->triggers[ring->taken % TRIGGERS_KEPT].events += events;
    }
    pthread_mutex_unlock(&exchange->lock);
    keep(exchange, &exchange->shadow, trigger);
}

void exchange_decision(exchange_t *exchange, const observed_decision_t *decision, const char *state,
                       const char *why)
{
    pthread_mutex_lock(&exchange->lock);
    exchange->status.has_decision = true;
    exchange->status.decision = *decision;
    snprintf(exchange->status.state, sizeof exchange->status.state, "%s", state);
    snprintf(exchange->status.why, sizeof exchange->status.why, "%s", why);
    pthread_mutex_unlock(&exchange->lock);
}

void exchange_state(exchange_t *exchange, const char *state, const char *why)
{
    pthread_mutex_lock(&exchange->lock);
    snprintf(exchange->status.state, sizeof exchange->status.state, "%s", state);
    snprintf(exchange->status.why, sizeof exchange->status.why, "%s", why);
    pthread_mutex_unlock(&exchange->lock);
}

bool exchange_wants_stats(exchange_t *exchange)
{
    pthread_mutex_lock(&exchange->lock);
    const bool wanted = exchange->wants_stats;
    exchange->wants_stats = false;
    pthread_mutex_unlock(&exchange->lock);
    return wanted;
}

void exchange_stats(exchange_t *exchange, const observed_stats_t *stats)
{
    pthread_mutex_lock(&exchange->lock);
    exchange->status.has_stats = true;
    exchange->status.stats = *stats;
    pthread_mutex_unlock(&exchange->lock);
}

void exchange_costs(exchange_t *exchange, const int64_t *events, const double *seconds, size_t count)
{
    if (count > OBSERVATION_COSTS_MAXIMUM) count = OBSERVATION_COSTS_MAXIMUM;
    pthread_mutex_lock(&exchange->lock);
    exchange->status.cost_count = count;
    memcpy(exchange->status.cost_events, events, count * sizeof *events);
    memcpy(exchange->status.cost_seconds, seconds, count * sizeof *seconds);
    pthread_mutex_unlock(&exchange->lock);
}

forecast_t exchange_forecast(exchange_t *exchange, int64_t oldest_ns)
{
    forecast_t forecast = {0};
    pthread_mutex_lock(&exchange->lock);
    if (exchange->asked_ns >= oldest_ns) forecast = exchange->forecast;
    pthread_mutex_unlock(&exchange->lock);
    return forecast;
}

const char *exchange_query(const exchange_t *exchange)
{
    return exchange->query;
}

bool exchange_is_released(exchange_t *exchange)
{
    pthread_mutex_lock(&exchange->lock);
    const bool released = strcmp(exchange->status.state, "released") == 0;
    pthread_mutex_unlock(&exchange->lock);
    return released;
}

bool exchange_history(exchange_t *exchange, double rates_per_s[ARRIVAL_SECONDS], int64_t *end_ms)
{
    pthread_mutex_lock(&exchange->lock);
    const bool known = arrival_slots_rates(&exchange->arrivals, rates_per_s, end_ms);
    pthread_mutex_unlock(&exchange->lock);
    return known;
}

/* What is new in the ring, into `into`; how many. @locks_required the exchange's */
static size_t take(trigger_ring_t *ring, observed_trigger_t *into)
{
    size_t next = ring->taken, count = 0;
    if (ring->count - next > TRIGGERS_KEPT) next = ring->count - TRIGGERS_KEPT;
    while (next < ring->count)
        into[count++] = ring->triggers[next++ % TRIGGERS_KEPT];
    ring->taken = next;
    return count;
}

void exchange_take(exchange_t *exchange, bool config, int64_t wall_ms, observation_t *observation)
{
    observation_clear(observation);
    pthread_mutex_lock(&exchange->lock);
    observation->status = exchange->status;
    observation->status.has_config = config || exchange->new_config;
    exchange->new_config = false;
    exchange->status.has_decision = exchange->status.has_stats = false;
    exchange->status.cost_count = 0;
    exchange->wants_stats = true;
    observation->slots_width_ms = ARRIVAL_SLOT_MS;
    observation->slot_count = arrival_slots_take(&exchange->arrivals, observation->slots,
                                                 OBSERVATION_SLOTS_MAXIMUM, &observation->slots_start_ms);
    observation->trigger_count = take(&exchange->own, observation->triggers);
    observation->shadow_count = take(&exchange->shadow, observation->shadow);
    pthread_mutex_unlock(&exchange->lock);
    observation->status.time_ms = wall_ms;
}

void exchange_post(exchange_t *exchange, forecast_t forecast, int64_t asked_ns)
{
    pthread_mutex_lock(&exchange->lock);
    exchange->forecast = forecast;
    exchange->asked_ns = asked_ns;
    pthread_mutex_unlock(&exchange->lock);
}

void exchange_post_change(exchange_t *exchange, const change_t *change)
{
    pthread_mutex_lock(&exchange->lock);
    if (!exchange->has_change) exchange->change = (change_t){0};
    change_add(&exchange->change, change);
    exchange->has_change = true;
    pthread_mutex_unlock(&exchange->lock);
}

bool exchange_take_change(exchange_t *exchange, change_t *change)
{
    pthread_mutex_lock(&exchange->lock);
    const bool any = exchange->has_change;
    if (any) *change = exchange->change;
    exchange->has_change = false;
    pthread_mutex_unlock(&exchange->lock);
    return any;
}
