#include "benchmark/journal_fields.h"

#include "control/governor.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Beyond these the governor's sums could overflow. No clock shows them, and no topic holds so many events. */
#define TIMES .minimum = -0x1p61, .maximum = 0x1p61
#define SPANS .minimum = 0, .maximum = 0x1p61
#define ANY   .minimum = -HUGE_VAL, .maximum = HUGE_VAL

#define FIELD(type_, name, kind) .key = #name, .type = kind, .offset = offsetof(type_, name)
#define CONFIG(name, kind)       FIELD(governor_config_t, name, kind)
#define SAID(name, kind)         FIELD(decision_t, name, kind), ANY
#define NAMED(list)              .names = list, .name_count = sizeof(list) / sizeof(list)[0]
#define TABLE(list)                                                                                          \
    {                                                                                                        \
        list, sizeof(list) / sizeof(list)[0]                                                                 \
    }

static const journal_field_t configuration[] = {
    {CONFIG(trigger_ns, JOURNAL_INTEGER), SPANS},
    {CONFIG(origin_ns, JOURNAL_INTEGER), TIMES},
    {CONFIG(goal, JOURNAL_NAME), NAMED(goal_names)},
    {CONFIG(policy, JOURNAL_NAME), NAMED(policy_names)},
    {CONFIG(budget, JOURNAL_REAL), .minimum = 0.01, .maximum = 100},
    {CONFIG(slot_ns, JOURNAL_INTEGER), SPANS},
    {CONFIG(min_interval_ns, JOURNAL_INTEGER), SPANS},
    {CONFIG(max_interval_ns, JOURNAL_INTEGER), SPANS},
    {CONFIG(max_wait_ns, JOURNAL_INTEGER), SPANS},
    {CONFIG(warmup_ns, JOURNAL_INTEGER), SPANS},
    /* Not in journals of before they were there. */
    {CONFIG(rows_only, JOURNAL_BOOLEAN), .optional = true},
    {CONFIG(update_period_ns, JOURNAL_INTEGER), SPANS, .optional = true},
    {CONFIG(fallback_ns, JOURNAL_INTEGER), SPANS, .optional = true},
};
const journal_table_t journal_configuration_fields = TABLE(configuration);

static const journal_field_t decision[] = {
    {SAID(fire, JOURNAL_BOOLEAN)},    {SAID(reason, JOURNAL_NAME), NAMED(reason_names)},
    {SAID(wake_ns, JOURNAL_INTEGER)}, {SAID(pending, JOURNAL_INTEGER)},
    {SAID(oldest_s, JOURNAL_REAL)},   {SAID(waiting, JOURNAL_REAL)},
    {SAID(growth, JOURNAL_REAL)},     {SAID(price, JOURNAL_REAL)},
    {SAID(rate_per_s, JOURNAL_REAL)}, {SAID(interval_s, JOURNAL_REAL)},
};
const journal_table_t journal_decision_fields = TABLE(decision);

#define WAIT(side, name, kind)                                                                               \
    {                                                                                                        \
        .key = #side "_" #name, .type = kind, .offset = offsetof(governor_stats_t, side.name), ANY           \
    }
#define COUNTERS(side)                                                                                       \
    WAIT(side, batches, JOURNAL_INTEGER), WAIT(side, events, JOURNAL_INTEGER),                               \
        WAIT(side, waited_s, JOURNAL_REAL)
#define FIGURES(side)                                                                                        \
    WAIT(side, mean_s, JOURNAL_REAL), WAIT(side, p50_s, JOURNAL_REAL), WAIT(side, p95_s, JOURNAL_REAL),      \
        WAIT(side, p99_s, JOURNAL_REAL), WAIT(side, max_s, JOURNAL_REAL)

static const journal_field_t counters[] = {COUNTERS(own), COUNTERS(shadow)};
const journal_table_t journal_counter_fields = TABLE(counters);

static const journal_field_t waits[] = {COUNTERS(own), FIGURES(own), COUNTERS(shadow), FIGURES(shadow)};
const journal_table_t journal_wait_fields = TABLE(waits);

static const journal_field_t totals[] = {
    {FIELD(governor_stats_t, debt_batches, JOURNAL_REAL), ANY},
    {FIELD(governor_stats_t, seen, JOURNAL_INTEGER), ANY},
};
const journal_table_t journal_total_fields = TABLE(totals);

/* A value of any of the types; enums are held as their number. */
typedef union {
    bool boolean;
    int64_t integer;
    double real;
    unsigned name;
} value_t;

_Static_assert(sizeof(goal_t) == sizeof(unsigned) && sizeof(reason_t) == sizeof(unsigned),
               "enums are read and written as unsigned");

static size_t size_of(journal_type_t type)
{
    switch (type) {
    case JOURNAL_BOOLEAN:
        return sizeof(bool);
    case JOURNAL_INTEGER:
        return sizeof(int64_t);
    case JOURNAL_REAL:
        return sizeof(double);
    case JOURNAL_NAME:
        return sizeof(unsigned);
    }
    return 0;
}

static bool parse_name(const journal_field_t *field, const char *text, value_t *value, char *error,
                       size_t error_size)
{
    for (size_t i = 0; i < field->name_count; i++) {
        if (strcmp(text, field->names[i]) != 0) continue;
        value->name = (unsigned)i;
        return true;
    }
    size_t used = (size_t)snprintf(error, error_size, "%s \"%.32s\" is not known; this version knows",
                                   field->key, text);
    for (size_t i = 0; i < field->name_count && used < error_size; i++)
        used += (size_t)snprintf(error + used, error_size - used, "%s %s", i ? "," : "", field->names[i]);
    return false;
}

/* The field's value in the line, which must be of its type. */
static bool parse(const journal_field_t *field, const json_t *json, value_t *value, char *error,
                  size_t error_size)
{
    static const char *const expected[] = {"true or false", "a whole number", "a number", "a name"};
    switch (field->type) {
    case JOURNAL_BOOLEAN:
        value->boolean = json_is_true(json);
        if (json_is_boolean(json)) return true;
        break;
    case JOURNAL_INTEGER:
        value->integer = json_integer_value(json);
        if (json_is_integer(json)) return true;
        break;
    case JOURNAL_REAL:
        value->real = json_is_null(json) ? NAN : json_number_value(json);
        if (json_is_number(json) || json_is_null(json)) return true;
        break;
    case JOURNAL_NAME:
        if (json_is_string(json)) return parse_name(field, json_string_value(json), value, error, error_size);
        break;
    }
    snprintf(error, error_size, json ? "%s is not %s" : "%s is missing; it should be %s", field->key,
             expected[field->type]);
    return false;
}

static bool in_range(const journal_field_t *field, const value_t *value)
{
    if (field->type == JOURNAL_INTEGER)
        return (double)value->integer >= field->minimum && (double)value->integer <= field->maximum;
    if (field->type == JOURNAL_REAL) return value->real >= field->minimum && value->real <= field->maximum;
    return true;
}

bool journal_read(const journal_table_t *table, const json_t *line, void *target, char *error,
                  size_t error_size)
{
    for (size_t i = 0; i < table->count; i++) {
        const journal_field_t *field = &table->fields[i];
        const json_t *json = json_object_get(line, field->key);
        value_t value = {0};
        if (!json && field->optional) continue;
        if (!parse(field, json, &value, error, error_size)) return false;
        if (!in_range(field, &value)) {
            snprintf(error, error_size, "%s is out of range", field->key);
            return false;
        }
        memcpy((char *)target + field->offset, &value, size_of(field->type));
    }
    return true;
}

static bool same(const journal_field_t *field, const value_t *left, const value_t *right)
{
    switch (field->type) {
    case JOURNAL_BOOLEAN:
        return left->boolean == right->boolean;
    case JOURNAL_INTEGER:
        return left->integer == right->integer;
    case JOURNAL_REAL:
        /* For finite doubles == is equality of all bits, but for the two zeros. */
        return left->real == right->real || (!isfinite(left->real) && !isfinite(right->real));
    case JOURNAL_NAME:
        return left->name == right->name;
    }
    return false;
}

static void describe(const journal_field_t *field, const value_t *value, char *text)
{
    switch (field->type) {
    case JOURNAL_BOOLEAN:
        snprintf(text, FIELD_VALUE_SIZE, "%s", value->boolean ? "true" : "false");
        break;
    case JOURNAL_INTEGER:
        snprintf(text, FIELD_VALUE_SIZE, "%" PRId64, value->integer);
        break;
    case JOURNAL_REAL:
        snprintf(text, FIELD_VALUE_SIZE, "%.17g", value->real);
        break;
    case JOURNAL_NAME:
        snprintf(text, FIELD_VALUE_SIZE, "%s", field->names[value->name]);
        break;
    }
}

fields_verdict_t journal_compare(const journal_table_t *table, const json_t *line, const void *source,
                                 fields_difference_t *difference, char *error, size_t error_size)
{
    for (size_t i = 0; i < table->count; i++) {
        const journal_field_t *field = &table->fields[i];
        value_t theirs = {0}, ours = {0};
        if (!parse(field, json_object_get(line, field->key), &theirs, error, error_size)) return FIELDS_WRONG;
        memcpy(&ours, (const char *)source + field->offset, size_of(field->type));
        if (same(field, &theirs, &ours)) continue;
        difference->key = field->key;
        describe(field, &theirs, difference->in_journal);
        describe(field, &ours, difference->replayed);
        return FIELDS_DIFFER;
    }
    return FIELDS_EQUAL;
}
