/* Totals over partitions that come and go, against a plain sum. */
/* links: partitions common */
#include "agent/partitions.h"
#include "common/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

typedef struct {
    int source;
    uint32_t topic;
    int32_t partition;
    int64_t offset;
} part_t;

static int64_t read_total(partitions_t *partitions, const part_t *parts, size_t count)
{
    int64_t total = -1;
    partitions_begin(partitions);
    for (size_t i = 0; i < count; i++)
        assert_true(
            partitions_add(partitions, parts[i].source, parts[i].topic, parts[i].partition, parts[i].offset));
    assert_true(partitions_end(partitions, &total));
    return total;
}

static void the_first_read_is_the_plain_sum(void **state)
{
    (void)state;
    partitions_t *partitions = partitions_create();
    const part_t parts[] = {{0, 7, 0, 1000}, {0, 7, 1, 500}, {1, 7, 0, 3}, {0, 8, 0, 0}};
    assert_int_equal(read_total(partitions, parts, 4), 1503);
    assert_int_equal(partitions_count(partitions), 4);
    partitions_destroy(partitions);
}

/* A topic with old offsets turns up under subscribePattern: its past did not arrive just now. */
static void a_new_partition_begins_at_first_sight(void **state)
{
    (void)state;
    partitions_t *partitions = partitions_create();
    const part_t before[] = {{0, 7, 0, 100}};
    const part_t after[] = {{0, 7, 0, 110}, {0, 7, 1, 5000000}};
    const part_t later[] = {{0, 7, 1, 5000007}, {0, 7, 0, 111}};
    assert_int_equal(read_total(partitions, before, 1), 100);
    assert_int_equal(read_total(partitions, after, 2), 110);
    assert_int_equal(read_total(partitions, later, 2), 118);
    /* A batch with a limit has not got as far as what was there at first sight. */
    const part_t behind[] = {{0, 7, 0, 111}, {0, 7, 1, 2000}};
    assert_int_equal(read_total(partitions, behind, 2), 111);
    partitions_destroy(partitions);
}

static void a_deleted_topic_does_not_run_backwards(void **state)
{
    (void)state;
    partitions_t *partitions = partitions_create();
    const part_t before[] = {{0, 7, 0, 100}, {0, 9, 0, 40}};
    const part_t after[] = {{0, 7, 0, 130}};
    assert_int_equal(read_total(partitions, before, 2), 140);
    assert_int_equal(read_total(partitions, after, 1), 170);
    assert_int_equal(read_total(partitions, after, 1), 170);
    partitions_destroy(partitions);
}

/* The same name, made anew: offsets start again, and the caller must see it. */
static void a_recreated_topic_runs_backwards(void **state)
{
    (void)state;
    partitions_t *partitions = partitions_create();
    const part_t before[] = {{0, 7, 0, 100}}, after[] = {{0, 7, 0, 2}};
    assert_int_equal(read_total(partitions, before, 1), 100);
    assert_int_equal(read_total(partitions, after, 1), 2);
    partitions_destroy(partitions);
}

static void bad_offsets_fail_the_read_only(void **state)
{
    (void)state;
    partitions_t *partitions = partitions_create();
    const part_t good[] = {{0, 7, 0, 100}};
    int64_t total = 77;
    assert_int_equal(read_total(partitions, good, 1), 100);
    partitions_begin(partitions);
    assert_false(partitions_add(partitions, 0, 7, 0, -2)); /* Kafka's "earliest" */
    assert_false(partitions_add(partitions, 0, 7, 1, 5));
    assert_false(partitions_end(partitions, &total));
    assert_int_equal(total, 77);
    partitions_begin(partitions);
    assert_true(partitions_add(partitions, 0, 7, 0, INT64_MAX));
    assert_false(partitions_end(partitions, &total));
    assert_int_equal(read_total(partitions, good, 1), 100);
    partitions_destroy(partitions);
}

/* Many partitions, each growing; some are missing now and then, some join late. */
static void agrees_with_a_plain_sum_over_many_reads(void **state)
{
    (void)state;
    enum { PARTS = 3000, READS = 40 };
    static part_t parts[PARTS];
    static int64_t base[PARTS], counted[PARTS];
    static bool known[PARTS];
    random_t random;
    random_seed(&random, 5, 0);
    for (int i = 0; i < PARTS; i++)
        parts[i] = (part_t){i % 3, (uint32_t)(i % 17) * 31, i / 17, (int64_t)random_below(&random, 1000000)};
    partitions_t *partitions = partitions_create();
    for (int number = 0; number < READS; number++) {
        int64_t expected = 0, total = -1;
        partitions_begin(partitions);
        for (int i = 0; i < PARTS; i++) {
            parts[i].offset += (int64_t)random_below(&random, 50);
            const bool joined = i<100 * (number + 1), present = random_below(&random, 10)> 0;
            if (joined && present) {
                assert_true(partitions_add(partitions, parts[i].source, parts[i].topic, parts[i].partition,
                                           parts[i].offset));
                if (!known[i]) base[i] = number == 0 ? 0 : parts[i].offset;
                known[i] = true;
                counted[i] = parts[i].offset - base[i];
            }
            expected += counted[i];
        }
        assert_true(partitions_end(partitions, &total));
        assert_int_equal(total, expected);
    }
    assert_true(partitions_count(partitions) > 2900);
    partitions_destroy(partitions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_read_is_the_plain_sum),
        cmocka_unit_test(a_new_partition_begins_at_first_sight),
        cmocka_unit_test(a_deleted_topic_does_not_run_backwards),
        cmocka_unit_test(a_recreated_topic_runs_backwards),
        cmocka_unit_test(bad_offsets_fail_the_read_only),
        cmocka_unit_test(agrees_with_a_plain_sum_over_many_reads),
    };
    return cmocka_run_group_tests_name("partitions", tests, NULL, NULL);
}
