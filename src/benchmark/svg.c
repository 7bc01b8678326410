#include "benchmark/svg.h"

#include "benchmark/svg_scale.h"
#include "common/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    WIDTH = 760,
    HEIGHT = 440, /* of the whole, without the legend */
    LEFT = 76,
    RIGHT = 24,
    TOP = 48,
    BOTTOM = 56,
    LEGEND_LINE = 20,
    NEAR_EDGE = 70,
    LETTER = 7, /* about the width of one, at the size of the legend */
};

typedef struct {
    FILE *file;
    const svg_chart_t *chart;
    svg_scale_t x, y;
    int top, height; /* of the field that is drawn in */
} drawing_t;

/* Told apart by more than colour: Okabe and Ito's palette, brighter on dark, and a shape and a dash each. */
static const struct {
    const char *light, *dark, *dash;
} looks[SVG_SERIES_MAXIMUM] = {
    {"#0072b2", "#58a6ff", "none"},    {"#d55e00", "#ff9b52", "7 4"},     {"#009e73", "#3fb98c", "2 3"},
    {"#a0508a", "#e08cc4", "9 3 2 3"}, {"#8a6d00", "#f0c541", "none"},    {"#2b8fc4", "#7fd0f5", "7 4"},
    {"#6b6b6b", "#a8a8a8", "2 3"},     {"#1f2328", "#f0f0f0", "9 3 2 3"}, {"#b3261e", "#ff8a80", "none"},
    {"#5b4bb5", "#b3a6ff", "7 4"},     {"#2f6b3a", "#8fd19e", "2 3"},     {"#9c4f00", "#e0a060", "9 3 2 3"},
};

static void print_text(FILE *file, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        const size_t length = utf8_length(at);
        /* XML has no U+FFFE and U+FFFF, and of the control characters only white space. */
        const bool none = length == 3 && at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe;
        if (length == 0 || none || *at < ' ' || *at == 0x7f)
            fputc(*at == '\n' || *at == '\t' ? ' ' : '?', file);
        else if (*at == '&')
            fputs("&amp;", file);
        else if (*at == '<')
            fputs("&lt;", file);
        else if (*at == '>')
            fputs("&gt;", file);
        else if (*at == '"')
            fputs("&quot;", file);
        else
            fwrite(at, 1, length, file);
        at += length > 0 ? length : 1;
    }
}

/* `attributes`: position and the like, with class. */
static void print_label(FILE *file, const char *text, double x, double y, const char *attributes)
{
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes);
    print_text(file, text);
    fputs("</text>\n", file);
}

static void print_styles(FILE *file, size_t series_count)
{
    fputs("<style>\n"
          "text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-size:16px;font-weight:600}\n"
          ".tick,.point{font-size:12px;fill:#59636e}.end{text-anchor:end}.middle{text-anchor:middle}\n"
          ".paper{fill:#ffffff}.grid{stroke:#d8dee4}.axis{stroke:#59636e}.line{fill:none;stroke-width:2}\n",
          file);
    for (size_t i = 0; i < series_count; i++)
        fprintf(file, ".s%zu{stroke:%s;fill:%s}.s%zu.line{fill:none;stroke-dasharray:%s}\n", i,
                looks[i].light, looks[i].light, i, looks[i].dash);
    fputs("@media(prefers-color-scheme:dark){\n"
          "text{fill:#e6edf3}.tick,.point{fill:#9198a1}\n"
          ".paper{fill:#0d1117}.grid{stroke:#2a313c}.axis{stroke:#9198a1}\n",
          file);
    for (size_t i = 0; i < series_count; i++)
        fprintf(file, ".s%zu{stroke:%s;fill:%s}\n", i, looks[i].dark, looks[i].dark);
    fputs("}\n</style>\n", file);
}

static double place_x(const drawing_t *drawing, double x)
{
    return LEFT + svg_scale_share(&drawing->x, x) * (WIDTH - LEFT - RIGHT);
}

static double place_y(const drawing_t *drawing, double y)
{
    return drawing->top + (1 - svg_scale_share(&drawing->y, y)) * drawing->height;
}

static void draw_axes(const drawing_t *drawing)
{
    FILE *file = drawing->file;
    char text[SVG_TICK_SIZE];
    const double bottom = drawing->top + drawing->height, right = WIDTH - RIGHT;
    for (size_t i = 0; i < drawing->x.tick_count; i++) {
        const double x = place_x(drawing, drawing->x.ticks[i]);
        fprintf(file, "<path class=\"grid\" d=\"M%.1f %dV%.1f\"/>\n", x, drawing->top, bottom);
        print_label(file, svg_scale_text(&drawing->x, i, text), x, bottom + 18, "class=\"tick middle\"");
    }
    for (size_t i = 0; i < drawing->y.tick_count; i++) {
        const double y = place_y(drawing, drawing->y.ticks[i]);
        fprintf(file, "<path class=\"grid\" d=\"M%d %.1fH%.1f\"/>\n", LEFT, y, right);
        print_label(file, svg_scale_text(&drawing->y, i, text), LEFT - 8, y + 4, "class=\"tick end\"");
    }
    fprintf(file, "<path class=\"axis\" fill=\"none\" d=\"M%d %dV%.1fH%.1f\"/>\n", LEFT, drawing->top, bottom,
            right);
    if (drawing->chart->x.label)
        print_label(file, drawing->chart->x.label, (LEFT + right) / 2, bottom + 42, "class=\"middle\"");
    if (drawing->chart->y.label) {
        char turn[96];
        const double y = drawing->top + drawing->height / 2.0;
        snprintf(turn, sizeof turn, "class=\"middle\" transform=\"rotate(-90 20 %.1f)\"", y);
        print_label(file, drawing->chart->y.label, 20, y, turn);
    }
}

static bool is_drawn(const drawing_t *drawing, svg_point_t point)
{
    return svg_scale_holds(&drawing->x, point.x) && svg_scale_holds(&drawing->y, point.y);
}

static void draw_line(const drawing_t *drawing, const svg_series_t *series, size_t index)
{
    bool joined = false;
    fprintf(drawing->file, "<path class=\"line s%zu\" d=\"", index);
    for (size_t i = 0; i < series->count; i++) {
        const svg_point_t point = series->points[i];
        if (!is_drawn(drawing, point)) {
            joined = false;
            continue;
        }
        const double x = place_x(drawing, point.x), y = place_y(drawing, point.y);
        if (joined && series->style == SVG_STEPS)
            fprintf(drawing->file, "H%.1fV%.1f", x, y);
        else
            fprintf(drawing->file, "%c%.1f %.1f", joined ? 'L' : 'M', x, y);
        joined = true;
    }
    fputs("\"/>\n", drawing->file);
}

/* A shape of about 9 pixels in the look of the series. */
static void draw_marker(FILE *file, size_t index, double x, double y)
{
    static const char *const shapes[] = {
        "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z", /* circle */
        "m-4 -4h8v8h-8z",                                /* square */
        "m0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z",           /* diamond */
        "m0 -5l5 9h-10z",                                /* triangle */
    };
    fprintf(file, "<path class=\"s%zu\" d=\"M%.1f %.1f%s\"/>\n", index, x, y,
            shapes[index % (sizeof shapes / sizeof shapes[0])]);
}

/* At the right above a point, or at the left below it, unless the edge of the field is too near. */
static void draw_label(FILE *file, const char *text, double x, double y, bool below)
{
    const bool before = below ? x > LEFT + NEAR_EDGE : x > WIDTH - RIGHT - NEAR_EDGE;
    print_label(file, text, before ? x - 8 : x + 8, below ? y + 16 : y - 7,
                before ? "class=\"point end\"" : "class=\"point\"");
}

static void draw_series(const drawing_t *drawing, size_t index)
{
    const svg_series_t *series = &drawing->chart->series[index];
    if (series->style != SVG_MARKERS) draw_line(drawing, series, index);
    for (size_t i = 0; i < series->count; i++) {
        if (!is_drawn(drawing, series->points[i])) continue;
        const double x = place_x(drawing, series->points[i].x), y = place_y(drawing, series->points[i].y);
        if (series->style == SVG_MARKERS || series->style == SVG_LINE_AND_MARKERS)
            draw_marker(drawing->file, index, x, y);
        if (series->labels && series->labels[i])
            draw_label(drawing->file, series->labels[i], x, y, series->labels_below);
    }
}

/* Draws it where `file` is not NULL; returns its height. */
static int draw_legend(const svg_chart_t *chart, FILE *file)
{
    int x = LEFT, y = TOP;
    bool any = false;
    for (size_t i = 0; i < chart->series_count; i++) {
        const svg_series_t *series = &chart->series[i];
        if (!series->name) continue;
        const int width = 34 + LETTER * (int)strnlen(series->name, WIDTH / LETTER) + 18;
        if (x > LEFT && x + width > WIDTH - RIGHT) {
            x = LEFT;
            y += LEGEND_LINE;
        }
        if (file) {
            if (series->style != SVG_MARKERS)
                fprintf(file, "<path class=\"line s%zu\" d=\"M%d %dh26\"/>\n", i, x, y);
            if (series->style == SVG_MARKERS || series->style == SVG_LINE_AND_MARKERS)
                draw_marker(file, i, x + 13, y);
            print_label(file, series->name, x + 34, y + 4, "class=\"name\"");
        }
        x += width;
        any = true;
    }
    return any ? y - TOP + LEGEND_LINE : 0;
}

static void draw(FILE *file, const svg_chart_t *chart)
{
    const int legend = draw_legend(chart, NULL), height = HEIGHT + legend;
    const drawing_t drawing = {
        .file = file,
        .chart = chart,
        .x = svg_scale_of(&chart->x, chart, offsetof(svg_point_t, x)),
        .y = svg_scale_of(&chart->y, chart, offsetof(svg_point_t, y)),
        .top = TOP + legend,
        .height = HEIGHT - TOP - BOTTOM,
    };
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "role=\"img\">\n<title>",
            WIDTH, height, WIDTH, height);
    print_text(file, chart->title ? chart->title : "");
    fputs("</title>\n", file);
    print_styles(file, chart->series_count);
    fprintf(file, "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", WIDTH, height);
    if (chart->title) print_label(file, chart->title, LEFT, 26, "class=\"title\"");
    draw_legend(chart, file);
    draw_axes(&drawing);
    for (size_t i = 0; i < chart->series_count; i++)
        draw_series(&drawing, i);
    fputs("</svg>\n", file);
}

bool svg_write(const char *path, const svg_chart_t *chart, char *error, size_t error_size)
{
    FILE *file = fopen(path, "we");
    if (!file) {
        snprintf(error, error_size, "%s: cannot be written: %s", path, strerror(errno));
        return false;
    }
    errno = 0;
    draw(file, chart);
    const bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed) {
        snprintf(error, error_size, "%s: cannot be written: %s", path, strerror(errno != 0 ? errno : EIO));
        return false;
    }
    return true;
}
