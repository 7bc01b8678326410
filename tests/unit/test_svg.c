/* Charts: where points land, round ticks, texts that must not break the file, and files that cannot be written. */
/* links: benchmark */
#include "benchmark/svg.h"
#include "benchmark/svg_scale.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "temporary_file.h"

static char error[256];

static svg_scale_t scale_of(const svg_point_t *points, size_t count, svg_axis_t axis)
{
    const svg_series_t series = {.points = points, .count = count};
    const svg_chart_t chart = {.x = axis, .series = &series, .series_count = 1};
    return svg_scale_of(&axis, &chart, offsetof(svg_point_t, x));
}

static void expect_ticks(const svg_scale_t *scale, const char *expected)
{
    char all[512] = "", one[SVG_TICK_SIZE];
    for (size_t i = 0; i < scale->tick_count; i++) {
        strcat(all, i > 0 ? " " : "");
        strcat(all, svg_scale_text(scale, i, one));
    }
    assert_string_equal(all, expected);
}

static void expect_scale(double low, double high, svg_axis_t axis, const char *expected)
{
    const svg_point_t points[] = {{low, 1}, {high, 1}};
    const svg_scale_t scale = scale_of(points, 2, axis);
    expect_ticks(&scale, expected);
    assert_true(svg_scale_share(&scale, low) >= -1e-9 && svg_scale_share(&scale, high) <= 1 + 1e-9);
    assert_true(fabs(svg_scale_share(&scale, scale.low)) < 1e-12);
    assert_true(fabs(svg_scale_share(&scale, scale.high) - 1) < 1e-12);
}

static void test_round_ticks(void **state)
{
    (void)state;
    const svg_axis_t plain = {0}, from_zero = {.from_zero = true}, logarithmic = {.logarithmic = true};
    expect_scale(0, 7.3, plain, "0 2 4 6 8");
    expect_scale(0.31, 1.95, plain, "0.0 0.5 1.0 1.5 2.0");
    expect_scale(0.31, 1.95, from_zero, "0.0 0.5 1.0 1.5 2.0");
    expect_scale(753, 2578, plain, "500 1000 1500 2000 2500 3000");
    expect_scale(-3, 3, plain, "-3 -2 -1 0 1 2 3");
    expect_scale(-3, -2, from_zero, "-3.0 -2.5 -2.0 -1.5 -1.0 -0.5 0.0");
    expect_scale(5, 5, plain, "2 3 4 5 6 7 8");
    expect_scale(0, 0, plain, "0.0 0.2 0.4 0.6 0.8 1.0");
    expect_scale(0.04, 3, logarithmic, "0.02 0.05 0.1 0.2 0.5 1 2 5");
    expect_scale(1, 1e6, logarithmic, "1 10 100 1000 10000 100000 1e+06");
    expect_scale(2, 2, logarithmic, "2 5");
    expect_scale(1e-300, 1e300, logarithmic,
                 "1e-300 1e-243 1e-186 1e-129 1e-72 1e-15 1e+42 1e+99 1e+156 1e+213 1e+270");
}

static void test_points_without_a_place(void **state)
{
    (void)state;
    const svg_point_t points[] = {{NAN, 1}, {INFINITY, 1}, {DBL_MAX, 1}, {4, NAN}, {1, 1}, {2, 1}};
    const svg_scale_t scale = scale_of(points, 6, (svg_axis_t){0});
    assert_true(scale.low == 1 && scale.high == 2);
    const svg_scale_t none = scale_of(points, 4, (svg_axis_t){0});
    assert_true(none.low == 0 && none.high == 1);
    const svg_point_t signs[] = {{-1, 1}, {0, 1}, {10, 1}};
    const svg_scale_t positive = scale_of(signs, 3, (svg_axis_t){.logarithmic = true});
    assert_true(positive.low == 10 && !svg_scale_holds(&positive, 0) && svg_scale_holds(&positive, 1));
}

static char *written(const svg_chart_t *chart)
{
    static char text[65536];
    assert_true(svg_write(path, chart, error, sizeof error));
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static size_t times(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)) != NULL; text++)
        count++;
    return count;
}

static void test_texts_are_escaped(void **state)
{
    (void)state;
    const svg_point_t point = {1, 2};
    const char *const labels[] = {"a\x01\xff\xef\xbf\xbf\n"};
    const svg_series_t series = {
        .name = "</svg>", .style = SVG_MARKERS, .points = &point, .count = 1, .labels = labels};
    const svg_chart_t chart = {
        .title = "a<b & \"c\" \xc3\xbc", .x = {.label = "x>0"}, .series = &series, .series_count = 1};
    const char *text = written(&chart);
    assert_non_null(strstr(text, "a&lt;b &amp; &quot;c&quot; \xc3\xbc</title>"));
    assert_non_null(strstr(text, "x&gt;0</text>"));
    assert_non_null(strstr(text, "&lt;/svg&gt;</text>"));
    assert_non_null(strstr(text, ">a??? </text>"));
    assert_int_equal(times(text, "</svg>"), 1);
    assert_int_equal(times(text, "<text"), times(text, "</text>"));
    assert_non_null(strstr(text, "prefers-color-scheme:dark"));
}

static void test_lines_break_where_a_point_is_missing(void **state)
{
    (void)state;
    const svg_point_t points[] = {{0, 0}, {1, 1}, {2, NAN}, {3, 0}, {4, 1}};
    svg_series_t series = {.name = "line", .style = SVG_LINE, .points = points, .count = 5};
    const svg_chart_t chart = {.series = &series, .series_count = 1};
    assert_non_null(strstr(written(&chart), "d=\"M76.0 404.0L241.0 68.0M571.0 404.0L736.0 68.0\""));
    series.style = SVG_STEPS;
    assert_non_null(strstr(written(&chart), "d=\"M76.0 404.0H241.0V68.0M571.0 404.0H736.0V68.0\""));
    series.style = SVG_MARKERS;
    assert_int_equal(times(written(&chart), "d=\"M76.0 404.0m"), 1);
    series.count = 0;
    assert_non_null(strstr(written(&chart), "line</text>"));
}

static void test_a_legend_of_many_names_takes_lines(void **state)
{
    (void)state;
    svg_series_t series[SVG_SERIES_MAXIMUM];
    for (size_t i = 0; i < SVG_SERIES_MAXIMUM; i++)
        series[i] = (svg_series_t){.name = "a name of some length"};
    const svg_chart_t chart = {.series = series, .series_count = SVG_SERIES_MAXIMUM};
    assert_non_null(strstr(written(&chart), "height=\"520\""));
}

static void test_files_that_cannot_be_written(void **state)
{
    (void)state;
    const svg_chart_t chart = {0};
    assert_false(svg_write("/nowhere/chart.svg", &chart, error, sizeof error));
    assert_string_equal(error, "/nowhere/chart.svg: cannot be written: No such file or directory");
    if (access("/dev/full", W_OK) != 0) return;
    assert_false(svg_write("/dev/full", &chart, error, sizeof error));
    assert_string_equal(error, "/dev/full: cannot be written: No space left on device");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_ticks),
        cmocka_unit_test(test_points_without_a_place),
        cmocka_unit_test(test_texts_are_escaped),
        cmocka_unit_test(test_lines_break_where_a_point_is_missing),
        cmocka_unit_test(test_a_legend_of_many_names_takes_lines),
        cmocka_unit_test(test_files_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
