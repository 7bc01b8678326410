/* The shapes made of episodes, the mixture of them, and what the seed draws besides. */
/* links: traffic common */
#include "traffic/shape.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

enum { SERIES_S = 300, SEEDS = 300 };

static const double base = 100, peak_minimum = 200, peak_maximum = 1000;

static const struct {
    const char *name;
    shape_kind_t kind;
    double mean_least, mean_most; /* of many series at base 100 */
} shapes[] = {
    {"noise", SHAPE_NOISE, 100, 100},       {"ramp", SHAPE_RAMP, 325, 365},
    {"wall", SHAPE_WALL, 320, 360},         {"plateau", SHAPE_PLATEAU, 395, 440},
    {"cliff", SHAPE_CLIFF, 330, 370},       {"double-peak", SHAPE_DOUBLE_PEAK, 225, 255},
    {"sawtooth", SHAPE_SAWTOOTH, 295, 335}, {"mixed", SHAPE_MIXED, 315, 365},
};

enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static shape_t shape_of(const char *text)
{
    shape_t shape = {.baseline_per_s = base};
    char error[256] = "";
    if (!shape_parse(text, &shape, error, sizeof error)) fail_msg("%s", error);
    return shape;
}

static void test_names_ranges_and_means(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        shape_t shape = shape_of(shapes[i].name);
        assert_int_equal(shape.kind, shapes[i].kind);
        assert_true(shape_has_episodes(&shape));
        assert_true(shape_duration_ns(&shape) == SHAPE_FOREVER_NS);
        double sum = 0, highest = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            double rates[SERIES_S];
            shape_series(&shape, seed, rates, SERIES_S);
            for (int second = 0; second < SERIES_S; second++) {
                assert_true(rates[second] >= base && rates[second] <= peak_maximum);
                sum += rates[second];
                highest = fmax(highest, rates[second]);
            }
        }
        double mean = sum / (SEEDS * SERIES_S);
        if (mean < shapes[i].mean_least || mean > shapes[i].mean_most)
            fail_msg("%s: %g", shapes[i].name, mean);
        assert_true(shape.kind == SHAPE_NOISE ? highest == base : highest > 0.95 * peak_maximum);
    }
}

/* A run of seconds above the base, as an episode shows itself where it begins and ends at the base. */
typedef struct {
    int length_s;
    int rise_s, hold_s, fall_s; /* seconds below the top before it, at it, and below it afterwards */
    double top;
} hump_t;

/* The hump at or after `second`, which is moved behind it; false when none ends within the series. */
static bool next_hump(const double *rates, int *second, hump_t *hump)
{
    int i = *second;
    while (i < SERIES_S && rates[i] == base)
        i++;
    *hump = (hump_t){0};
    int first = i, end = i;
    for (; end < SERIES_S && rates[end] > base; end++)
        hump->top = fmax(hump->top, rates[end]);
    if (end == SERIES_S) return false;
    while (rates[first + hump->rise_s] < hump->top)
        hump->rise_s++;
    while (rates[first + hump->rise_s + hump->hold_s] == hump->top)
        hump->hold_s++;
    hump->length_s = end - first;
    hump->fall_s = hump->length_s - hump->rise_s - hump->hold_s;
    *second = end;
    return true;
}

/* Calls `check` for each whole hump of many series; the number of humps. */
static int for_each_hump(const char *name, void (*check)(const hump_t *hump))
{
    shape_t shape = shape_of(name);
    int humps = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double rates[SERIES_S];
        hump_t hump;
        shape_series(&shape, seed, rates, SERIES_S);
        for (int second = 0; next_hump(rates, &second, &hump); humps++)
            check(&hump);
    }
    return humps;
}

/* The last step of a rise reaches the top, and the last one of a fall the base: each shows one second less. */
static void check_ramp(const hump_t *hump)
{
    assert_in_range(hump->rise_s, 5, 19);
    assert_in_range(hump->hold_s, 6, 21);
    assert_in_range(hump->fall_s, 5, 19);
    assert_true(hump->top >= peak_minimum);
}

static void check_wall(const hump_t *hump)
{
    assert_int_equal(hump->rise_s, 0);
    assert_in_range(hump->hold_s, 5, 20);
    assert_in_range(hump->fall_s, 5, 19);
}

static void check_plateau(const hump_t *hump)
{
    assert_in_range(hump->rise_s, 2, 7);
    assert_in_range(hump->hold_s, 16, 41);
    assert_in_range(hump->fall_s, 2, 7);
}

static void check_cliff(const hump_t *hump)
{
    assert_in_range(hump->rise_s, 5, 19);
    assert_in_range(hump->hold_s, 6, 21);
    assert_int_equal(hump->fall_s, 0);
}

static void check_double_peak(const hump_t *hump)
{
    assert_in_range(hump->rise_s, 4, 11);
    assert_int_equal(hump->hold_s, 1);
    assert_in_range(hump->fall_s, 4, 11);
}

static void test_episodes_have_their_form(void **state)
{
    (void)state;
    assert_true(for_each_hump("ramp", check_ramp) > 4 * SEEDS);
    assert_true(for_each_hump("wall", check_wall) > 4 * SEEDS);
    assert_true(for_each_hump("plateau", check_plateau) > 4 * SEEDS);
    assert_true(for_each_hump("cliff", check_cliff) > 4 * SEEDS);
    assert_true(for_each_hump("double-peak", check_double_peak) > 8 * SEEDS);
}

/* Two peaks, the second of 0.7 to 1 of the first one's height, then two of another episode. */
static void test_double_peaks_come_in_pairs(void **state)
{
    (void)state;
    shape_t shape = shape_of("double-peak");
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double rates[SERIES_S];
        hump_t first, second;
        shape_series(&shape, seed, rates, SERIES_S);
        for (int i = 0; next_hump(rates, &i, &first) && next_hump(rates, &i, &second);) {
            assert_int_equal(first.length_s, second.length_s);
            assert_true(second.top <= first.top && second.top >= 0.7 * first.top);
        }
    }
}

/* 3 to 8 teeth of the same length: equal steps up to about the same height, and down within a second. */
static void test_sawteeth_repeat(void **state)
{
    (void)state;
    shape_t shape = shape_of("sawtooth");
    int whole = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double rates[SERIES_S];
        shape_series(&shape, seed, rates, SERIES_S);
        int begin = 0;
        while (rates[begin] == base)
            begin++;
        double first_top = 0;
        int length_s = 0, teeth = 0;
        for (int i = begin; i < SERIES_S && rates[i] > base;) {
            int from = i;
            while (i + 1 < SERIES_S && rates[i + 1] > rates[i])
                i++;
            if (i + 1 == SERIES_S) break; /* cut off by the end of the series */
            if (teeth++ == 0) {
                first_top = rates[i];
                length_s = i - from + 1;
            }
            assert_int_equal(i - from + 1, length_s);
            assert_true(rates[i] <= first_top && rates[i] >= 0.9 * first_top);
            assert_true(fabs(rates[from] - base - (rates[i] - base) / length_s) < 1e-9);
            i++;
            if (rates[i] == base) {
                assert_in_range(teeth, 3, 8);
                assert_in_range(length_s, 5, 20);
                whole++;
            }
        }
    }
    assert_true(whole > SEEDS / 2);
}

static void test_seed_and_prefix(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        shape_t shape = shape_of(shapes[i].name);
        shape.noise_per_s = 10;
        double rates[2 * SERIES_S], again[SERIES_S];
        shape_series(&shape, 7, rates, 2 * SERIES_S);
        shape_series(&shape, 7, again, SERIES_S);
        assert_memory_equal(rates, again, sizeof again);
        /* and it goes on with other numbers */
        assert_memory_not_equal(rates + SERIES_S, again, sizeof again);
        shape_series(&shape, 8, again, SERIES_S);
        assert_memory_not_equal(rates, again, sizeof again);
    }
}

/* Gaussian noise of the given deviation on the very series that there is without it. */
static void check_noise(shape_t plain)
{
    shape_t noisy = plain;
    noisy.noise_per_s = 10;
    double sum = 0, squares = 0, beyond = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double without[SERIES_S], with[SERIES_S];
        shape_series(&plain, seed, without, SERIES_S);
        shape_series(&noisy, seed, with, SERIES_S);
        for (int i = 0; i < SERIES_S; i++) {
            double difference = with[i] - without[i];
            sum += difference;
            squares += difference * difference;
            beyond += fabs(difference) > 20;
        }
    }
    double count = SEEDS * SERIES_S;
    assert_true(fabs(sum / count) < 5 * 10 / sqrt(count));
    assert_true(fabs(sqrt(squares / count) - 10) < 0.2);
    assert_true(fabs(beyond / count - 0.0455) < 0.005);

    noisy.noise_per_s = 1e6;
    double rates[SERIES_S];
    shape_series(&noisy, 1, rates, SERIES_S);
    for (int i = 0; i < SERIES_S; i++)
        assert_true(rates[i] >= 0 && rates[i] <= SHAPE_RATE_MAXIMUM_PER_S);
}

static void test_noise(void **state)
{
    (void)state;
    check_noise(shape_of("mixed"));
    shape_t burst = shape_of("burst");
    burst.burst_multiplier = 8;
    burst.burst_probability = 0.1;
    check_noise(burst);
    assert_true(shape_has_noise(&burst));
    burst.kind = SHAPE_STEADY;
    assert_false(shape_has_noise(&burst));
}

/* Shares of the kinds in mixed, as far as they show: a quarter of all episodes are noise. */
static void test_kinds_are_drawn_by_their_shares(void **state)
{
    (void)state;
    static const double shares[EPISODE_KINDS] = {0.25, 0.15, 0.1, 0.1, 0.1, 0.1, 0.2};
    enum { DRAWS = 100000 };
    int counts[EPISODE_KINDS] = {0};
    random_t random;
    random_seed(&random, 1, 1);
    for (int i = 0; i < DRAWS; i++)
        counts[episode_draw_kind(&random)]++;
    for (int kind = 0; kind < EPISODE_KINDS; kind++)
        assert_true(fabs((double)counts[kind] / DRAWS - shares[kind]) < 0.006);
}

static void test_series_of_other_shapes(void **state)
{
    (void)state;
    shape_t phases = shape_of("phases=200x1.5,100x0.25,40x2");
    double rates[6];
    shape_series(&phases, 1, rates, 6);
    const double expected[6] = {200, 100 + 25 + 10, 40, 30, 0, 0};
    for (int i = 0; i < 6; i++)
        assert_true(fabs(rates[i] - expected[i]) < 1e-9);
    shape_t steady = shape_of("steady");
    shape_series(&steady, 1, rates, 6);
    for (int i = 0; i < 6; i++)
        assert_true(rates[i] == base);
}

/* The exponent is uniform from 1 to 5.7. */
static void test_log_uniform_baselines(void **state)
{
    (void)state;
    enum { DRAWS = 20000, BINS = 10 };
    int counts[BINS] = {0};
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        double baseline = shape_log_uniform_baseline_per_s(seed);
        assert_true(baseline >= SHAPE_LOG_UNIFORM_MINIMUM_PER_S &&
                    baseline <= SHAPE_LOG_UNIFORM_MAXIMUM_PER_S);
        counts[(int)((log10(baseline) - 1) / 4.7 * BINS)]++;
    }
    for (int i = 0; i < BINS; i++)
        assert_in_range(counts[i], DRAWS / BINS - 200, DRAWS / BINS + 200);
}

/* The same on every machine and in every version: what was trained or measured with a seed stays reproducible. */
static void test_series_are_pinned(void **state)
{
    (void)state;
    static const uint64_t expected[SHAPES] = {
        UINT64_C(0x467bf971423a1a9f), UINT64_C(0x96c618f3b47f1ebb), UINT64_C(0x3f12c8b6d81887aa),
        UINT64_C(0x2a59c94870d2289f), UINT64_C(0x3346ab52301bd70d), UINT64_C(0x741231da341d8da1),
        UINT64_C(0x09d9698f7c66d26e), UINT64_C(0xae63dbce28c42821),
    };
    for (size_t i = 0; i < SHAPES; i++) {
        shape_t shape = shape_of(shapes[i].name);
        shape.noise_per_s = 10;
        double rates[SERIES_S];
        shape_series(&shape, 1, rates, SERIES_S);
        uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
        for (size_t byte = 0; byte < sizeof rates; byte++)
            hash = (hash ^ ((const unsigned char *)rates)[byte]) * UINT64_C(1099511628211);
        if (hash != expected[i]) fail_msg("%s: 0x%016llx", shapes[i].name, (unsigned long long)hash);
    }
    assert_true(fabs(shape_log_uniform_baseline_per_s(1) - 11117.179) < 0.001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_ranges_and_means),
        cmocka_unit_test(test_episodes_have_their_form),
        cmocka_unit_test(test_double_peaks_come_in_pairs),
        cmocka_unit_test(test_sawteeth_repeat),
        cmocka_unit_test(test_seed_and_prefix),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_kinds_are_drawn_by_their_shares),
        cmocka_unit_test(test_series_of_other_shapes),
        cmocka_unit_test(test_log_uniform_baselines),
        cmocka_unit_test(test_series_are_pinned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
