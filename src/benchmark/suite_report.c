#include "benchmark/suite_report.h"

#include "benchmark/suite_markdown.h"
#include "benchmark/suite_plots.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, FACTS_SIZE = 2048 };

typedef struct {
    char sentence[FACTS_SIZE];
    char reference[SUITE_NAME_SIZE];
} facts_t;

static const char *text_of(const json_t *facts, const char *key)
{
    const char *text = json_string_value(json_object_get(facts, key));
    return text ? text : "unknown";
}

static bool load_facts(const char *folder, facts_t *facts, char *error, size_t error_size)
{
    char path[PATH_SIZE];
    json_error_t cause;
    snprintf(facts->reference, sizeof facts->reference, "fixed_2s");
    facts->sentence[0] = '\0';
    snprintf(path, sizeof path, "%s/facts.json", folder);
    if (access(path, F_OK) != 0) return true;
    json_t *root = json_load_file(path, 0, &cause);
    if (!json_is_object(root)) {
        snprintf(error, error_size, "%s:%d: %s", path, cause.line, root ? "not a JSON object" : cause.text);
        json_decref(root);
        return false;
    }
    const json_t *reference = json_object_get(root, "reference");
    if (json_is_string(reference))
        snprintf(facts->reference, sizeof facts->reference, "%s", json_string_value(reference));
    snprintf(facts->sentence, sizeof facts->sentence,
             "`%s` (%s, commit %s): %d cores (%s), %d MB, Linux %s, Java %s, Spark %s, Kafka %s, "
             "libadaptivestream.so with SHA-256 %.12s...; load average at the end of the last run %.1f.",
             text_of(root, "command"), text_of(root, "date"), text_of(root, "commit"),
             (int)json_integer_value(json_object_get(root, "cores")), text_of(root, "processor"),
             (int)json_integer_value(json_object_get(root, "memory_mb")), text_of(root, "kernel"),
             text_of(root, "java"), text_of(root, "spark"), text_of(root, "kafka"),
             text_of(root, "agent_sha256"), json_number_value(json_object_get(root, "load")));
    json_decref(root);
    return true;
}

static bool write_markdown(const char *folder, const suite_markdown_t *report, char *error, size_t error_size)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/results.md", folder);
    errno = 0;
    FILE *file = fopen(path, "we");
    bool good = file != NULL;
    if (good) {
        suite_markdown_print(report, file);
        good = !ferror(file);
        good = fclose(file) == 0 && good;
    }
    if (!good)
        snprintf(error, error_size, "%s: cannot be written: %s", path, strerror(errno != 0 ? errno : EIO));
    return good;
}

static bool write_all(const char *folder, const facts_t *facts, const suite_results_t *results,
                      const suite_simulated_t *simulated, char *error, size_t error_size)
{
    char path[PATH_SIZE];
    suite_summary_t summary;
    snprintf(path, sizeof path, "%s/summary.csv", folder);
    if (!suite_summary_make(results, facts->reference, &summary)) {
        snprintf(error, error_size, "out of memory");
        return false;
    }
    suite_busyness_t *busyness =
        suite_busyness_of(folder, results, &summary, facts->reference, error, error_size);
    suite_pairs_t *pairs =
        busyness ? suite_pairs_of(folder, results, &summary, facts->reference, error, error_size) : NULL;
    const suite_markdown_t markdown = {.folder = folder,
                                       .facts = facts->sentence,
                                       .reference = facts->reference,
                                       .results = results,
                                       .summary = &summary,
                                       .busyness = busyness,
                                       .pairs = pairs,
                                       .simulated = simulated};
    const bool good = pairs && suite_summary_write(&summary, path, error, error_size) &&
                      suite_plots_write(folder, results, &summary, error, error_size) &&
                      write_markdown(folder, &markdown, error, error_size);
    free(pairs);
    free(busyness);
    suite_summary_free(&summary);
    return good;
}

bool suite_report_write(const char *folder, char *error, size_t error_size)
{
    facts_t facts;
    suite_digests_t digests = {0};
    suite_results_t results = {0};
    suite_simulated_t simulated = {0};
    const bool good = load_facts(folder, &facts, error, error_size) &&
                      suite_digests_load(folder, &digests, error, error_size) &&
                      suite_results_load(folder, &digests, &results, error, error_size) &&
                      suite_simulated_load(folder, &digests, &simulated, error, error_size) &&
                      write_all(folder, &facts, &results, &simulated, error, error_size);
    suite_simulated_free(&simulated);
    suite_results_free(&results);
    suite_digests_free(&digests);
    return good;
}
