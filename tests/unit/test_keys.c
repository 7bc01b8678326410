/* Keys: which ones, how often, and on which partition they land. */
/* links: generator traffic common */
#include "generator/keys.h"
#include "generator/run.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>
/* and this one needs cmocka.h */
#include "receive_all.h"

enum { KEYS = 10, DRAWS = 100000, EVENTS_MAXIMUM = 4096, KEY_TEXT_SIZE = 16 };

static size_t next_key(keys_t *keys)
{
    size_t length, number;
    const char *text = keys_next(keys, &length);
    assert_int_equal(length, strlen(text));
    assert_int_equal(sscanf(text, "key-%zu", &number), 1);
    return number;
}

static void check_shares(double skew)
{
    double weights[KEYS], whole = 0;
    int counts[KEYS] = {0};
    keys_t *keys = keys_new(KEYS, skew, 3);
    for (int i = 0; i < DRAWS; i++) {
        size_t key = next_key(keys);
        assert_true(key < KEYS);
        counts[key]++;
    }
    keys_free(keys);
    for (int i = 0; i < KEYS; i++)
        whole += weights[i] = pow(i + 1, -skew);
    for (int i = 0; i < KEYS; i++) {
        double expected = DRAWS * weights[i] / whole;
        if (fabs(counts[i] - expected) > 5 * sqrt(expected) + 1)
            fail_msg("skew %g, key %d: %d instead of %g", skew, i, counts[i], expected);
    }
}

static void test_shares(void **state)
{
    (void)state;
    check_shares(0);
    check_shares(0.7);
    check_shares(1);
    check_shares(2.5);
}

static void test_extremes(void **state)
{
    (void)state;
    keys_t *keys = keys_new(1, 0, 1);
    assert_int_equal(next_key(keys), 0);
    keys_free(keys);
    keys = keys_new(KEYS_MAXIMUM, KEYS_SKEW_MAXIMUM, 1);
    for (int i = 0; i < 1000; i++)
        assert_true(next_key(keys) < 100);
    keys_free(keys);
    keys = keys_new(KEYS_MAXIMUM, 0, 1);
    size_t highest = 0;
    for (int i = 0; i < 1000; i++) {
        size_t key = next_key(keys);
        assert_true(key < KEYS_MAXIMUM);
        if (key > highest) highest = key;
    }
    assert_true(highest > KEYS_MAXIMUM * 0.9);
    keys_free(keys);
}

static void check_pinned(double skew, uint64_t seed, uint64_t expected)
{
    keys_t *keys = keys_new(1000, skew, seed);
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a over the numbers */
    for (int i = 0; i < 1000; i++)
        hash = (hash ^ next_key(keys)) * UINT64_C(1099511628211);
    keys_free(keys);
    if (hash != expected) fail_msg("skew %g, seed %d: 0x%016llx", skew, (int)seed, (unsigned long long)hash);
}

/* The same on every machine and in every version. */
static void test_keys_are_pinned(void **state)
{
    (void)state;
    check_pinned(0, 1, UINT64_C(0xa5189ca1a0c404be));
    check_pinned(1.1, 1, UINT64_C(0x0db3be78eac9f04c));
    check_pinned(0, 2, UINT64_C(0x8a69963415cfe775));
}

/* The hash of Kafka's Java clients, org.apache.kafka.common.utils.Utils.murmur2(): that of A. Appleby's
 * MurmurHash2 with a fixed seed, little-endian. */
static uint32_t murmur2(const char *key, size_t length)
{
    const uint32_t m = 0x5bd1e995;
    uint32_t hash = 0x9747b28cU ^ (uint32_t)length;
    const unsigned char *byte = (const unsigned char *)key;
    for (; length >= 4; length -= 4, byte += 4) {
        uint32_t k = byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
        k *= m;
        k ^= k >> 24;
        hash = hash * m ^ k * m;
    }
    for (size_t i = length; i > 0; i--)
        hash ^= (uint32_t)byte[i - 1] << 8 * (i - 1);
    if (length > 0) hash *= m;
    hash ^= hash >> 13;
    hash *= m;
    return hash ^ hash >> 15;
}

typedef struct {
    int count;
    int of_partition[PARTITIONS];
    char expected[EVENTS_MAXIMUM][KEY_TEXT_SIZE]; /* keys in the order of sending */
    int position[PARTITIONS];                     /* how far each partition has come in `expected` */
} arrived_t;

static int partition_of(const char *key)
{
    return (int)((murmur2(key, strlen(key)) & 0x7fffffff) % PARTITIONS);
}

/* The next expected key of this partition is the one that came: keys keep the order of the draw. */
static void receive(const rd_kafka_message_t *message, void *context)
{
    arrived_t *arrived = context;
    int *position = &arrived->position[message->partition];
    while (partition_of(arrived->expected[*position]) != message->partition)
        ++*position;
    assert_int_equal(message->key_len, strlen(arrived->expected[*position]));
    assert_memory_equal(message->key, arrived->expected[*position], message->key_len);
    ++*position;
    arrived->of_partition[message->partition]++;
    arrived->count++;
}

static void test_equal_keys_share_the_partition_of_javas_clients(void **state)
{
    broker_t *broker = *state;
    /* Values that Kafka's own tests of murmur2 expect. */
    assert_true(murmur2("21", 2) == (uint32_t)-973932308);
    assert_true(murmur2("foobar", 6) == (uint32_t)-790332482);
    assert_true(murmur2("a-little-bit-long-string", 24) == (uint32_t)-985981536);

    shape_t shape = {0};
    char error[512] = "";
    assert_true(shape_parse("phases=2000x0.5", &shape, error, sizeof error));
    run_request_t request = {
        .client = {.broker = rd_kafka_mock_cluster_bootstraps(broker->cluster)},
        .topic = topic_name,
        .seed = 5,
        .payload_bytes = 10,
        .keys = 20,
        .key_skew = 0.5,
        .quiet = true,
    };
    arrivals_of_shape(&request.arrivals, &shape, SHAPE_FOREVER_NS, SPACING_REGULAR, 1);
    run_report_t report;
    if (run_generator(&request, &report, error, sizeof error) != CLIENT_OPENED) fail_msg("%s", error);
    assert_int_equal(report.sent, 1000);
    assert_int_equal(report.counts.delivered, 1000);

    static arrived_t arrived;
    keys_t *keys = keys_new(20, 0.5, 5);
    size_t length;
    for (int i = 0; i < 1000; i++)
        snprintf(arrived.expected[i], KEY_TEXT_SIZE, "%s", keys_next(keys, &length));
    keys_free(keys);
    receive_all(broker, receive, &arrived);
    assert_int_equal(arrived.count, 1000);
    for (int i = 0; i < PARTITIONS; i++)
        assert_true(arrived.of_partition[i] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_keys_are_pinned),
        WITH_BROKER(test_equal_keys_share_the_partition_of_javas_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
