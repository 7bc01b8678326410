/*
 * Which key of a journal line stands for which member of which struct, as tables: they drive reading a
 * governor's configuration back, and comparing what it said with what another one says. A new key of the
 * journal is one more line in a table.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_JOURNAL_FIELDS_H
#define ADAPTIVESTREAM_BENCHMARK_JOURNAL_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum {
    JOURNAL_BOOLEAN, /* bool */
    JOURNAL_INTEGER, /* int64_t */
    JOURNAL_REAL,    /* double; null is one that is not finite */
    JOURNAL_NAME     /* an enum, written as one of `names` */
} journal_type_t;

typedef struct {
    const char *key;
    journal_type_t type;
    size_t offset;           /* of the member in its struct */
    double minimum, maximum; /* of numbers: outside, reading fails */
    const char *const *names;
    size_t name_count;
    bool optional; /* older journals lack it: then the member stays as it was */
} journal_field_t;

typedef struct {
    const journal_field_t *fields;
    size_t count;
} journal_table_t;

extern const journal_table_t journal_configuration_fields; /* governor_config_t, in a start line */
extern const journal_table_t journal_decision_fields;      /* decision_t, in a decision */
extern const journal_table_t journal_counter_fields;       /* governor_stats_t, in a decision */
extern const journal_table_t journal_wait_fields;  /* governor_stats_t, in a summary: own and shadow... */
extern const journal_table_t journal_total_fields; /* ...and the rest of it */

/* Reads all fields of the table into the struct at `target`. On failure `error` says which key is missing or
 * what is wrong with it. */
bool journal_read(const journal_table_t *table, const json_t *line, void *target, char *error,
                  size_t error_size);

typedef enum { FIELDS_EQUAL, FIELDS_DIFFER, FIELDS_WRONG } fields_verdict_t;

enum { FIELD_VALUE_SIZE = 64 };

typedef struct {
    const char *key;
    char in_journal[FIELD_VALUE_SIZE], replayed[FIELD_VALUE_SIZE];
} fields_difference_t;

/* Compares all fields with the struct at `source`, reals bit for bit (but for the sign of a zero, which JSON
 * readers drop). FIELDS_DIFFER: *difference is the first one. FIELDS_WRONG: a field is missing or of another
 * type; `error` says which. */
fields_verdict_t journal_compare(const journal_table_t *table, const json_t *line, const void *source,
                                 fields_difference_t *difference, char *error, size_t error_size);

#endif
