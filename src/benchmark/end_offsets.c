#include "benchmark/end_offsets.h"

#include <stdio.h>
#include <stdlib.h>

int64_t end_offsets_arrived(const end_offsets_t *before, const end_offsets_t *now, bool *backwards)
{
    int64_t arrived = 0;
    *backwards = now->count < before->count;
    for (size_t i = 0; i < now->count && !*backwards; i++)
        *backwards = i < before->count && now->offsets[i] < before->offsets[i];
    for (size_t i = 0; i < now->count; i++) {
        int64_t offset = i < before->count ? before->offsets[i] : 0;
        if (now->offsets[i] > offset) arrived += now->offsets[i] - offset;
    }
    return arrived;
}

bool end_offsets_resize(end_offsets_t *ends, size_t count)
{
    if (ends->count == count && count > 0) return true;
    int64_t *offsets = realloc(ends->offsets, (count > 0 ? count : 1) * sizeof *offsets);
    if (offsets == NULL) return false;
    *ends = (end_offsets_t){.offsets = offsets, .count = count};
    return true;
}

void end_offsets_free(end_offsets_t *ends)
{
    free(ends->offsets);
    *ends = (end_offsets_t){0};
}

client_status_t topic_watch_open(topic_watch_t *watch, const client_settings_t *settings, const char *topic,
                                 char *error, size_t error_size)
{
    static const client_preset_t presets[] = {
        {"isolation.level", "read_uncommitted"},
        {"socket.nagle.disable", "true"},
        {"reconnect.backoff.max.ms", "1000"},         /* not 10 s: a broker that is back is to be noticed */
        {"topic.metadata.refresh.interval.ms", "-1"}, /* we ask when it does not disturb a reading */
    };
    const client_kind_t kind = {
        .type = RD_KAFKA_CONSUMER,
        .presets = presets,
        .preset_count = sizeof presets / sizeof presets[0],
    };
    int partition_count = 0;
    *watch = (topic_watch_t){.topic = topic};
    client_status_t status =
        client_open(&watch->client, &kind, settings, topic, &partition_count, error, error_size);
    if (status != CLIENT_OPENED) return status;
    watch->partition_count = (size_t)partition_count;
    watch->topic_handle = rd_kafka_topic_new(watch->client.handle, topic, NULL);
    if (watch->topic_handle != NULL) return CLIENT_OPENED;
    snprintf(error, error_size, "topic '%s': %s", topic, rd_kafka_err2str(rd_kafka_last_error()));
    return CLIENT_UNAVAILABLE;
}

void topic_watch_cluster(topic_watch_t *watch, char *cluster, size_t size)
{
    char *id = rd_kafka_clusterid(watch->client.handle, 0); /* it came with the metadata */
    snprintf(cluster, size, "%s", id != NULL ? id : "");
    if (id != NULL) rd_kafka_mem_free(watch->client.handle, id);
}

/* What the client's connections complained of says more than that the time was over. */
static bool fail(topic_watch_t *watch, rd_kafka_resp_err_t code, char *error, size_t error_size)
{
    rd_kafka_poll(watch->client.handle, 0);
    bool transport = code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
                     code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
                     code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE;
    bool complaint = transport && watch->client.complained;
    snprintf(error, error_size, "%s", complaint ? watch->client.last_error : rd_kafka_err2str(code));
    watch->client.complained = false;
    watch->stale = true;
    return false;
}

bool topic_watch_refresh(topic_watch_t *watch, int timeout_ms, char *error, size_t error_size)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(watch->client.handle, 0, watch->topic_handle, &metadata, timeout_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(watch, code, error, error_size);
    int count = 0;
    if (metadata->topic_cnt == 1) {
        code = metadata->topics[0].err;
        count = metadata->topics[0].partition_cnt;
    }
    rd_kafka_metadata_destroy(metadata);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && count < 1) code = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(watch, code, error, error_size);
    watch->partition_count = (size_t)count;
    watch->stale = false;
    return true;
}

static rd_kafka_resp_err_t query(const topic_watch_t *watch, int timeout_ms, end_offsets_t *ends)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)watch->partition_count);
    /* In place of a time stamp, "end" asks for the end: a rule of Kafka's protocol. */
    for (size_t i = 0; i < watch->partition_count; i++)
        rd_kafka_topic_partition_list_add(list, watch->topic, (int32_t)i)->offset = RD_KAFKA_OFFSET_END;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(watch->client.handle, list, timeout_ms);
    for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        const rd_kafka_topic_partition_t *partition = &list->elems[i];
        code = partition->err;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR && partition->offset < 0) code = RD_KAFKA_RESP_ERR__NO_OFFSET;
        ends->offsets[partition->partition] = partition->offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

bool topic_watch_read(topic_watch_t *watch, int timeout_ms, end_offsets_t *ends, char *error,
                      size_t error_size)
{
    if (watch->stale && !topic_watch_refresh(watch, timeout_ms, error, error_size)) return false;
    if (!end_offsets_resize(ends, watch->partition_count)) {
        snprintf(error, error_size, "not enough memory for %zu partitions", watch->partition_count);
        return false;
    }
    rd_kafka_resp_err_t code = query(watch, timeout_ms, ends);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(watch, code, error, error_size);
    rd_kafka_poll(watch->client.handle, 0); /* complaints of idle connections must not pile up */
    watch->client.complained = false;
    return true;
}

void topic_watch_close(topic_watch_t *watch)
{
    if (watch->topic_handle != NULL) rd_kafka_topic_destroy(watch->topic_handle);
    watch->topic_handle = NULL;
    client_close(&watch->client);
}
